"""Mailboxes on servers of IMAP.

store.py      folders of any server as a store: a message in several of them is one
gmail.py      a mailbox of Gmail, under the ids of its API
names.py      labels as folders and keywords, and back
survey.py     what lies where
reading.py    messages of a folder, small ones together, large ones in pieces
items.py      what a server says of a message, in our words
searching.py  what the server narrows down and we look at
writing.py    messages added, found again where a connection was lost
known.py      what a server has already, by content
changes.py    what is new, marked otherwise or gone since a look
refs.py       what a message is called
arriving.py   what comes into a folder; arriving_anywhere.py and arriving_in_gmail.py name it
"""

from gmailkit.stores.imap.gmail import GmailImapStore as GmailImapStore
from gmailkit.stores.imap.store import ImapStore as ImapStore
