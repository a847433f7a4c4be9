"""The ways a message leaves by, and what became of it.

by_draft.py  Gmail keeps it, then sends it by the draft's id: the way that never doubles
by_call.py   one call, at most once
by_smtp.py   any SMTP server; its rooms are in `smtp`
look.py      whether a message whose answer was lost has left
outcome.py   what the caller is told
"""
