"""Places where mail lives, behind one protocol.

protocol.py   what each gives and takes
gmail/, backup/, memory.py          an account, a backup, a list in memory
mbox/, maildir/, eml/, takeout/     files of other programs; each package names its stores
system_names.py   what Takeout calls Gmail's own labels, in its languages
locate.py     names of stores; plugged.py: stores that other packages bring
opening.py    which of them a path is
matching.py   a search where a store has none of its own
known.py      equal messages kept once
dates.py      when a message was received, as a file says
reading.py    files and folders as they are read
door.py, whole.py                   changes of files, a step at a time; a file made whole
"""
