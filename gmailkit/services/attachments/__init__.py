"""Saving attachments of many messages into one folder.

save.py      messages -> files, as they arrive
place.py     where in the folder each file goes, and as what
wanted.py    which attachments are saved; which are programs
folder.py    files made inside a folder and nowhere else, whole or not at all
manifest.py  what lies there, from which message, a line a file
"""
