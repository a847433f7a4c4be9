"""Mail merge: one template, many rows, a message to each of them and never a second one.

rows.py      a file of people -> rows, read as they are needed
piped.py     a table from standard input, kept until all of it was sent
text.py      which encoding and which separator a text file has
sheet.py     the first sheet of a workbook
columns.py   the heading of a table -> names that a template can use
cell.py      which column is at fault
letter.py    template and row -> the words of a message, or what is wrong with it
standing.py  how far each row has come, by the ledger
checking.py  each row: a letter to send, one that left, or a problem
way.py       by which way they leave, and what that costs
options.py   how a merge is to be done
plan.py      all rows looked at before anything leaves
pace.py      so many a minute
run.py       a plan carried out, to its end or to where the next run goes on
trial.py     some messages of a plan to oneself
receipts.py  what became of each row, in a file for people
replies.py   who answered, and what came back
"""
