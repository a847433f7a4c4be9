"""Mail of any store put into a mailbox of Gmail; a restore is mail of a backup put there.

plan.py     what would come, under which labels, and what it costs
run.py      a plan carried out, written down, counted at the end
naming.py   what a label is called there; labels.py: labels made, where a name may be refused
"""
