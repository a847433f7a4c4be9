"""Mail merge: one template, many rows, a message to each of them and never a second one.

rows.py      a file of people -> rows, read as they are needed
text.py      which encoding and which separator a text file has
columns.py   the heading of a table -> names that a template can use
letter.py    template and row -> the words of a message, or what is wrong with it
standing.py  how far each row has come, by the ledger
plan.py      all rows looked at before anything leaves
run.py       a plan carried out, at a pace, to its end or to where the next run goes on
receipts.py  what became of each row, in a file for people
replies.py   who answered, and what came back
"""
