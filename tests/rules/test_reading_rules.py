"""A file of rules: what is understood, and what is refused with its place."""

from __future__ import annotations

import pytest

from gmailkit.errors import UsageError
from gmailkit.query.text import to_text
from gmailkit.rules.read import read_rules

WHOLE = """
# Bills go by themselves.
[[rule]]
name = "Bills"
match = "from:billing has:attachment"
label = ["Bills", "Money/2026"]
remove = "Todo"
archive = true
read = true
star = true
important = true
category = "updates"
never_spam = true
forward = "ann@example.com"

[[rule.test]]
from = "Billing <billing@example.com>"
subject = "Bill"
has_attachment = true
labels = ["Bills"]

[[rule.test]]
file = "bill.eml"
labels = "INBOX"

[[rule]]
name = "Big"
from = "x"
not = "subject:y"
larger = "5M"
delete = true
important = false
"""


def test_every_key_is_read() -> None:
    bills, big = read_rules(WHOLE, source="rules.toml").all
    assert bills.match is not None
    assert to_text(bills.match) == "from:billing has:attachment"
    assert set(bills.action.add) == {
        *("Bills", "Money/2026", "STARRED", "IMPORTANT", "CATEGORY_UPDATES")
    }
    assert set(bills.action.remove) == {"Todo", "INBOX", "UNREAD", "SPAM"}
    assert bills.action.forward == "ann@example.com"
    assert [sample.file for sample in bills.samples] == ["", "bill.eml"]
    assert bills.samples[0].labels == {"Bills"}
    assert big.match is None
    assert big.criteria == {
        "from": "x",
        "negatedQuery": "subject:y",
        "size": 5 << 20,
        "sizeComparison": "larger",
    }
    assert (big.action.add, big.action.remove) == (("TRASH",), ("IMPORTANT",))


@pytest.mark.parametrize(
    ("wrong", "line", "said"),
    [
        ('[[rule]]\nname = "A"\nmatch = "x"\nlable = "B"', 4, "lable is no word of a rule"),
        ('[[rule]]\nname = "A"\nmatch = "x"', 1, "it does nothing"),
        ('[[rule]]\nname = "A"\nstar = true', 1, "it matches everything"),
        ('[[rule]]\nname = "A"\nexclude_chats = true\nstar = true', 1, "it matches everything"),
        ('[[rule]]\nmatch = "x"\nstar = true', 1, "it has no name"),
        ('[[rule]]\nname = "A"\nmatch = "*"\nstar = true', 3, "every message there is"),
        ('[[rule]]\nname = "A"\nmatch = "frm:x"\nstar = true', 3, "match: "),
        ('[[rule]]\nname = "A"\nquery = "(x"\nstar = true', 3, "query: "),
        ('[[rule]]\nname = "A"\nmatch = "x"\nfrom = "y"\nstar = true', 3, "both say which mail"),
        ('[[rule]]\nname = "A"\nmatch = "x"\nstar = "yes"', 4, "star is true or false"),
        ('[[rule]]\nname = "A"\nmatch = "x"\nlabel = 7', 4, "label is the name of a label"),
        ('[[rule]]\nname = "A"\nmatch = "x"\nlabel = "INBOX"', 4, "INBOX is Gmail's own"),
        ('[[rule]]\nname = "A"\nmatch = "x"\ncategory = "update"', 4, "no category"),
        ('[[rule]]\nname = "A"\nmatch = "x"\nforward = "ann"', 4, "is no address"),
        ('[[rule]]\nname = "A"\nmatch = "x"\nlabel = "B"\nremove = "b"', 5, "both put on and"),
        ('[[rule]]\nname = "A"\nfrom = "x"\nlarger = "5Q"\nstar = true', 4, ""),
        ('[[rule]]\nname = "A"\nfrom = "x"\nlarger = 1\nsmaller = 2\nstar = true', 5, "one size"),
        (
            '[[rule]]\nname = "A"\nmatch = "x"\nstar = true\n[[rule.test]]\nsubject = "x"',
            *(5, "which labels it expects"),
        ),
        (
            '[[rule]]\nname = "A"\nmatch = "x"\nstar = true\n[[rule.test]]\n'
            'labels = []\nsubjct = "x"',
            *(7, "subjct is no word of a test"),
        ),
        (
            '[[rule]]\nname = "A"\nmatch = "x"\nstar = true\n\n'
            '[[rule]]\nname = "A"\nmatch = "y"\nstar = true',
            *(6, 'a rule "A" already, on line 1'),
        ),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(wrong: str, line: int, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_rules(wrong, source="mine.toml")
    assert caught.value.message.startswith(f"mine.toml, line {line}")
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "wrong", ["[rule]\nname = 'A'", "rule = 1", "[rules]\n", "[[rule]]\nname =", "rule = [1]"]
)
def test_what_is_no_file_of_rules_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"mine\.toml"):
        read_rules(wrong, source="mine.toml")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("star = yes", "Write star = true."),
        ("archive = False  # no", "Write archive = false."),
        ("label = Bills", 'Write label = "Bills".'),
        ("label = [", "Correct the file."),
    ],
)
def test_a_bare_word_is_answered_with_how_it_is_written(line: str, hint: str) -> None:
    with pytest.raises(UsageError, match="is no TOML") as error:
        read_rules(f'[[rule]]\nname = "A"\nfrom = "x"\n{line}\n', source="rules.toml")
    assert error.value.hint == hint


@pytest.mark.parametrize(
    ("line", "meant"),
    [("archiv = true", "archive"), ('add = ["CI"]', "label"), ("trash = true", "delete")],
)
def test_a_misspelt_key_is_named_with_the_one_that_was_meant(line: str, meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_rules(f'[[rule]]\nname = "A"\nmatch = "x"\n{line}', source="r")
    assert caught.value.hint == f"Did you mean {meant}?"


def test_a_rule_of_a_filter_that_only_gmail_understands_is_read() -> None:
    text = (
        '[[rule]]\nname = "A"\nstar = true\n[rule.gmail]\ncriteria = { query = "(", new = 1 }\n'
        '[[rule]]\nname = "B"\nmatch = "y"\nread = "no"'
    )
    with pytest.raises(UsageError, match="line 9"):
        read_rules(text, source="r")
    (rule,) = read_rules(text.partition('[[rule]]\nname = "B"')[0], source="r").all
    assert rule.verbatim == {"criteria": {"query": "(", "new": 1}}
