"""Mail for stores of files, and what lies in one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.model.item import Item
from gmailkit.stores.door import Step, unwatched
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.protocol import Mailbox, Source

RAW = b"Subject: x\n\nHello.\n"
WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
LARGE = b"From x\n" + b"0123456789abcde\n" * 70_000  # two pieces
MAIL = [
    Item.of(raw, labels=frozenset(labels), flags=frozenset({"seen"}), received=WHEN)
    for raw, *labels in (
        (b"Subject: one\n\nFirst\n", "INBOX", "Work", "Work/a.b"),
        (b"Subject: two\n\nno end", "INBOX"),
        (b"Subject: large\n\n" + LARGE, "Work"),
        (b"",),
    )
]
PLACES: dict[str, Callable[[Path, Step], Mailbox]] = {
    "mbox": lambda path, step: MboxStore(path / "mail.mbox", write=True, step=step),
    "maildir": lambda path, step: MaildirStore(path / "mail", write=True, step=step),
    "eml": lambda path, step: EmlStore(path / "mail", write=True, step=step),
}
WANTED = {item.content.bytes: item.labels for item in MAIL}


def items(store: Source) -> list[Item]:
    """Contents are only good for the moment, so they are read at once."""
    found = []
    for _, got in store.fetch(store.refs()):
        assert isinstance(got, Item), got
        raw = got.content.bytes
        found.append(Item.of(raw, labels=got.labels, flags=got.flags, received=got.received))
    return found


def copied(place: str, path: Path, step: Step = unwatched) -> None:
    with PLACES[place](path, step) as store:
        for item in MAIL:
            if not any(store.find(item)):
                store.add(item)
            store.flush()


def contents(place: str, path: Path) -> dict[bytes, frozenset[str]]:
    """Labels by content; fails where one is there twice, or torn."""
    with PLACES[place](path, unwatched) as store:
        got = [(item.content.bytes, item.labels) for _, item in store.fetch(store.refs())]  # type: ignore[union-attr]
    assert len(dict(got)) == len(got)
    return dict(got)
