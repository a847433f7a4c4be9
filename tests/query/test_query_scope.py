"""Whether a search itself asks for Spam and Trash."""

from __future__ import annotations

import pytest

from gmailkit.query.parse import parse
from gmailkit.query.scope import reaches_spam_and_trash


@pytest.mark.parametrize(
    "query",
    [
        "in:anywhere",
        "in:spam",
        "in:trash",
        "IN:Trash",
        "in: trash",
        "label:spam",
        "label:TRASH",
        "from:amy in:anywhere",
        "from:amy OR in:spam",
        "from:amy (subject:x {a (b in:trash)})",
        "in:(inbox OR spam)",
    ],
)
def test_a_search_that_names_them_reaches_them(query: str) -> None:
    assert reaches_spam_and_trash(parse(query))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "spam",
        "from:trash",
        '"in:spam"',
        "in:inbox",
        "in:archive",
        "-in:spam",
        "-(in:spam OR in:trash)",
        "in:",
        "label:spam-reports",
        "subject:(in spam)",
    ],
)
def test_any_other_search_does_not(query: str) -> None:
    assert not reaches_spam_and_trash(parse(query))
