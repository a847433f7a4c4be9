"""Rules that habits suggest.

mailbox.py   what was done by hand in Gmail: a plan that says what it costs, then the reading
saved.py     the same in a backup
suggest.py   habits as rules of a file, each with its evidence and a test
"""
