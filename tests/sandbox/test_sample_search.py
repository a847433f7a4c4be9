"""Whatever a search can ask for, the sample has some of it, and in every language it reads well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gmailkit.sandbox.sample.scenes import asia, europe
from sandbox.sample_seen import STARS, SYSTEM, Seen, seen_sample

FOREIGN = (*europe.FOREIGN, *asia.FOREIGN)


@pytest.fixture(scope="module")
def mailbox() -> list[Seen]:
    return seen_sample()


Finds = Callable[[Seen], object]  # true or false


def _near(seen: Seen, left: str, right: str, distance: int) -> bool:
    at = {word: [n for n, w in enumerate(seen.words) if w == word] for word in (left, right)}
    return any(abs(a - b) <= distance for a in at[left] for b in at[right])


def _has(label: str) -> Finds:
    return lambda seen: label in seen.labels


def _links(text: str) -> Finds:
    return lambda seen: text in seen.text


def _named(suffix: str) -> Finds:
    return lambda seen: any(name.endswith(suffix) for name in seen.files)


SEARCHES: list[tuple[str, int, Finds]] = [
    ("from:billing has:attachment", 12, lambda s: "<billing@" in s.header("From") and s.files),
    ("from:ci is:unread", 8, lambda s: "<ci@" in s.header("From") and "UNREAD" in s.labels),
    ("from:ann", 10, lambda s: "<ann@example.com>" in s.header("From")),
    ("from:me", 40, lambda s: "<me@example.com>" in s.header("From")),
    ("to:team", 2, lambda s: "team@example.com" in s.header("To")),
    ("cc:bob", 5, lambda s: "bob@example.com" in s.header("Cc")),
    ("bcc:nils", 1, lambda s: "nils.vale@" in s.header("Bcc")),
    ("deliveredto:me+shop@example.com", 8, lambda s: "+shop" in s.header("Delivered-To")),
    ("subject:invoice", 10, lambda s: "invoice" in s.header("Subject").lower()),
    ('subject:"build #123"', 1, lambda s: "build #123" in s.header("Subject")),
    ("list:lists.example.org", 5, lambda s: "lists.example.org>" in s.header("List-Id")),
    ("list-id at all", 25, lambda s: "List-Id" in s.mail),
    ("list-unsubscribe", 30, lambda s: "List-Unsubscribe" in s.mail),
    ("newer_than:1h", 2, lambda s: s.age() < timedelta(hours=1)),
    ("newer_than:7d", 25, lambda s: s.age() < timedelta(days=7)),
    ("older_than:2y", 10, lambda s: s.age() > timedelta(days=730)),
    ("label:Receipts", 12, _has("Receipts")),
    ("label:work-clients-&-partners", 5, _has("Work/Clients & Partners")),
    *((f"category:{tab.lower()}", 5, _has(f"CATEGORY_{tab}")) for tab in
      "SOCIAL PROMOTIONS UPDATES FORUMS PURCHASES RESERVATIONS".split()),
    ("category:primary", 50, _has("CATEGORY_PERSONAL")),
    *((f"in:{place.lower()}", least, _has(place)) for place, least in
      {"INBOX": 60, "SENT": 30, "DRAFT": 3, "SPAM": 8, "TRASH": 6, "SCHEDULED": 1}.items()),
    ("in:chats", 3, _has("CHAT")),
    ("in:archive", 100, lambda s: not s.labels & {"INBOX", "SENT", "DRAFT", "SPAM", "TRASH"}),
    *((f"is:{state.lower()}", least, _has(state)) for state, least in
      {"UNREAD": 30, "STARRED": 15, "IMPORTANT": 15, "MUTED": 2, "SNOOZED": 1}.items()),
    ("has:attachment", 60, lambda s: bool(s.files)),
    ("inline image", 3, lambda s: "multipart/related" in s.types),
    ("has:drive", 1, _links("https://drive.google.com/")),
    ("has:document", 2, _links("https://docs.google.com/document/")),
    ("has:spreadsheet", 1, _links("https://docs.google.com/spreadsheets/")),
    ("has:presentation", 1, _links("https://docs.google.com/presentation/")),
    ("has:youtube", 1, _links("https://www.youtube.com/watch?v=")),
    ("has:youtube, short form", 1, _links("https://youtu.be/")),
    *((f"has:{star.lower().replace('_', '-')}", 1, _has(star)) for star in sorted(STARS)),
    ("has:userlabels", 100, lambda s: bool(set(s.message.labels) - SYSTEM)),
    ("has:nouserlabels", 100, lambda s: not set(s.message.labels) - SYSTEM),
    *((f"filename:{kind}", 1, _named(f".{kind}")) for kind in
      "pdf png csv ics docx zip txt wav p7m patch".split()),
    ("filename, not ASCII", 3, lambda s: not "".join(s.files).isascii()),
    ("a message as attachment", 1, lambda s: "message/rfc822" in s.types),
    ("larger:5M", 1, lambda s: len(s.message.raw) > 5 * 2**20),
    ("larger:1M", 4, lambda s: len(s.message.raw) > 2**20),
    ("smaller:1K", 4, lambda s: len(s.message.raw) < 1024),
    ("holiday AROUND 10 vacation", 1, lambda s: _near(s, "holiday", "vacation", 10)),
    ('"secret AROUND 25 birthday"', 1, lambda s: _near(s, "secret", "birthday", 25)),
    ("cat, which is not category", 2, lambda s: "cat" in s.words),
    ("category, which is not cat", 1, lambda s: "category" in s.words),
    ("cafe with an accent", 1, lambda s: "café" in s.words),
    ("a decimal number", 2, lambda s: "12.50" in s.text),
    ("a code", 1, lambda s: s.header("Subject") == "Your code is 493021"),
    ("encrypted", 1, lambda s: "application/pkcs7-mime" in s.types),
    ("a subject left empty", 2, lambda s: s.header("Subject") == ""),
    ("html alone", 8, lambda s: s.mail.get_content_type() == "text/html"),
    ("text and html", 100, lambda s: s.mail.get_body(("plain",)) is not None
                                     and s.mail.get_body(("html",)) is not None),
]  # fmt: skip


@pytest.mark.parametrize(("search", "least", "finds"), SEARCHES, ids=[s[0] for s in SEARCHES])
def test_a_search_has_something_to_find_and_something_to_leave(
    mailbox: list[Seen], search: str, least: int, finds: Finds
) -> None:
    found = [seen for seen in mailbox if finds(seen)]
    assert least <= len(found) < len(mailbox), search


def test_the_mail_of_the_demo_is_there(mailbox: list[Seen]) -> None:
    assert 12 <= sum("Receipts" in seen.labels for seen in mailbox) <= 20
    ci = [seen for seen in mailbox if "<ci@" in seen.header("From")]
    waiting = [seen for seen in ci if {"INBOX", "UNREAD"} <= seen.labels]
    assert len(waiting) >= 8
    assert all("CI" in seen.labels for seen in ci if seen not in waiting)


def test_a_date_header_may_differ_from_the_moment_of_acceptance(mailbox: list[Seen]) -> None:
    dated = [seen for seen in mailbox if seen.mail["Date"]]
    written = [seen.mail["Date"].datetime for seen in dated]
    late = [
        s for s, w in zip(dated, written, strict=True) if s.message.date - w > timedelta(days=1)
    ]
    assert len(late) == 1


# Languages


def test_at_least_ten_languages_and_as_many_charsets_are_declared() -> None:
    assert len({foreign.language for foreign in FOREIGN}) >= 10
    assert len({foreign.charset for foreign in FOREIGN} - {"utf-8"}) >= 10


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda f: f"{f.language}-{f.charset}-{f.ago}")
def test_a_foreign_message_reads_as_it_was_written(mailbox: list[Seen], foreign) -> None:
    (seen,) = [s for s in mailbox if s.header("Subject") == foreign.subject]
    body = seen.mail.get_body(("plain",))
    assert body is not None
    assert body.get_content_charset() == foreign.charset
    assert body.get_content().replace("\r\n", "\n") == foreign.text
    assert seen.mail["From"].addresses[0].display_name == foreign.sender.name
    assert seen.files == [file.filename for file in foreign.files]
