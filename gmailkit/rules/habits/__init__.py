"""Habits: what somebody keeps doing by hand to mail of one kind, as rules. Asks nobody.

seen.py       messages as far as habits look at them, found by words
evidence.py   how often something was done to them, and when that is a habit
condition.py  which mail a habit may be about: lists, senders, domains, subjects
safety.py     what is never suggested, however strong the habit
propose.py    the narrowest rules that explain what was done
written.py    these as the text of a file of rules, with their evidence
"""
