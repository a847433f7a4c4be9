"""New mail as events: heard of where it comes in, handed to a handler, each at least once.

event.py     what a handler is told
watch.py     one watch: what to look for and where, who handles it, how often
arrivals.py  what a watch asks of the place where mail comes in
history.py   Gmail, by its history
bell.py      Gmail's IMAP, which says when to look at the history
folder.py    a folder of a server of IMAP
opening.py   which of these a watch means
desk.py      a watch at work: it looks, hands out what is due, and notes what came of it
run.py       several of them until they are stopped
handlers.py  a command, or the address of a web service
file.py      watches.toml
"""
