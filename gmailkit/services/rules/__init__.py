"""Rules of a file and a mailbox.

files.py    the file of rules, and messages beside it
own.py      which filters are a rule's own
plan.py     what Gmail's filters lack of the rules: a plan that touches nothing
apply.py    just that, as one change of the journal
pull.py     filters that no rule makes, written into the file
check.py    the tests that stand beside the rules
run.py      the same rules for mail that is there already
habits/     rules that a mailbox itself asks for, by what is done in it by hand
backtest.py what they would have done to the mail of a backup
exchange.py the XML of Gmail's own settings
"""
