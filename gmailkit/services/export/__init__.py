"""Mail as documents and files of other programs.

conversation.py  a conversation as a document: reads it, saves what is attached, writes the file
markdown.py      the text of mail as Markdown that shows it and does nothing else
mail.py          messages of a backup or a mailbox in another form
rows.py          messages as rows of a table, for programs that want no mail
"""
