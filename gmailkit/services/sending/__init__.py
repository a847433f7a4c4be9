"""Everything that makes mail leave.

words.py    what a caller may say of a message
write.py    words -> `Outgoing`, built and checked
parent.py, replying.py   a stored message -> the `Outgoing` that answers it
drafting.py drafts as a person handles them
files.py    attachments, by path, glob, bytes or file object
once.py     `Outgoing` -> sent, once and only once: the one gate all mail leaves by
gate.py     what policy.toml says about it
by_smtp.py  the way over SMTP
trace.py    whether what went that way left, by its copy in Sent
"""
