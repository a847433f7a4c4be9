"""Mail as a folder of pages that any browser opens from a stick: no network, no script of mail.

    index.html         years, labels, the newest messages, the search
    lists/             messages of a year or a label, a page for each 200
    mail/0f/0f3c....html, mail/0f/0f3c.../   a message; what is attached to it
    search/            what the search reads
    catalogue.jsonl    what is known of each message, a line each; lists and search are made of it

target.py      the folder as a target of an export
catalogue.py   the lines
message.py     one message as a page
attached.py    what is attached, as files that a browser does not run
lists.py       the pages of lists
words.py       the words that the search finds, the same here and in search.js
shell.py       what every page has: policy, looks, links
"""
