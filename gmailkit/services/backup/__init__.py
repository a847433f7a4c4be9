"""A mailbox kept in a backup folder.

run.py         a run from its beginning to its end
choice.py      what it is told; wanted.py: which messages that means
changed.py     what Gmail's history tells is taken over
everything.py  the mailbox is listed and compared
chosen.py      some messages of it are
following.py   saved messages are brought up to now: by history.py, matrix.py, comparing.py
reading.py     new messages are copied from Gmail into the backup
settings.py    filters, addresses, vacation and the like
account.py     what the backup knows of one account, and what is noted in it
report.py      what is told of a run
status.py      how a backup is; checked.py: what its last verify found
"""
