"""What a mailbox consists of: who, which labels, when, how large, who owes whom an answer.

model.py     what is told, as typed tables
tally.py     messages counted one by one; none is held
replies.py   conversations: who answers whom, and how fast
saved.py     messages of a backup, or of another store of files
online.py    messages of Gmail, planned first
picture.py   a table as a picture that needs no legend
"""
