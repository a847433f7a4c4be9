"""Searches put together in Python."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gmailkit.errors import QueryError, UsageError
from gmailkit.query.builder import Q
from gmailkit.query.parse import parse

SAME = [
    (Q.sender("ann"), "from:ann"),
    (Q.sender("Ann Lee"), 'from:"Ann Lee"'),
    (Q.to("ann@example.com"), "to:ann@example.com"),
    (Q.cc("me"), "cc:me"),
    (Q.bcc("bob"), "bcc:bob"),
    (Q.delivered_to("a@b.example"), "deliveredto:a@b.example"),
    (Q.subject("two words"), 'subject:"two words"'),
    (Q.mailing_list("dev.lists.example"), "list:dev.lists.example"),
    (Q.filename("pdf"), "filename:pdf"),
    (Q.text("in small letters or"), '"in small letters or"'),
    (Q.text('say "hi"'), '"say hi"'),
    (Q.text("from:ann"), '"from:ann"'),
    (Q.message_id("<a@b>"), "rfc822msgid:a@b"),
    (Q.label("Big project"), 'label:"Big project"'),
    (Q.label("inbox"), "in:inbox"),
    (Q.category("Promotions"), "category:promotions"),
    (Q.has("youtube"), "has:youtube"),
    (Q.after(date(2026, 1, 31)), "after:2026/01/31"),
    (Q.before(datetime(2014, 1, 1, 5, tzinfo=UTC)), "before:1388552400"),
    (Q.newer_than(days=7), "newer_than:7d"),
    (Q.older_than(years=1), "older_than:1y"),
    (Q.larger(10_000), "larger:10000"),
    (Q.smaller(0), "smaller:0"),
    (Q.around("holiday", "vacation", distance=10), "holiday AROUND 10 vacation"),
    (Q.read, "is:read"),
    (~Q.read, "is:unread"),
    (Q.archived & Q.with_attachment, "in:archive has:attachment"),
    (Q.drafts | Q.sent | Q.trash, "in:draft OR in:sent OR in:trash"),
    (
        Q.sender("ann") & ~Q.label("Done") & (Q.newer_than(days=7) | Q.starred),
        "from:ann -label:Done (newer_than:7d OR is:starred)",
    ),
    (Q.of("a b OR c") & Q.unread, "a (b OR c) is:unread"),
]


@pytest.mark.parametrize(("built", "text"), SAME, ids=[text for _, text in SAME])
def test_it_is_the_tree_of_the_text(built: Q, text: str) -> None:
    assert built.node == parse(text)
    assert parse(str(built)) == built.node


WRONG: list[tuple[Any, str]] = [
    (lambda: Q.sender("  "), "no letter"),
    (lambda: Q.subject('"'), "no letter"),
    (lambda: Q.label(" "), "label"),
    (lambda: Q.message_id("<>"), "Message-ID"),
    (lambda: Q.category("spam"), "spam"),
    (lambda: Q.has("attachments"), "attachments"),
    (lambda: Q.newer_than(), "age"),
    (lambda: Q.newer_than(days=1, years=1), "age"),
    (lambda: Q.older_than(days=-1), "age"),
    (lambda: Q.larger(-1), "size"),
    (lambda: Q.around("", "a", distance=1), "Two words"),
    (lambda: ~Q.of(""), "everything"),
    (lambda: Q.after("2026-01-31"), "is no date"),  # type: ignore[arg-type]
    (lambda: Q.newer_than(days=1.5), "An age"),  # type: ignore[arg-type]
    (lambda: Q.larger("10M"), "whole number"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_would_find_nothing_or_everything_is_refused(make: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make()


def test_a_text_is_checked_as_everywhere() -> None:
    with pytest.raises(QueryError):
        Q.of("form:ann")


def test_pythons_own_and_would_drop_a_half_in_silence_and_is_refused() -> None:
    with pytest.raises(TypeError, match="&"):
        _ = Q.unread and Q.starred
    with pytest.raises(TypeError, match="&: 'Q' and 'str'"):
        _ = Q.unread & "from:ann"  # type: ignore[operator]
