"""What a caller says of a message, to a message that is ready to leave (`write.py`).

files.py, kind.py, roots.py   attachments: from where they lie, of which type, from which folders
body.py, pictures.py          text, HTML, Markdown, signature; pictures that HTML shows
event.py                      a calendar invitation
filled.py, finished.py        a template with its values; a finished `.eml`
aliases.py                    whom it may come from
"""
