"""An index that holds nonsense, or nothing, in any column: it is told, and no error of ours."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from disks import ME, Watched, contents, message, save
from gmailkit.backup.check import verify, verify_structure
from gmailkit.backup.events import Damaged, Gone, Labels, Run, Setting
from gmailkit.backup.folder import Backup
from gmailkit.errors import BackupDamaged

MAIL = [message(number) for number in range(8)]
COLUMNS = {
    "files": ("stream", "number", "length", "digest"),
    "accounts": ("key", "address"),
    "label_sets": ("key", "labels"),
    "messages": (
        *("key", "account", "id", "thread", "date_ms", "saved", "gone", "labels", "length"),
        *("sha256", "pack", "offset", "frame_length", "position"),
    ),
    "label_states": ("key", "message", "since_ms", "labels"),
    "events": (
        *("key", "account", "kind", "name", "at_ms", "number", "offset", "frame_length"),
        "position",
    ),
}
EACH = [(table, column) for table, columns in COLUMNS.items() for column in columns]
VALUES = {"text": "'x'", "bytes": "x'ff00'", "minus one": "-1", "huge": str((1 << 63) - 1)}


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some messages with a past, and events of several kinds."""
    path = tmp_path_factory.mktemp("index") / "b"
    save(path, MAIL, storage=Watched())
    with Backup.open(path, write=True, storage=Watched()) as opened:
        opened.note(Labels(account=ME, id=MAIL[1].id, labels={"STARRED": "STARRED"}))
        opened.note(Gone(account=ME, id=MAIL[2].id))
        opened.note(Setting(account=ME, name="imap", value={}))
        place = {"number": 1, "offset": 1 << 40, "length": 9}
        opened.note(Damaged(account=ME, stream="packs", messages={ME: (MAIL[0].id,)}, **place))
        opened.note(Run(account=ME, mode="full"))
    return path


@pytest.mark.parametrize(("table", "column"), EACH, ids=lambda each: str(each))
def test_nonsense_in_a_column_of_the_index_is_told(backup: Path, table: str, column: str) -> None:
    index, seal = backup / "index.sqlite3", backup / "index.sqlite3.sha256"
    whole, sealed = index.read_bytes(), seal.read_bytes()
    try:
        for value in VALUES.values():
            if not spoilt(index, table, column, value):
                continue
            assert not verify(backup).ok, value  # its seal is broken, whatever else is seen
            verify_structure(backup)
            try:
                with Backup.open(backup) as opened:
                    for each in opened.entries():
                        opened.label_states(each.account, each.id)
                    opened.latest(ME, Run)
                    list(opened.changed_since(0))
            except BackupDamaged:
                pass
            index.write_bytes(whole)
    finally:
        index.write_bytes(whole)
        seal.write_bytes(sealed)
    assert verify(backup).ok


def spoilt(index: Path, table: str, column: str, value: str) -> bool:
    """False where SQLite itself does not take the value."""
    with sqlite3.connect(index) as sql:
        try:
            first = f"(SELECT rowid FROM {table} LIMIT 1)"
            sql.execute(f"UPDATE {table} SET {column} = {value} WHERE rowid = {first}")
        except sqlite3.Error:
            return False
    sql.close()
    return True


def test_a_writer_makes_such_an_index_anew(quick_path: Path) -> None:
    path = quick_path / "b"
    save(path, MAIL, storage=Watched())
    assert spoilt(path / "index.sqlite3", "messages", "saved", "'x'")
    with Backup.open(path, write=True, storage=Watched()) as opened:
        assert any("built again" in note for note in opened.notes)
    assert contents(path) == MAIL
    assert verify(path).ok
