"""mbox files.

store.py     the file as a store: read, and added to at its end
record.py    one message as it is written, with our lines before it
message.py   one message read: those lines, and its exact bytes
status.py    what mail programs note in a message's own header
lock.py      being the only one that writes
torn.py      the end that a killed run left
"""

from gmailkit.stores.mbox.store import MboxStore as MboxStore
