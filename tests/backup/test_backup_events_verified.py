"""Verify reads the events as it reads the packs."""

from __future__ import annotations

from pathlib import Path

import pytest

from disks import ME, Watched, flip, message, save
from gmailkit.backup.check import verify, verify_structure
from gmailkit.backup.events import Damaged, Gone, Labels
from gmailkit.backup.folder import Backup
from gmailkit.backup.frame import HEADER
from gmailkit.backup.stream import EVENTS

MAIL = [message(number) for number in range(20)]


@pytest.fixture
def backup(quick_path: Path) -> Path:
    """Twenty messages and three frames of events."""
    path = quick_path / "b"
    save(path, MAIL, storage=Watched())
    with Backup.open(path, write=True, storage=Watched()) as opened:
        for turn in range(3):
            for each in MAIL:
                labels = {f"Label_{turn}": f"Turn {turn}"}
                opened.note(Labels(account=ME, id=each.id, labels=labels))
            opened.flush()
    return path


def test_any_changed_byte_of_the_events_is_found_and_no_message_is_blamed(backup: Path) -> None:
    file = EVENTS.path(backup, 1)
    assert verify(backup).ok
    for place in range(0, file.stat().st_size, 23):
        flip(file, place)
        found = verify(backup)
        assert not found.ok, place
        assert (found.damaged, found.missing, found.messages) == ((), (), len(MAIL))
        assert "events/000001.jsonl.zst" in found.problems[0]
        assert [each.stream for each in found.holes] == ["events"]
        flip(file, place)


def test_events_that_are_gone_or_cut_are_named_by_a_quick_look_too(backup: Path) -> None:
    file = EVENTS.path(backup, 1)
    kept = file.read_bytes()
    file.write_bytes(kept[:-40])
    for look in (verify, verify_structure):
        assert any("has lost 40 bytes" in text for text in look(backup).problems)
    file.unlink()
    for look in (verify, verify_structure):
        assert "events/000001.jsonl.zst is missing." in look(backup).problems


def test_the_head_of_the_events_vouches_for_them(backup: Path) -> None:
    head = verify(backup).events_head
    with Backup.open(backup, write=True) as opened:
        opened.note(Gone(account=ME, id=MAIL[0].id))
    found = verify(backup, heads=[head])
    assert found.ok
    assert found.events_head != head
    flip(EVENTS.path(backup, 1), HEADER + 3)
    assert f"Frames before the head {head} are damaged or missing." in (
        verify(backup, heads=[head]).problems
    )


def test_an_unfinished_write_of_events_is_only_noted(backup: Path) -> None:
    with EVENTS.path(backup, 1).open("ab") as file:
        file.write(EVENTS.path(backup, 1).read_bytes()[:100])
    found = verify(backup)
    assert found.ok
    assert any("unfinished write" in note for note in found.notes)


def test_damage_that_is_known_is_a_note_and_more_of_it_is_not(backup: Path) -> None:
    file = EVENTS.path(backup, 1)
    with file.open("rb") as opened:
        header = opened.read(HEADER)
    first = HEADER + int.from_bytes(header[12:16], "little")
    flip(file, HEADER + 3)
    with Backup.open(backup, write=True) as writer:
        writer.note(_damaged("events", 0, first))
    found = verify(backup)
    assert found.ok
    assert any("are damaged, as is known since" in note for note in found.notes)
    flip(file, first + HEADER + 3)
    assert not verify(backup).ok


def test_a_message_lost_for_good_is_named_though_no_index_knows_it_any_more(backup: Path) -> None:
    with Backup.open(backup, write=True) as writer:
        writer.note(_damaged("packs", 0, 99, "beef", MAIL[0].id))
    found = verify(backup)
    assert [each.id for each in found.missing] == ["beef"]
    assert "not saved again" in found.missing[0].why


def _damaged(stream: str, offset: int, length: int, *ids: str) -> Damaged:
    place = {"number": 1, "offset": offset, "length": length}
    return Damaged(account=ME, stream=stream, **place, messages={ME: ids})
