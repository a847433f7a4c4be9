"""What a store on a server of IMAP does beyond what every store does, with Dovecot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import dovecot
from gmailkit.errors import CannotDo, Conflict, NotFound, Unreachable
from gmailkit.model.item import Item, Ref
from gmailkit.query.parse import parse
from gmailkit.record.digests import Digests
from gmailkit.services.copying.check import compare
from gmailkit.services.copying.differences import OF_HIDDEN
from gmailkit.stores.imap import ImapStore, reading
from gmailkit.stores.memory import MemoryStore
from gmailkit.transport.imap.session import PIECE
from gmailkit.transport.transcript import Event, Line

NUMBERS = count()
WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)


@pytest.fixture
def opened() -> Iterator[Callable[..., ImapStore]]:
    """The mailbox of this test, as often as it is asked for."""
    made: list[ImapStore] = []
    user = f"imap{next(NUMBERS)}"

    def open_(*folders: str, hear: object = None) -> ImapStore:
        session = dovecot.session("imap", user, hear=hear)
        made.append(ImapStore(session.__enter__(), folders))
        return made[-1]

    yield open_
    for store in made:
        store.session.hang_up()


def letter(name: str, *labels: str, flags: tuple[str, ...] = (), body: str = "Text.") -> Item:
    raw = (
        f"From: Ann <ann@x.example>\r\nSubject: {name}\r\nMessage-ID: <{name}@x>\r\n\r\n{body}\r\n"
    )
    return Item.of(raw.encode(), labels=frozenset(labels), flags=frozenset(flags), received=WHEN)


def test_a_message_of_several_folders_keeps_the_name_that_it_got(
    opened: Callable[..., ImapStore],
) -> None:
    """Though folders that come first by name were made last."""
    store = opened()
    refs = [
        store.add(letter(n, *labels)) for n, labels in (("a", ["Z", "M"]), ("b", ["M", "B", "A"]))
    ]
    assert sorted(opened().refs()) == sorted(refs)
    assert [got.labels for _, got in opened().fetch(refs) if isinstance(got, Item)] == [
        {"Z", "M"},
        {"M", "B", "A"},
    ]


def test_the_next_messages_are_on_their_way_while_somebody_has_these(
    opened: Callable[..., ImapStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked of the server meanwhile, wherever that is, and though the line breaks."""
    session, store = opened().session, opened(hear=(said := list[Event]()).append)
    for name in "abcde":
        for folder, body in (("INBOX", "Text."), ("Sent", "Sent.")):
            raw = letter(name, body=body).content.bytes
            session.append(folder, [raw], len(raw), received=WHEN)
    monkeypatch.setattr(reading, "_TOGETHER", len(raw))
    refs = list(store.refs())[:5]
    said.clear()
    meanwhile = {
        "a": lambda: store.session.examine("Sent"),
        "b": lambda: store.session.status("INBOX"),
        "c": store.session.hang_up,
        "d": lambda: list(store.fetch(refs[:1])),
    }
    asked = lambda: [x.text for x in said if isinstance(x, Line) and "BODY" in x.text]  # noqa: E731
    for name, (_, got) in zip("abcde", store.fetch(refs), strict=True):
        assert isinstance(got, Item)
        assert got.content.bytes == letter(name).content.bytes
        assert name != "a" or len(asked()) == 2  # it, and the next
        meanwhile.get(name, lambda: None)()
    assert len(asked()) == 5 + 1 + 1  # one was lost, one was read once more
    assert not [each for each in asked() if "[]<" in each]


def test_equal_messages_of_one_folder_stay_two(opened: Callable[..., ImapStore]) -> None:
    session = opened().session
    raw = letter("twice").content.bytes
    for folder in ("INBOX", "INBOX", "Sent"):
        session.append(folder, [raw], len(raw), received=WHEN)
    store = opened()
    found = [got.labels for _, got in store.fetch(store.refs()) if isinstance(got, Item)]
    assert sorted(map(sorted, found)) == [["INBOX"], ["INBOX", "SENT"]]


def test_messages_are_compared_only_where_two_folders_hold_mail(
    opened: Callable[..., ImapStore],
) -> None:
    said: list[Event] = []
    store = opened(hear=said.append)
    raw = letter("here").content.bytes
    for folder in ("INBOX", "INBOX", "Sent", "Drafts"):
        store.session.append(folder, [raw], len(raw), received=WHEN)
        said.clear()
        refs = list(store.refs())
        compared = any("FETCH" in each.text for each in said if isinstance(each, Line))
        assert compared == (folder != "INBOX")
    found = sorted(sorted(got.labels) for _, got in store.fetch(refs) if isinstance(got, Item))
    assert found == [["INBOX"], ["INBOX", "SENT"]]


def test_gmails_places_are_folders_by_their_marks_and_its_marks_are_keywords(
    opened: Callable[..., ImapStore],
) -> None:
    store = opened()
    store.add(letter("t", "TRASH", "IMPORTANT", "CATEGORY_SOCIAL", "BLUE_STAR"))
    store.add(letter("d", flags=("draft",)))
    store.add(letter("n"))
    counts = {
        each.name: store.session.status(each.name)["MESSAGES"] for each in store.session.folders()
    }
    assert {name for name, count in counts.items() if count} == {"Papierkorb", "Drafts", "Archive"}
    back = {got.content.bytes.split()[4]: got for _, got in _kept(opened())}
    assert back[b"t"].labels == {"TRASH", "IMPORTANT", "CATEGORY_SOCIAL", "BLUE_STAR"}
    assert (back[b"d"].labels, back[b"d"].flags) == (frozenset(), {"draft"})
    assert back[b"n"].labels == frozenset()


def _kept(store: ImapStore) -> Iterator[tuple[str, Item]]:
    for ref, got in store.fetch(store.refs()):
        assert isinstance(got, Item), got
        yield ref, Item.of(got.content.bytes, labels=got.labels, flags=got.flags)


@pytest.mark.parametrize(
    ("query", "found", "read"),
    [
        ("is:unread", ["a", "c"], ""),
        ("label:work -is:starred", ["a"], ""),
        ("in:anywhere larger:200 after:2026/02/01", ["c"], ""),
        ("before:2020/01/01", [], ""),
        ("subject:b from:ann", ["b"], "BODY.PEEK[HEADER]"),
        ("rfc822msgid:a@x", ["a"], "BODY.PEEK[HEADER]"),
        ("text OR fox", ["a", "b"], "BODY.PEEK[]"),
        ("fox", ["b"], "BODY.PEEK[]"),
    ],
)
def test_a_search_reads_no_more_than_it_has_to(
    opened: Callable[..., ImapStore], query: str, found: list[str], read: str
) -> None:
    store = opened()
    store.add(letter("a", "Work"))
    store.add(letter("b", "Work", flags=("seen", "flagged"), body="A fox."))
    store.add(letter("c", "SPAM", body="x" * 300))
    events: list[Event] = []
    store = opened(hear=events.append)
    refs = list(store.refs(parse(f"in:anywhere {query}")))
    said = " ".join(each.text for each in events if isinstance(each, Line))
    assert sorted(got.content.bytes.split()[4].decode() for _, got in _of(store, refs)) == found
    assert (read or "BODY") in said if read else "BODY" not in said
    if read == "BODY.PEEK[HEADER]":
        assert "BODY.PEEK[]" not in said


def _of(store: ImapStore, refs: object) -> Iterator[tuple[str, Item]]:
    for ref, got in store.fetch(refs):  # type: ignore[arg-type]
        assert isinstance(got, Item), got
        yield ref, Item.of(got.content.bytes)


def test_only_the_folders_that_are_named_count(opened: Callable[..., ImapStore]) -> None:
    store = opened()
    for name in ("Work", "Work/Receipts", "Workshop"):
        store.add(letter(name, name))
    assert len(list(opened("Work").refs())) == 2
    with pytest.raises(NotFound, match="There is no folder 'Nowhere'"):
        list(opened("Nowhere").refs())
    with pytest.raises(NotFound) as caught:
        list(opened("Wrok").refs())
    assert caught.value.hint == "Did you mean Work?"


def test_a_folder_made_anew_has_none_of_the_old_messages(
    opened: Callable[..., ImapStore],
) -> None:
    store = opened()
    ref = store.add(letter("a", "Work"))
    other = opened().session
    other.change("the deletion", "DELETE", '"Work"')
    other.create("Work")
    raw = letter("b").content.bytes
    other.append("Work", [raw], len(raw))
    ((_, got),) = opened().fetch([ref])
    assert isinstance(got, NotFound)
    store.session.hang_up()
    with pytest.raises(Conflict, match="made anew meanwhile"):
        list(store.fetch([ref]))


def test_what_was_copied_there_can_be_taken_back(opened: Callable[..., ImapStore]) -> None:
    store = opened()
    one, two = (store.add(letter(name, "A", "B")) for name in "ab")
    store.remove([one])
    assert list(store.refs()) == [two]
    assert store.session.status("B") == {"MESSAGES": 1, "UNSEEN": 1}


@pytest.mark.parametrize("labels", [("INBOX",), ("Work", "IMPORTANT"), ()])
def test_mail_that_was_deleted_and_put_back_is_mail_of_its_folder(
    opened: Callable[..., ImapStore], labels: tuple[str, ...]
) -> None:
    """It lies in Trash too, and no copy leaves it out for that."""
    store, item = opened(), letter("a", *labels)
    assert list(store.discard([store.add(item)])) != []
    assert [got.labels & {"INBOX", "Work", "TRASH"} for _, got in _kept(store)] == [{"TRASH"}]
    assert not store.holds(item)
    store.add(item)
    assert list(store.find(item)) == list(opened().refs())
    assert [got.labels for _, got in _kept(opened())] == [set(labels)]
    assert len(list(opened().refs(parse("from:ann")))) == 1
    store.add(letter("b", "TRASH", "SPAM", "Work"))
    assert {"TRASH", "SPAM"} in [got.labels for _, got in _kept(opened())]
    origin = MemoryStore([item, letter("b", "TRASH", "SPAM", "Work")])
    found = compare(origin, opened())
    assert (found.ok, found.equal, found.listed) == (True, 1, {OF_HIDDEN: 1})


@pytest.mark.parametrize("raw", [b"", b"Subject: a\r\n\r\n\0\r\n"])
def test_what_imap_cannot_carry_is_refused(opened: Callable[..., ImapStore], raw: bytes) -> None:
    store = opened()
    with pytest.raises(CannotDo, match="IMAP carries no"):
        store.add(Item.of(raw, labels=frozenset({"INBOX"})))
    assert not list(opened().refs())


def test_a_date_before_1970_is_that_day(opened: Callable[..., ImapStore]) -> None:
    store = opened()
    raw = letter("old").content.bytes
    ref = store.add(Item.of(raw, received=datetime(1950, 1, 1, tzinfo=UTC)))
    ((_, got),) = opened().fetch([ref])
    assert isinstance(got, Item)
    assert got.received == datetime(1970, 1, 1, tzinfo=UTC)


def test_what_became_of_a_mailbox_since_a_look_is_told(opened: Callable[..., ImapStore]) -> None:
    store = opened()
    one, two = (store.add(letter(name, "A", flags=("seen",))) for name in "ab")
    three = store.add(letter("c", "INBOX"))
    first = store.changes({})
    assert sorted(first.new) == sorted([one, two, three])
    quiet = store.changes(first.mark)
    assert (quiet.new, quiet.marked, quiet.gone) == ([], [], [])
    other = opened()
    other.remove([one])
    other.session.examine("A", write=True)
    other.session.store([2], "+FLAGS", ["\\Flagged"])
    late = other.add(letter("d", "B"))
    then = store.changes(quiet.mark)
    assert (then.new, then.marked, then.gone) == ([late], [two], [one])
    other.session.change("the deletion", "DELETE", '"A"')
    anew = opened().add(letter("e", "A"))
    assert opened().changes(then.mark).new == [anew]


def test_folders_below_inbox_and_levels_parted_by_dots_are_the_same_labels() -> None:
    labels = [
        "Work",
        "a.b/c.d",
        "SENT",
        "TRASH",
        "Ünïcode/日本",
        "INBOX",
        "Sent",
        "/",
        "..",
        "x=2Ey",
    ]
    with ImapStore(dovecot.session("imap", "dotted", dotted=True).__enter__()) as store:
        refs = [store.add(letter(f"{n}", label)) for n, label in enumerate(labels)]
        plain = store.add(letter("plain"))
    with ImapStore(dovecot.session("imap", "dotted", dotted=True).__enter__()) as store:
        assert sorted(store.refs()) == sorted([*refs, plain])
        got = [item.labels for _, item in store.fetch([*refs, plain]) if isinstance(item, Item)]
        assert got == [*({label} for label in labels), frozenset()]
        names = {each.name for each in store.session.folders()}
    assert {"INBOX.Work", "INBOX.Papierkorb", "INBOX.Archive", "INBOX.a=2Eb.c=2Ed"} <= names


@pytest.mark.parametrize("tells", ["append", "copy"])
def test_a_server_that_tells_no_numbers_of_what_it_took_is_looked_at(
    opened: Callable[..., ImapStore], monkeypatch: pytest.MonkeyPatch, tells: str
) -> None:
    """One without UIDPLUS."""
    store = opened()
    kept = getattr(store.session, tells)
    monkeypatch.setattr(store.session, tells, lambda *a, **k: kept(*a, **k) * 0)
    refs = [store.add(letter(name, "A", "B")) for name in "ab"]
    assert sorted(opened().refs()) == sorted(refs)
    assert {got.labels for _, got in opened().fetch(refs) if isinstance(got, Item)} == {
        frozenset({"A", "B"})
    }


@pytest.mark.parametrize("loses", [False, True])
def test_what_a_server_changes_is_known_again_though_its_answer_is_lost(
    opened: Callable[..., ImapStore],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    loses: bool,
) -> None:
    """One without UIDPLUS that adds a line to each header."""
    item = Item.of(b"Message-ID: <1@x>\r\nSubject: changed\r\n\r\nx\r\n")

    def adding(store: ImapStore) -> Ref:
        kept = store.session.append

        def append(folder: str, content: Iterable[bytes], size: int, **how: Any) -> int:
            kept(folder, [b"X-Seen: here\r\n", *content], size + 14, **how)
            if loses:
                raise Unreachable("The answer is lost.", sent="maybe")
            return 0

        monkeypatch.setattr(store.session, "append", append)
        return store.add(item)

    with closing(Digests(lambda: tmp_path)) as digests:
        store = opened()
        store._digests = digests
        ref = adding(store)
        store.flush()
        again = opened()
        again._digests = digests
        assert list(again.find(item)) == list(again.refs()) == [ref]


def test_what_was_compared_once_is_not_read_again(
    opened: Callable[..., ImapStore], tmp_path: Path
) -> None:
    """Nor what we put there ourselves; a folder made anew is."""
    items = [letter(name, "A", "B") for name in "abc"]
    first = opened()
    first.add(items[0])
    events: list[Event] = []
    for run in range(3):
        with closing(Digests(lambda: tmp_path)) as digests:
            store = opened(hear=events.append)
            store._digests = digests
            for item in items:
                assert bool(list(store.find(item))) == (run > 0 or item is items[0])
                store.add(item)
            store.flush()
        said = " ".join(each.text for each in events if isinstance(each, Line))
        read = said.count(f"BODY.PEEK[]<0.{PIECE}>")
        assert (read > 0) == (run == 0)  # the one that somebody else had put there
        events.clear()
    other = opened().session
    for name in ("A", "B"):
        other.change("the deletion", "DELETE", f'"{name}"')
    with closing(Digests(lambda: tmp_path)) as digests:
        store = opened()
        store._digests = digests
        assert not list(store.find(items[0]))
        store.add(items[1])
        assert not list(store.find(items[0]))
        assert list(store.find(items[1]))
        store.flush()


def test_a_server_that_guesses_at_sizes_gets_no_message_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Exchange does; a message without a Message-ID is looked for by its size."""
    item = Item.of(b"Subject: no name\r\n\r\nText.\r\n", labels=frozenset({"INBOX"}))
    with closing(Digests(lambda: tmp_path)) as digests:
        for _ in range(2):
            with dovecot.session("imap", "guessed-sizes") as session:

                def guess(uids: list[int], facts: str, fetch: Any = session.fetch) -> Any:
                    return {
                        uid: replace(got, listed=replace(got.listed, size=got.listed.size + 7))
                        for uid, got in fetch(uids, facts).items()
                    }

                monkeypatch.setattr(session, "fetch", guess)
                store = ImapStore(session, digests=digests)
                ref = next(store.find(item), None) or store.add(item)
                assert list(store.refs()) == [ref]


def test_a_copy_that_the_server_does_not_show_is_not_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with dovecot.session("imap", "unshown-copies") as session:
        store = ImapStore(session)
        store.add(letter("one", "INBOX"))
        copy, uids = session.copy, session.uids
        with monkeypatch.context() as patch:
            patch.setattr(session, "copy", lambda *where: copy(*where) * 0)  # without COPYUID
            patch.setattr(session, "uids", lambda *_: [])
            with pytest.raises(CannotDo, match="Other took the copy and does not show it"):
                store.add(letter("one", "INBOX", "Other"))
        session.examine("Other")
        assert len(uids()) == 1
