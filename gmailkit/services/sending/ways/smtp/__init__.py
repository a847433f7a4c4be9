"""The rooms of the way over SMTP.

how.py         what a caller says of it, beside the message
submission.py  which server, and as whom
first.py       the bytes and the envelope, made once for all tries
attempt.py     one conversation, and what came of it
approval.py    what somebody has to approve first
schedule.py    what did not leave: tried again when, given up when
lost.py        what became of a message whose answer was lost
trace.py       what Gmail's own Sent tells of it
"""
