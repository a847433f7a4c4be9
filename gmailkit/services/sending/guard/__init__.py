"""What `policy.toml` says: before a message leaves (`gate.py`), and at Google's methods
themselves, whoever calls them (`door.py`, `leaving.py`).
"""
