"""Archives of Google Takeout.

store.py     an archive as a store
archive.py   its files, unpacked as they are read
"""

from gmailkit.stores.takeout.store import TakeoutStore as TakeoutStore
