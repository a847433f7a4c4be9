"""A search explained."""

from __future__ import annotations

from hypothesis import given, settings

from gmailkit.query.explain import drawn, explain, in_words
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import Node
from query.mailbox import CONTEXT
from query.trees import trees

QUERY = "from:ann -label:Done (newer_than:7d OR is:starred) after:2026/01/31"


def test_the_tree_shows_what_belongs_to_what() -> None:
    assert explain(QUERY, context=CONTEXT).tree == (
        "And",
        "  Words(text='ann', field='from')",
        "  Not",
        "    Label(name='Done')",
        "  Or",
        "    NewerThan(count=7, unit='d')",
        "    Is(state='starred')",
        "  After(at=2026-01-31)",
    )


def test_the_words_say_what_is_found() -> None:
    assert explain(QUERY, context=CONTEXT).words == (
        "Messages that",
        "  are from ann",
        "  and do not have the label Done",
        "  and at least one of this:",
        "    came in the last 7 days",
        "    are starred",
        "  and came on 2026-01-31 or later",
    )


def test_gmail_is_asked_for_the_day_as_seconds_of_the_zone() -> None:
    asked = "from:ann -label:Done (newer_than:7d OR is:starred) after:1769846400"
    assert explain(QUERY, context=CONTEXT).gmail == (asked,)


def test_an_index_is_asked_with_what_was_written_as_parameters() -> None:
    where = explain("from:ann label:Done", context=CONTEXT).where
    assert where.sql == (
        "(key IN (SELECT rowid FROM search_words WHERE search_words MATCH ?"
        " AND rowid BETWEEN ?1 AND ?2)"
        " AND key IN (SELECT key FROM search_labels WHERE label IN (?) AND key BETWEEN ?1 AND ?2))"
    )
    assert where.parameters == ('{sender} : "ann"', "Done")


def test_doubts_come_along() -> None:
    assert any("OR" in note for note in explain("a or b", context=CONTEXT).notes)


def test_an_empty_search_is_all_mail() -> None:
    assert explain("", context=CONTEXT).words == ("All messages.",)


@given(trees)
@settings(max_examples=200, deadline=None)
def test_every_tree_can_be_drawn_and_said(node: Node) -> None:
    assert len(list(drawn(node))) == len(list(drawn(parse(to_text(node)))))
    assert len(list(in_words(node))) >= 2
