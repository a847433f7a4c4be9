"""What may leave: the rules of policy.toml, and their judgement of a message. No network, no files.

read.py       text of a policy.toml -> `Policy`
rules.py      `Policy` and the facts of a message -> leave, wait for approval, or be refused
addresses.py  recipients that a rule names, whichever way they are written
kinds.py      types of attachments, by name and by content
"""
