"""What every store promises (`stores.protocol`): a new one is a line in STORES, one that is only
read in SOURCES, and its abilities decide which tests apply.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dovecot
from gmailkit.backup.folder import Backup
from gmailkit.backup.labels import SYSTEM_NAMES
from gmailkit.backup.record import Record
from gmailkit.errors import NotFound
from gmailkit.model.content import Content
from gmailkit.model.digests import with_crlf
from gmailkit.model.flags import MAILDIR, to_gmail
from gmailkit.model.ids import HIDDEN
from gmailkit.model.item import Can, Item, Ref
from gmailkit.model.shape import to_millis
from gmailkit.query.parse import parse
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.imap import ImapStore
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.memory import MemoryStore
from gmailkit.stores.protocol import Mailbox, Source, Unchanging

Opens = Callable[[], Mailbox]  # the same place each time
Makes = Callable[[Path], Opens]
Fills = Callable[[Path, list[Item]], Source]
WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
ODD = [
    b"",
    b"\n",
    b"\r\n",
    b"x",
    b"Subject: no end of line",
    b"Subject: a\r\n\r\nCRLF\r\n",
    b"Subject: b\n\nFrom here\n>From there\n>>From everywhere\n\n\n",
    b"From me Mon Jan  2 09:00:00 2023\n\nFrom me Mon Jan  2 09:00:00 2023\nA: b\n",
    b"Subject: \xff\x00\xe9\n\n\x00\x01\r\r\n\n",
    b"Content-Length: 3\n\nabcdefgh\n",
    b"X-GM-THRID: 5\nX-Gmail-Labels: Forged\nX-Gmailkit: {}\nSubject: c\n\nd\n",
    b"1234\nSubject: looks like an emlx\n\n<?xml",
    b"A: " + b"b" * 70_000 + b"\n\n" + b"From c\n" * 20_000,
]
LABELS = [
    *("INBOX", "SENT", "SPAM", "TRASH", "IMPORTANT", "CATEGORY_PROMOTIONS", "CHAT"),
    *("Work", "Work/Receipts", "Ünïcode/日本語", "a.b/c.d", "a//b", "/", "..", ".", " x ", "A & B"),
    *("Sent", "Archive", "Inbox", "cur", "new/tmp", 'quote"d', "comma, ed", "-", "&AC4-", "😀"),
    *("Opened", "Unread", "tab\tand\nline", "=?UTF-8?Q?a?=", "x" * 200),
]
KEYWORDS = frozenset({"IMPORTANT", "CATEGORY_PROMOTIONS", "CHAT"})  # no folders over IMAP
FLAGS = sorted(MAILDIR)
NUMBERS = count()
NAMES = st.sampled_from(LABELS) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
)
ITEMS = st.builds(
    lambda raw, labels, flags, seconds, thread: replace(
        Item.of(
            raw, labels=labels, flags=flags, received=datetime.fromtimestamp(seconds / 1000, UTC)
        ),
        thread=thread,
    ),
    st.sampled_from(ODD) | st.binary(max_size=200),
    st.frozensets(NAMES, max_size=4),
    st.frozensets(st.sampled_from(FLAGS)),
    st.integers(-10_000_000_000, 4_000_000_000_000),
    st.sampled_from(["", "18c2f0a1b2c3d4e5", "-5", "1_0", "of no\nstore", "é"]),
)


def imap(folder: Path) -> Opens:
    user = f"every{next(NUMBERS)}"
    return lambda: ImapStore(dovecot.session("imap", user).__enter__())


def memory(folder: Path) -> Opens:
    store = MemoryStore()
    return lambda: store


def mbox(folder: Path) -> Opens:
    return lambda: MboxStore(folder / "mail.mbox", write=True)


def maildir(folder: Path) -> Opens:
    return lambda: MaildirStore(folder / "Maildir", write=True)


def eml(folder: Path) -> Opens:
    return lambda: EmlStore(folder / "mail", write=True)


STORES: dict[str, Makes] = {
    "memory": memory,
    "mbox": mbox,
    "maildir": maildir,
    "eml": eml,
    "imap": imap,
}


def backup(folder: Path, items: list[Item]) -> Source:
    with Backup.open(folder / "mail.backup", create=True) as saved:
        for number, item in enumerate(items):
            named = enumerate(sorted(to_gmail(item.labels, item.flags)))
            labels = {x if x in SYSTEM_NAMES else f"Label_{n}": x for n, x in named}
            date = to_millis(item.received or WHEN)
            record = Record("me@example.com", f"{number:x}", item.thread, date, labels)
            saved.add(replace(record, raw=item.content.bytes))
    return BackupStore(folder / "mail.backup")


def taken(items: Iterable[Item], can: Can) -> list[Item]:
    """Those that such a store takes: over IMAP no empty message goes, and none with a NUL; what
    differs in its line ends alone is one message there. Dates before 1970 or to come are the
    server's own affair.
    """
    found = {kept_of(item.content.bytes, can): item for item in items}
    if Can.BYTES not in can:
        found = {raw: item for raw, item in found.items() if raw and b"\0" not in raw}
        found = {raw: _dated(item) for raw, item in found.items()}
    return list(found.values())


def _dated(item: Item) -> Item:
    assert item.received is None or item.received.tzinfo
    return replace(
        item, received=min(max(item.received or WHEN, datetime(1970, 1, 1, tzinfo=UTC)), WHEN)
    )


def kept_of(raw: bytes, can: Can) -> bytes:
    return raw if Can.BYTES in can else b"".join(with_crlf([raw]))


def _filled(make: Makes) -> Fills:
    def fill(folder: Path, items: list[Item]) -> Source:
        with (opens := make(folder))() as store:
            for item in taken(items, store.can):
                store.add(item)
            store.flush()
        return opens()

    return fill


SOURCES: dict[str, Fills] = {
    **{name: _filled(make) for name, make in STORES.items()},
    "backup": backup,
}


@pytest.fixture(params=SOURCES)
def fill(request: pytest.FixtureRequest) -> Fills:
    return SOURCES[request.param]


@pytest.fixture(params=STORES)
def make_store(request: pytest.FixtureRequest) -> Makes:
    return STORES[request.param]


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.soak if name == "imap" else ()) for name in STORES]
)
def make_quick_store(request: pytest.FixtureRequest) -> Makes:
    """The same; a server, with which a hundred messages take a second, only where there is time."""
    return STORES[request.param]


@pytest.fixture
def open_quick_store(make_quick_store: Makes, quick_path: Path) -> Opens:
    return make_quick_store(quick_path)


@pytest.fixture
def open_store(make_store: Makes, quick_path: Path) -> Opens:
    return make_store(quick_path)


def kept(store: Source, refs: Iterable[Ref] | None = None) -> list[Item]:
    """All that a store gives, with contents that stay."""
    found = []
    for _, got in store.fetch(store.refs() if refs is None else refs):
        assert isinstance(got, Item), got
        raw = got.content.bytes
        found.append(Item(**{**_facts(got), "content": Content.of(raw)}))
    return found


def says(store: Mailbox, item: Item) -> bool:
    """Whether it is there under all its labels and flags."""
    return store.says(item) if isinstance(store, Unchanging) else any(store.find(item))


def _facts(item: Item) -> dict[str, object]:
    return {name: getattr(item, name) for name in ("labels", "flags", "received", "thread")}


def seen(item: Item, can: Can) -> tuple[object, ...]:
    """What of an item a store with these abilities keeps."""
    return (
        kept_of(item.content.bytes, can),
        labels_kept([item], can) if Can.LABELS in can else None,
        item.flags if Can.FLAGS in can else None,
        _date(item, can) if Can.DATE in can else None,
        item.thread if Can.THREADS in can else None,
    )


def _date(item: Item, can: Can) -> datetime | None:
    whole = Can.BYTES in can or item.received is None
    return item.received if whole else item.received.replace(microsecond=0)


def merged(items: Iterable[Item], can: Can) -> dict[bytes, frozenset[str]]:
    """Labels by content: equal messages bear those of all."""
    found: dict[bytes, list[Item]] = {}
    for item in items:
        found.setdefault(kept_of(item.content.bytes, can), []).append(item)
    return {raw: labels_kept(same, can) for raw, same in found.items()}


def labels_kept(same: list[Item], can: Can) -> frozenset[str]:
    """Those of equal messages. Over IMAP deleted mail lies in Trash alone; what lies in another
    folder as well is not deleted.
    """
    every = frozenset().union(*(item.labels for item in same))
    if Can.BYTES in can:
        return every
    in_use = [item.labels for item in same if not HIDDEN & item.labels]
    return (every & KEYWORDS).union(*(in_use or [every & HIDDEN]))


def test_what_is_added_comes_back_as_it_was(open_store: Opens) -> None:
    items = [
        Item.of(raw, labels=frozenset(LABELS[n::7]), flags=frozenset(FLAGS[n % 6 :]), received=WHEN)
        for n, raw in enumerate(ODD)
    ]
    with open_store() as store:
        can = store.can
        items = taken(items, can)
        refs = [store.add(item) for item in items]
        store.flush()
        assert len(set(refs)) == len(refs)
    with open_store() as store:
        back = kept(store)
        assert Counter(seen(x, can) for x in back) == Counter(seen(x, can) for x in items)
        for ref, item in zip(refs, items, strict=True):
            assert [seen(x, can) for x in kept(store, [ref])] == [seen(item, can)]


def test_what_is_there_is_found_and_is_not_added_twice(open_store: Opens) -> None:
    items = [Item.of(raw, labels=frozenset({"Work"}), received=WHEN) for raw in ODD]
    for _ in range(2):
        with open_store() as store:
            can = store.can
            for item in taken(items, can):
                for there in store.find(item):
                    assert seen(kept(store, [there])[0], can)[0] == seen(item, can)[0]
                store.add(item)
                store.flush()
                assert len(list(store.find(item))) == 1
            assert not list(store.find(Item.of(b"Subject: another\n\n")))
    with open_store() as store:
        wanted = Counter(seen(x, can)[0] for x in taken(items, can))
        assert Counter(x.content.bytes for x in kept(store)) == wanted


def test_an_equal_message_under_another_label_leaves_no_label_out(open_store: Opens) -> None:
    with open_store() as store:
        if Can.LABELS not in store.can:
            pytest.skip("it keeps no labels")
        first, second = (Item.of(ODD[5], labels=frozenset({name})) for name in ("A", "B"))
        store.add(first)
        assert not says(store, second)
        store.add(second)
        store.flush()
        assert says(store, first)
        assert says(store, second)
    with open_store() as store:
        assert merged(kept(store), store.can) == {ODD[5]: frozenset({"A", "B"})}
        assert says(store, second)


@pytest.mark.parametrize("marks", [{"flagged"}, {"seen"}, {"flagged", "seen"}])
def test_an_equal_message_with_other_marks_leaves_no_mark_out(
    open_store: Opens, marks: set[str]
) -> None:
    """Of all places where it lies: a mail program shows each."""
    first = Item.of(ODD[5], labels=frozenset({"A", "B"}), flags=frozenset({"answered"}))
    second = replace(first, labels=frozenset({"B", "C"}), flags=frozenset(marks))
    with open_store() as store:
        store.add(first)
        assert not says(store, replace(first, flags=frozenset(marks)))
        store.add(second)
        store.flush()
        assert says(store, first)
        assert says(store, second)
    with open_store() as store:
        back = kept(store)
        assert frozenset().union(*(item.flags for item in back)) == {"answered", *marks}
        assert merged(back, store.can) == {ODD[5]: frozenset("ABC")}
        assert says(store, second)
        count = len(back)
        store.add(second)
        store.flush()
        assert len(kept(store)) == count


def test_a_source_gives_each_message_as_it_was_in_any_order(fill: Fills, quick_path: Path) -> None:
    marks = ("seen", "flagged", "draft")  # those that every one knows
    items = [
        replace(
            Item.of(raw, labels=frozenset(LABELS[n::7]), flags=frozenset(marks[n % 4 :])),
            received=WHEN,
            thread=f"{n + 1:x}",
        )
        for n, raw in enumerate(ODD)
    ]
    with fill(quick_path, items) as store:
        refs, can = list(store.refs()), store.can
        items = taken(items, can)
        assert len(set(refs)) == len(items)
        for order in (refs, refs[::-1], refs[::3]):
            got = Counter(seen(x, can) for x in kept(store, order))
            assert got <= Counter(seen(x, can) for x in items)
            assert got.total() == len(order)


def test_a_search_finds_what_gmail_would(fill: Fills, quick_path: Path) -> None:
    items = [
        Item.of(
            f"From: ann@example.com\nSubject: {name}\n\nText of {name}.\n".encode(),
            labels=frozenset(labels),
            received=WHEN,
        )
        for name, labels in (("lunch", {"INBOX"}), ("dinner", {"Work"}), ("spam", {"SPAM"}))
    ]
    with fill(quick_path, items) as store:
        if Can.LABELS not in store.can:
            pytest.skip("it keeps no labels")

        def found(query: str) -> list[str]:
            back = kept(store, store.refs(parse(query)))
            return sorted(x.content.bytes.split()[3].decode() for x in back)

        assert found("subject:lunch") == ["lunch"]
        assert found("from:ann") == ["dinner", "lunch"]
        assert found("label:work after:2026/02/01") == ["dinner"]
        assert found("in:anywhere ann") == ["dinner", "lunch", "spam"]
        assert found("nothing") == []


def test_what_is_not_there_is_told_by_the_message(fill: Fills, quick_path: Path) -> None:
    with fill(quick_path, [Item.of(ODD[5])]) as store:
        (there,) = store.refs()
        nowhere = type(there)("999999")
        for ref, got in store.fetch([nowhere, there]):
            assert isinstance(got, NotFound) == (ref == nowhere)


def test_a_large_message_is_streamed(open_store: Opens) -> None:
    raw = b"Subject: large\n\n" + b"From x\n0123456789abcdef\n" * 700_000
    with open_store() as store:
        ref = store.add(Item.of(raw))
        store.flush()
        ((_, got),) = store.fetch([ref])
        assert isinstance(got, Item)
        there = kept_of(raw, store.can)
        assert got.content.size == len(there)
        assert got.content.digest == Content.of(there).digest


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(items=st.lists(ITEMS, max_size=6))
def test_any_message_with_any_labels_comes_back(
    make_quick_store: Makes, quick_path: Path, items: list[Item]
) -> None:
    folder = quick_path / f"{next(NUMBERS)}"
    folder.mkdir()
    with make_quick_store(folder)() as store:
        can = store.can
        items = [sound for x in items for sound in taken([x], can)]
        for item in items:
            store.add(item)
        store.flush()
        found = kept(store)
    same = Counter(seen(x, can)[0] for x in items)
    alone = [x for x in items if same[seen(x, can)[0]] == 1]
    back = Counter(seen(x, can) for x in found)
    assert all(back[seen(item, can)] == 1 for item in alone)
    if Can.LABELS in can:
        assert merged(found, can) == merged(items, can)


def corpus_mail(corpus: Path) -> list[bytes]:
    """Every file of the corpus that is one message, each content once."""
    return list({file.read_bytes(): None for file in sorted(corpus.rglob("*.eml"))})


def test_every_message_of_the_corpus_comes_back(open_quick_store: Opens, corpus: Path) -> None:
    open_store = open_quick_store
    mail = corpus_mail(corpus)
    items = [Item.of(raw, labels=frozenset({"Corpus"}), received=WHEN) for raw in mail]
    with open_store() as store:
        items = taken(items, store.can)
        for item in items:
            store.add(item)
        store.flush()
    with open_store() as store:
        wanted = Counter(seen(x, store.can)[0] for x in items)
        assert Counter(x.content.bytes for x in kept(store)) == wanted
