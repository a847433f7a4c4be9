"""Every documented search operator against sixty messages, by ids written down beforehand."""

from __future__ import annotations

import pytest

from gmailkit.model.mail import Mail
from gmailkit.query.document import Document
from gmailkit.query.match import matches
from gmailkit.query.operators import OPERATORS
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import Place, State, Tab, Thing
from query.mailbox import CONTEXT, MAILBOX
from query.tables import TABLES

ROWS = [(query, ids) for table in TABLES.values() for query, ids in table.items()]
STARS = [thing for thing in Thing if thing.name.endswith(("STAR", "BANG"))] + [
    *(Thing.ORANGE_GUILLEMET, Thing.GREEN_CHECK, Thing.BLUE_INFO, Thing.PURPLE_QUESTION)
]


def spelt_out(ids: str) -> set[str]:
    """ "01 05-07" as {"m01", "m05", "m06", "m07"}."""
    found: set[str] = set()
    for run in ids.split():
        first, _, last = run.partition("-")
        found |= {f"m{number:02}" for number in range(int(first), int(last or first) + 1)}
    return found


def hits(query: str) -> set[str]:
    tree = parse(query)
    return {id for id, document in MAILBOX.items() if matches(tree, document, context=CONTEXT)}


@pytest.mark.parametrize(("query", "ids"), ROWS, ids=[query or "(empty)" for query, _ in ROWS])
def test_a_search_finds_exactly_the_messages_read_off_by_hand(query: str, ids: str) -> None:
    assert hits(query) == spelt_out(ids)


@pytest.mark.parametrize(("query", "ids"), ROWS, ids=[query or "(empty)" for query, _ in ROWS])
def test_the_canonical_spelling_finds_the_same(query: str, ids: str) -> None:
    assert hits(to_text(parse(query))) == spelt_out(ids)


def test_the_mailbox_is_the_one_the_tables_were_written_for() -> None:
    assert list(MAILBOX) == [f"m{number:02}" for number in range(1, 61)]
    dates = [document.date for document in MAILBOX.values()]
    assert dates == sorted(set(dates), reverse=True)


@pytest.mark.parametrize("operator", TABLES)
def test_each_table_has_five_messages_for_and_five_against(operator: str) -> None:
    found = [spelt_out(ids) for ids in TABLES[operator].values()]
    assert len(set().union(*found)) >= 5
    assert len(set().union(*(set(MAILBOX) - ids for ids in found))) >= 5


def test_no_operator_is_without_a_table() -> None:
    choices = {
        "in": {*Place, "starred", "important", "snoozed", "LABEL"},
        "is": {*State, "read", "chat"},
        "category": {*Tab},
        "has": {*Thing, "nouserlabels"} - set(STARS),
    }
    named = {f"{operator}:{value}" for operator, values in choices.items() for value in values}
    plain = set(OPERATORS) - set(choices) - {"", "header"}
    assert plain | named <= set(TABLES)


@pytest.mark.parametrize("star", STARS)
def test_each_star_is_found_by_its_own_name(star: Thing) -> None:
    id = star.value.upper().replace("-", "_")
    others = [other.value.upper().replace("-", "_") for other in STARS if other is not star]
    starred = [_labelled("STARRED", id, *more) for more in ([], ["INBOX"], ["A"], ["B"], ["C"])]
    plain = [_labelled("STARRED", other, "INBOX") for other in others]
    tree = parse(f"has:{star}")
    assert all(matches(tree, document, context=CONTEXT) for document in starred)
    assert not any(matches(tree, document, context=CONTEXT) for document in plain)


def _labelled(*labels: str) -> Document:
    return Document.of(Mail(), labels=labels, date=0, size=0)
