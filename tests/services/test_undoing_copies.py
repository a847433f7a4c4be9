"""A copy into files or a mailbox on a server, taken back: what it added goes, and nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from itertools import count
from pathlib import Path

import pytest

import dovecot
from disks import in_a_child
from gmailkit.config import Settings
from gmailkit.errors import CannotDo, Conflict, NotFound, PartialError
from gmailkit.model.content import Content
from gmailkit.model.item import Item
from gmailkit.secret import Secret
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.copying.run import OnPassed, Passed
from gmailkit.services.copying.undoing import copies_into, plan_undo_copy, undo_copy
from gmailkit.services.places import Places
from gmailkit.stores.mbox import MboxStore

COUNT = 7
_NUMBERS = count()
KINDS = ("maildir", "eml", "mbox", "imap")


def letter(number: int, *labels: str) -> Item:
    raw = f"From: ann@example.com\r\nMessage-ID: <{number}@example.com>\r\n\r\n{number}\r\n"
    return Item(content=Content.of(raw.encode()), labels=frozenset(labels))


class Room:
    """A target with mail of its own, and mail that comes: the first of it is there already."""

    def __init__(self, folder: Path, settings: Settings, kind: str) -> None:
        self.settings = settings
        self.origin, self.target = f"mbox:{folder / 'origin'}", f"{kind}:{folder / 'there'}"
        if kind == "imap":
            self.target = dovecot.running().url("imap", f"undoing{next(_NUMBERS)}")
        with MboxStore(folder / "origin", write=True) as store:
            for number in range(COUNT):
                store.add(letter(number, "INBOX", "Work"))
        with MboxStore(folder / "before", write=True) as store:
            store.add(letter(0, "INBOX", "Work"))
            store.add(letter(100, "INBOX"))
        self.copy(f"mbox:{folder / 'before'}")

    def copy(self, origin: str = "", on_progress: OnPassed = lambda passed: None) -> CopyDone:
        with Places(lambda: self.settings) as places:
            plan = plan_copy(places, origin or self.origin, self.target)
            return copy_mail(places, plan, on_progress=on_progress)

    def contents(self, place: str = "") -> dict[bytes, frozenset[str]]:
        with Places(lambda: self.settings) as places:
            there = places.source(places.locate(place or self.target))
            every = [got for _, got in there.fetch(there.refs())]
            return {e.content.bytes: e.labels for e in every if isinstance(e, Item)}

    def undo(self, number: int | None = None) -> tuple[int, int]:
        """How many went, and how many were left."""
        with Places(lambda: self.settings) as places:
            done = undo_copy(places, self.target, number)
        return len(done.refs), len(done.left)


@pytest.fixture
def room(settings_for: Callable[..., Settings], tmp_path: Path) -> Callable[[str], Room]:
    settings = replace(settings_for(), mail_password=Secret(dovecot.WORD))
    return lambda kind: Room(tmp_path, settings, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_copy_added_goes_and_what_was_there_stays(
    kind: str, room: Callable[[str], Room], tmp_path: Path
) -> None:
    place = room(kind)
    before = place.contents()
    done = place.copy()
    assert (done.copied.added, done.number) == (COUNT - 1, 2)
    with Places(lambda: place.settings) as places:
        planned = plan_undo_copy(places, place.target)
        assert (planned.number, len(planned.refs), planned.left) == (2, COUNT - 1, ())
    assert place.undo() == (COUNT - 1, 0)
    there = place.contents()
    if kind == "imap":
        there = {raw: labels for raw, labels in there.items() if labels != {"TRASH"}}
    assert there == before
    if kind != "imap":
        aside = place.contents(f"{kind}:{tmp_path / 'there.undone'}")
        assert len(aside) == COUNT - 1
        assert place.copy().copied.added == COUNT - 1
    with pytest.raises(Conflict, match="taken back already"):
        place.undo(2)
    with pytest.raises(NotFound):
        place.undo(9)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_messages_of_which_a_place_holds_one_with_all_labels_go_too(
    kind: str, room: Callable[[str], Room], tmp_path: Path
) -> None:
    place = room(kind)
    with MboxStore(tmp_path / "origin", write=True) as store:
        store.add(letter(1, "Home"))
    place.copy()
    gone, left = place.undo()
    assert (gone, left) == (COUNT if kind == "mbox" else COUNT - 1, 0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "mbox"])
def test_a_message_that_was_there_and_only_got_a_label_by_the_copy_stays(
    kind: str, room: Callable[[str], Room], tmp_path: Path
) -> None:
    place = room(kind)
    with MboxStore(tmp_path / "before more", write=True) as store:
        store.add(letter(2, "INBOX"))
    place.copy(f"mbox:{tmp_path / 'before more'}")
    place.copy()
    assert place.undo() == (COUNT - 2, 0)
    assert "INBOX" in place.contents()[letter(2).content.bytes]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "mbox"])
def test_a_message_that_was_labelled_since_is_left(
    kind: str, room: Callable[[str], Room], tmp_path: Path
) -> None:
    place = room(kind)
    place.copy()
    with MboxStore(tmp_path / "later", write=True) as store:
        store.add(letter(3, "Mine"))
    place.copy(f"mbox:{tmp_path / 'later'}")
    assert place.undo(2) == (COUNT - 2, 1)
    assert place.contents()[letter(3).content.bytes] == {"INBOX", "Work", "Mine"}


@pytest.mark.parametrize("kind", ["maildir", "eml"])
def test_what_somebody_changed_since_is_left(
    kind: str, room: Callable[[str], Room], tmp_path: Path
) -> None:
    place = room(kind)
    place.copy()
    raw = letter(3).content.bytes
    files = [each for each in (tmp_path / "there").rglob("*") if each.is_file()]
    for each in files:
        if each.read_bytes() == raw:
            os.truncate(each, 10)
    assert place.undo() == (COUNT - 2, 1)
    assert len(place.contents()) == 3


def test_what_was_refused_and_came_another_way_is_not_taken_back(
    room: Callable[[str], Room], tmp_path: Path
) -> None:
    place = room("maildir")
    with MboxStore(tmp_path / "origin", write=True) as store:
        store.add(letter(50, "Work", "x" * 400))
    with MboxStore(tmp_path / "by hand", write=True) as store:
        store.add(letter(50, "Work"))
    with pytest.raises(PartialError):
        place.copy()
    place.copy(f"mbox:{tmp_path / 'by hand'}")
    with pytest.raises(PartialError):
        place.copy()
    raw = letter(50).content.bytes
    assert place.undo(2) == (COUNT - 1, 0)
    assert place.contents()[raw] == {"Work"}


def test_an_mbox_file_is_only_cut_at_its_end(room: Callable[[str], Room], tmp_path: Path) -> None:
    place = room("mbox")
    place.copy()
    with MboxStore(tmp_path / "there", write=True) as store:
        store.add(letter(200, "INBOX"))
    before = place.contents()
    with pytest.raises(CannotDo, match="only cut at its end"):
        place.undo()
    assert place.contents() == before
    with Places(lambda: place.settings) as places:
        assert [each.state for each in copies_into(places, place.target)] == ["done", "done"]


def test_a_backup_gives_nothing_back(room: Callable[[str], Room]) -> None:
    place = room("backup")
    assert place.copy().number is None
    with pytest.raises(CannotDo, match="only grows"):
        place.undo()
    with Places(lambda: place.settings) as places, pytest.raises(CannotDo, match="only grows"):
        list(copies_into(places, place.target))


@pytest.mark.parametrize("goes_on", [True, False])
@pytest.mark.parametrize("kind", ["maildir", "eml", "mbox"])
def test_a_copy_that_was_killed_is_taken_back_whole(
    kind: str, goes_on: bool, room: Callable[[str], Room]
) -> None:
    place = room(kind)
    before = place.contents()

    def die(passed: Passed) -> None:
        if passed.done == 4:
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_child(lambda: place.copy(on_progress=die)) == -signal.SIGKILL
    if goes_on:
        place.copy()
    there = len(place.contents())
    assert there == len(before) + (COUNT - 1 if goes_on else 3)
    assert place.undo() == (there - len(before), 0)
    assert place.contents() == before


@pytest.mark.parametrize(
    ("kind", "where", "at"),
    [
        ("maildir", "stores.door.Door.set_aside", 3),
        *(("maildir", "stores.door.Door.remove", at) for at in range(4)),
        ("eml", "stores.door.Door.set_aside", 3),
        ("imap", "transport.imap.session.Session.move", 1),
        ("mbox", "stores.door.Door.write_new", 0),
        *((kind, "record.additions.Additions.take", 0) for kind in ("maildir", "eml", "mbox")),
    ],
)
def test_an_undo_that_was_killed_goes_on(
    kind: str, where: str, at: int, room: Callable[[str], Room], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = room(kind)
    before = place.contents()
    place.copy()

    def killed() -> None:
        steps = count()
        owner, _, name = f"gmailkit.{where}".rpartition(".")
        module, _, kind = owner.rpartition(".")
        real = getattr(getattr(import_module(module), kind), name)

        def die(*given: object, **named: object) -> object:
            if next(steps) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        monkeypatch.setattr(f"{owner}.{name}", die)
        place.undo()

    assert in_a_child(killed) == -signal.SIGKILL
    place.undo()
    there = place.contents()
    assert {raw: labels for raw, labels in there.items() if labels != {"TRASH"}} == before
