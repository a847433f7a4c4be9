"""What became of saved mail: noted beside it, known at every moment, never lost with the index."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from disks import ME, Watched, flip, message
from fakes import FakeClock
from gmailkit.backup import commit
from gmailkit.backup.check import verify
from gmailkit.backup.events import (
    AnyEvent,
    Cursor,
    Drafts,
    Gone,
    LabelList,
    Labels,
    Run,
    Setting,
    stamped,
)
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.stream import EVENTS, walk
from gmailkit.errors import BackupDamaged, UsageError

START = 1_800_000_000
MAIL = [message(number) for number in range(6)]
IDS = [each.id for each in MAIL]
WORK = {"INBOX": "INBOX", "Label_7": "Wörk"}


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(START + second, UTC)


def opened(path: Path, second: int) -> Backup:
    return Backup.open(path, create=True, storage=Watched(), clock=FakeClock(START + second))


def note(path: Path, second: int, *events: AnyEvent) -> None:
    with opened(path, second) as backup:
        for event in events:
            backup.note(event)


@pytest.fixture
def path(quick_path: Path) -> Path:
    """Saved at second 0 (the last one at 25); relabelled at 10; gone at 20; back at 30."""
    path = quick_path / "b"
    with opened(path, 0) as backup:
        for each in MAIL[:5]:
            backup.add(each)
    note(path, 10, Labels(account=ME, id=IDS[0], labels=WORK))
    note(path, 20, Gone(account=ME, id=IDS[0]), Gone(account=ME, id=IDS[1]))
    with opened(path, 25) as backup:
        backup.add(MAIL[5])
    note(path, 30, Labels(account=ME, id=IDS[0], labels={"INBOX": "INBOX"}))
    return path


def known_at(path: Path, second: int | None) -> dict[str, dict[str, str]]:
    """What every way of asking a backup tells, which is the same."""
    as_of = None if second is None else moment(second)
    with Backup.open(path, as_of=as_of) as backup:
        found = {entry.id: dict(entry.labels) for entry in backup.entries()}
        assert backup.known(ME) == set(found)
        assert sorted(backup.oldest_first(ME)) == sorted(found)
        assert {id: backup.labels(ME, id) for id in IDS if backup.find(ME, id)} == found
        for entry in backup.entries():
            record = backup.read(entry)
            assert (record.raw, record.labels) == (MAIL[IDS.index(entry.id)].raw, entry.labels)
    return found


def test_a_backup_is_seen_as_it_was_at_any_moment(path: Path) -> None:
    saved = {each.id: dict(each.labels) for each in MAIL[:5]}
    late = {IDS[5]: dict(MAIL[5].labels)}
    without = {id: labels for id, labels in saved.items() if id not in IDS[:2]}
    for _ in range(2):
        assert known_at(path, -1) == {}
        assert known_at(path, 0) == known_at(path, 9) == saved
        assert known_at(path, 10) == known_at(path, 19) == {**saved, IDS[0]: WORK}
        assert known_at(path, 20) == without
        assert known_at(path, 25) == without | late
        assert known_at(path, 30) == without | late | {IDS[0]: {"INBOX": "INBOX"}}
        assert known_at(path, None) == saved | late | {IDS[0]: {"INBOX": "INBOX"}}
        (path / "index.sqlite3").unlink(missing_ok=True)  # then it is read from packs and events


def test_what_gmail_has_no_more_stays_and_says_since_when(path: Path) -> None:
    with Backup.open(path) as backup:
        assert backup.gone(ME) == {IDS[1]: (START + 20) * 1000}
        gone = backup.find(ME, IDS[1])
        assert gone is not None
        assert gone.gone == (START + 20) * 1000
        assert backup.read(gone).raw == MAIL[1].raw
        states = [
            (each.since_ms // 1000 - START, each.labels) for each in backup.label_states(ME, IDS[0])
        ]
        assert states == [(0, MAIL[0].labels), (10, WORK), (20, None), (30, {"INBOX": "INBOX"})]
        assert [change.id for change in backup.changed_since(0)].count(IDS[0]) == 4
        assert [entry.id for _, entry in backup.added_since(4)] == IDS[4:]


def test_what_is_of_the_account_is_told_by_its_latest_event(path: Path) -> None:
    head = hex_of_the_last_frame(path)
    note(path, 40, Setting(account=ME, name="vacation", value={"enableAutoReply": False}))
    note(
        path,
        50,
        LabelList(account=ME, labels=({"id": "Label_7", "name": "Wörk"},)),
        Setting(account=ME, name="vacation", value={"enableAutoReply": True}),
        Drafts(account=ME, drafts={"r1": IDS[2]}),
        Cursor(account=ME, history="12345"),
        Run(account=ME, mode="full", wanted=6, saved=6, reconciled=True),
    )
    with Backup.open(path) as backup:
        vacation = backup.latest(ME, Setting, "vacation")
        assert vacation is not None
        assert (vacation.value, vacation.at) == ({"enableAutoReply": True}, stamped_at(50))
        assert backup.latest(ME, Setting, "filters") is None
        assert backup.latest("other@example.com", Setting, "vacation") is None
        cursor, run = backup.latest(ME, Cursor), backup.latest(ME, Run)
        assert cursor is not None
        assert cursor.history == "12345"
        assert run is not None
        assert (run.wanted, run.packs_head) == (6, head)
        assert len(list(backup.events(ME))) == 10
        assert [each.name for each in backup.events(kind=Setting)] == ["vacation", "vacation"]
    with Backup.open(path, as_of=moment(45)) as backup:
        vacation = backup.latest(ME, Setting, "vacation")
        assert vacation is not None
        assert vacation.value == {"enableAutoReply": False}
        assert backup.latest(ME, Run) is None
        assert len(list(backup.events())) == 5


def stamped_at(second: int) -> str:
    return stamped((START + second) * 1000)


def hex_of_the_last_frame(path: Path) -> str:
    return verify(path).head


def test_a_cursor_counts_only_while_nothing_is_lost(path: Path) -> None:
    def cursor() -> Cursor | None:
        with Backup.open(path, write=True) as backup:
            return backup.latest(ME, Cursor)

    note(path, 40, Cursor(account=ME, history="7"))
    assert cursor() is not None
    rebuild(path)  # it knows what is there, and not what should be
    assert cursor() is None
    note(path, 50, Cursor(account=ME, history="8"))
    pack = path / "packs" / "000001.mbox.zst"
    pack.write_bytes(pack.read_bytes()[:-100])
    assert cursor() is None


def test_an_index_made_anew_knows_the_same(path: Path) -> None:
    before = dump(path)
    rebuild(path)
    assert dump(path) == before


def test_files_of_events_are_small_since_an_index_made_anew_holds_one_of_them_at_a_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "EVENT_FILE_BYTES", 500)
    before = len(EVENTS.numbers(path))
    for second in range(40, 46):
        note(path, second, Labels(account=ME, id=IDS[second - 40], labels=WORK))
    assert len(EVENTS.numbers(path)) > before
    state = dump(path)
    rebuild(path)
    assert dump(path) == state
    assert verify(path).ok


def dump(path: Path) -> object:
    with Backup.open(path) as backup:
        return (
            list(backup.entries()),
            [backup.label_states(ME, id) for id in IDS],
            list(backup.events()),
            backup.gone(ME),
        )


def test_lost_events_are_told_and_the_index_forgets_them(path: Path) -> None:
    file = path / "events" / "000001.jsonl.zst"
    file.unlink()
    with Backup.open(path, write=True) as backup:
        assert any("events/000001.jsonl.zst has lost" in text for text in backup.notes)
        assert backup.labels(ME, IDS[0]) == MAIL[0].labels
        assert backup.gone(ME) == {}
        backup.note(Gone(account=ME, id=IDS[3]))
    assert not file.exists()  # the number of a lost file is not used again
    with Backup.open(path) as backup:
        assert set(backup.gone(ME)) == {IDS[3]}


def test_zstdcat_reads_the_events(path: Path) -> None:
    text = subprocess.run(
        ["zstdcat", path / "events" / "000001.jsonl.zst"], capture_output=True, check=True
    ).stdout
    events = [json.loads(line) for line in text.splitlines()]
    assert [event["kind"] for event in events] == ["labels", "gone", "gone", "labels"]
    assert events[0]["labels"] == WORK
    assert events[0]["at"] == stamped_at(10)


def test_a_clock_set_back_does_not_change_the_order(path: Path) -> None:
    note(path, -1000, Gone(account=ME, id=IDS[4]))
    with Backup.open(path) as backup:
        assert backup.gone(ME)[IDS[4]] == (START + 30) * 1000


def test_a_message_that_was_lost_and_saved_again_has_the_labels_of_then(path: Path) -> None:
    pack = path / "packs" / "000001.mbox.zst"
    whole = pack.read_bytes()
    pack.unlink()
    with opened(path, 60) as backup:
        assert backup.known(ME) == set()
        backup.add(MAIL[0])
        assert [each.since_ms for each in backup.label_states(ME, IDS[0])] == []
    for _ in range(2):  # with its index, and with one made anew
        with Backup.open(path) as backup:
            assert backup.labels(ME, IDS[0]) == MAIL[0].labels
        rebuild(path)
    pack.write_bytes(whole)  # found after all
    rebuild(path)
    with Backup.open(path) as backup:
        assert backup.labels(ME, IDS[0]) == MAIL[0].labels
        assert [each.since_ms // 1000 - START for each in backup.label_states(ME, IDS[0])] == [
            0, 10, 20, 30, 60
        ]  # fmt: skip


def test_what_cannot_be_noted_is_refused(path: Path) -> None:
    with opened(path, 40) as backup:
        with pytest.raises(UsageError, match="no valid Unicode"):
            backup.note(Gone(account=ME, id="\udc80"))
        assert backup.known(ME) == set(IDS)
    with pytest.raises(UsageError, match="can be read, not written"):
        Backup.open(path, write=True, as_of=moment(0))
    with pytest.raises(UsageError, match="time zone"):
        Backup.open(path, as_of=datetime(2026, 1, 1))
    with Backup.open(path) as backup, pytest.raises(UsageError, match="open for reading"):
        backup.note(Gone(account=ME, id=IDS[0]))


def test_events_that_do_not_unpack_are_told(path: Path) -> None:
    file = path / "events" / "000001.jsonl.zst"
    flip(file, 100)
    with Backup.open(path) as backup, pytest.raises(BackupDamaged, match="damaged at byte 0"):
        list(backup.events())


def test_verify_reads_the_events_too(path: Path) -> None:
    note(path, 40, Cursor(account=ME, history="7"), Run(account=ME, mode="full", saved=6))
    found = verify(path)
    assert found.ok, found
    assert (found.messages, found.events) == (6, 6)
    assert verify(path, heads=[found.head, found.events_head]).ok
    file = path / "events" / "000001.jsonl.zst"
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        file.write_bytes(changed)
        assert any("events/000001.jsonl.zst" in text for text in verify(path).problems), at
    file.write_bytes(whole[:-1])
    assert any("has lost 1 bytes" in text for text in verify(path).problems)
    file.unlink()
    assert "events/000001.jsonl.zst is missing." in verify(path).problems


def test_packs_that_end_too_early_are_told_by_the_last_run_though_the_index_is_lost(
    path: Path,
) -> None:
    note(path, 40, Run(account=ME, mode="full", saved=6))
    with opened(path, 50) as backup:
        backup.add(message(7))
    (path / "index.sqlite3").unlink()
    assert "The packs end before what the last run saved." not in verify(path).problems
    pack = path / "packs" / "000001.mbox.zst"
    with pack.open("rb") as file:
        first = next(walk(file, 0, pack.stat().st_size))
    pack.write_bytes(pack.read_bytes()[: first.length])
    assert "The packs end before what the last run saved." in verify(path).problems


def test_an_index_that_tells_other_labels_than_the_events_is_told(path: Path) -> None:
    with sqlite3.connect(path / "index.sqlite3") as connection:
        connection.execute("UPDATE label_states SET labels = 1 WHERE since_ms % 60000 = 10000")
    connection.close()
    assert any("does not tell the event" in text for text in verify(path).problems)
