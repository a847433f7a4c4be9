"""Search through the client, over HTTP, against the sandbox."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gmailkit.errors import NotFound, QueryError, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.mail import Address
from gmailkit.paths import Home
from gmailkit.query.builder import Q
from gmailkit.sandbox import Sandbox

ME = "me@example.com"
START = datetime(2026, 1, 1, tzinfo=UTC)


def put(sandbox: Sandbox, number: int, subject: str = "", **options: object) -> str:
    raw = (
        f"From: =?utf-8?q?J=C3=BCrgen?= <j{number}@example.com>\r\nTo: {ME}\r\n"
        f"Subject: {subject or f'Number {number}'}\r\n"
        f"Message-ID: <{number}@example.com>\r\n\r\nBody {number}\r\n"
    ).encode()
    date = START + timedelta(minutes=number)
    return sandbox.mail.put(ME, raw, date=date, **options)  # type: ignore[arg-type]


def reads(sandbox: Sandbox) -> int:
    """How many messages were read one by one."""
    return sum(
        1
        for method, path in sandbox.requests
        if method == "GET" and "/messages/" in path and "/attachments/" not in path
    )


def test_search_gives_envelopes_newest_first(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = [put(sandbox, number) for number in range(3)]
    found = list(gmail.search("subject:number"))
    assert [envelope.id for envelope in found] == ids[::-1]
    newest = found[0]
    assert newest.subject == "Number 2"
    assert newest.sender == Address("j2@example.com", "Jürgen")
    assert newest.to == (Address(ME),)
    assert newest.message_id == "<2@example.com>"
    assert newest.date == START + timedelta(minutes=2)


def test_a_listing_of_several_pages_is_whole(sandbox: Sandbox, gmail: Gmail) -> None:
    ids = {put(sandbox, number) for number in range(1, 1204)}
    listing = gmail.ids()
    assert set(listing) == ids
    assert not listing.cut
    pages = [path for _, path in sandbox.requests if path.endswith("/messages")]
    assert len(pages) == 3


def test_a_limit_says_when_it_cut(sandbox: Sandbox, gmail: Gmail) -> None:
    for number in range(5):
        put(sandbox, number)
    some = gmail.search(limit=4)
    assert len(list(some)) == 4
    assert some.cut
    every = gmail.search(limit=5)
    assert len(list(every)) == 5
    assert not every.cut


def test_headers_once_seen_are_not_read_again(sandbox: Sandbox, gmail: Gmail) -> None:
    for number in range(7):
        put(sandbox, number)
    first = list(gmail.search())
    assert reads(sandbox) == 7
    put(sandbox, 8)
    second = list(gmail.search())
    assert reads(sandbox) == 8
    assert second[1:] == first


def test_the_cache_may_be_deleted_at_any_time(sandbox: Sandbox, gmail: Gmail, home: Home) -> None:
    put(sandbox, 1)
    before = list(gmail.search())
    gmail.close()
    assert home.cache.is_dir()
    shutil.rmtree(home.cache)
    assert list(gmail.search()) == before


def test_a_damaged_cache_only_costs_units(sandbox: Sandbox, gmail: Gmail, home: Home) -> None:
    put(sandbox, 1)
    before = list(gmail.search())
    gmail.close()
    for file in home.cache.rglob("*.sqlite3"):
        file.write_bytes(b"not a database" * 100)
    assert list(gmail.search()) == before


def test_a_message_deleted_meanwhile_is_left_out(sandbox: Sandbox, gmail: Gmail) -> None:
    put(sandbox, 1)
    kept = put(sandbox, 2)
    sandbox.faults.next(404, reason="notFound", method="messages.get", times=1)
    found = [envelope.id for envelope in gmail.search()]
    assert len(found) == 1
    assert found[0] in (kept, *gmail.ids())


@pytest.mark.parametrize("query", ["form:ann", 'subject:"open', "(a OR b", "newer_than:3w"])
def test_a_query_that_gmail_would_answer_with_nothing_is_not_sent(
    sandbox: Sandbox, gmail: Gmail, query: str
) -> None:
    with pytest.raises(QueryError) as caught:
        gmail.search(query)
    assert caught.value.query == query
    assert sandbox.requests == []


def test_a_limit_below_one_is_refused(gmail: Gmail) -> None:
    with pytest.raises(UsageError, match="limit of 0"):
        gmail.ids(limit=0)


def test_reading_gives_the_exact_bytes_and_never_marks_as_read(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    id = put(sandbox, 1, labels=("INBOX", "UNREAD"))
    assert gmail.raw(id) == sandbox.mail.raw(ME, id)
    assert gmail.read(id).text.strip() == "Body 1"
    assert "UNREAD" in sandbox.mail.labels_of(ME, id)


def test_a_label_that_does_not_exist_is_named_and_not_searched_for(
    sandbox: Sandbox, gmail: Gmail, tmp_path: Path
) -> None:
    gmail.create_label("Receipts")
    for query in ("label:receits", "from:ann (is:unread OR -label:receits)"):
        with pytest.raises(NotFound, match='no label "receits"') as caught:
            gmail.search(query)
        assert '"Receipts"' in caught.value.hint
    with pytest.raises(NotFound):
        gmail.backup(tmp_path / "b", query="label:receits")


@pytest.mark.parametrize(
    "query",
    [
        "label:work-clients-partners",
        "label:work-clients---partners",
        'label:"Work/Clients & Partners"',
        "label:WORK",
        "label:bucher",
        "label:inbox",
        "label:unread",
        "label:encryptedmail",
    ],
)
def test_a_label_that_gmail_may_understand_is_searched_for(gmail: Gmail, query: str) -> None:
    for name in ("Work", "Work/Clients & Partners", "Bücher"):
        gmail.create_label(name)
    assert list(gmail.ids(query)) == []


def test_a_day_is_one_of_this_machine_not_of_googles_zone(
    sandbox: Sandbox, gmail: Gmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        late = put(sandbox, -600)  # 14:00 UTC on 31 December: 23:00 in Tokyo, 6:00 in California
        early = put(sandbox, -500)  # 15:40 UTC on 31 December: 0:40 on 1 January in Tokyo
        assert list(gmail.ids("after:2026/01/01")) == [early]
        assert list(gmail.ids("before:2026/01/01")) == [late]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_long_list_of_alternatives_finds_each_message_once(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    ids = [put(sandbox, number) for number in range(40)]
    senders = " OR ".join(f"j{number}@example.com" for number in [*range(1000, 1300), *range(30)])
    query = f"from:({senders})"
    assert len(query) > 4000
    assert sorted(gmail.ids(query)) == sorted(ids[:30])
    some = gmail.ids(query, limit=10)
    assert len(list(some)) == 10
    assert some.cut
    assert {each.id for each in gmail.search(query)} == set(ids[:30])
    assert gmail.label(query, add="Many", create=True).count == 30


def test_parts_reach_into_trash_where_the_whole_does(sandbox: Sandbox, gmail: Gmail) -> None:
    gone = put(sandbox, 1, labels=["TRASH"])
    senders = " OR ".join(f"from:j{number}@example.com" for number in [*range(1000, 1200), 1])
    assert list(gmail.ids(f"{{(in:trash subject:nothing) {senders}}}")) == [gone]


def test_what_cannot_be_parted_is_refused_before_it_is_asked(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    with pytest.raises(QueryError, match="longer than Gmail"):
        gmail.ids(" ".join(f"-from:j{number}@example.com" for number in range(100)))
    assert not sandbox.requests


def test_a_search_put_together_in_python_is_taken_everywhere(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    one, two = put(sandbox, 1), put(sandbox, 2)
    assert list(gmail.ids(Q.sender("j1@example.com"))) == [one]
    assert [each.id for each in gmail.search(~Q.sender("j1@example.com"))] == [two]
    assert gmail.trash(Q.subject("Number 2")) == 1
    assert gmail.untrash(Q.sender("j2@example.com")) == 1
