"""Mail to many: who sends it, how one leaves, and who went on writing.

mailings.py  messages -> what each says of its list, read once
sources.py   these by list or sender, counted
ways.py      how a list is left, as its newest message says
standing.py  what became of requests to lists
leaving.py   asking lists to stop: planned, recorded, done
going_on.py  those that went on writing; their mail to Trash, and a filter
"""
