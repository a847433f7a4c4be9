"""A conversation as a document.

conversation.py  reads it, saves what is attached, writes the file
markdown.py      the text of mail as Markdown that shows it and does nothing else
"""
