"""Mailboxes on servers of IMAP.

store.py    folders of any server as a store: a message in several of them is one
names.py    labels as folders and keywords, and back
survey.py   what lies where
known.py    what a server has already, by content
"""

from gmailkit.stores.imap.store import ImapStore as ImapStore
