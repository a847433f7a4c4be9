"""Folders of .eml files, and zip files of them.

store.py      the folder as a store
names.py      what a message's file is called
manifest.py   what is known of each message, a line each
emlx.py       Apple Mail's files
zipped.py     the same in a zip file, made whole
"""

from gmailkit.stores.eml.store import EmlStore as EmlStore
from gmailkit.stores.eml.zipped import ZipTarget as ZipTarget
