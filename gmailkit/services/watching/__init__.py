"""New mail as events: watched for in the history, handed to a handler, each at least once.

event.py     what a handler is told
watch.py     one watch: what to look for, who handles it, how often
desk.py      a watch at work: it looks, hands out what is due, and notes what came of it
run.py       several of them until they are stopped
handlers.py  a command, or the address of a web service
file.py      watches.toml
"""
