"""Maildirs.

store.py   the folder as a store
tree.py    its folders and files as they lie on the disk
names.py   labels as names of folders, and back
"""

from gmailkit.stores.maildir.store import MaildirStore as MaildirStore
