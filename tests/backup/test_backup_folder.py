"""A backup is opened, added to, read, and refused where it must be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gmailkit.backup import marker as marking
from gmailkit.backup import writer
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.record import Record
from gmailkit.errors import BackupDamaged, CannotDo, NoBackup, UsageError

ME = "me@example.com"


def record(number: int, raw: bytes = b"Subject: Hi\r\n\r\nHello\r\n", account: str = ME) -> Record:
    id = f"{0x18F0000000000000 + number:x}"
    return Record(account, id, id, 1_700_000_000_000 + number, {"INBOX": "INBOX"}, raw)


def fill(path: Path, count: int = 120, size: int = 2000) -> list[Record]:
    """A backup of `count` messages, each different and hard to compress."""
    records = [
        record(n, b"Subject: %d\r\n\r\n" % n + os.urandom(size // 2).hex().encode() + b"\r\n")
        for n in range(count)
    ]
    with Backup.open(path, create=True) as backup:
        for each in records:
            backup.add(each)
    return records


def test_what_was_added_is_read_back_by_another_opening(tmp_path: Path) -> None:
    records = fill(tmp_path / "b")
    with Backup.open(tmp_path / "b") as backup:
        assert [backup.read(entry) for entry in backup.entries()] == records


def test_a_known_message_is_not_saved_again(tmp_path: Path) -> None:
    with Backup.open(tmp_path, create=True) as backup:
        assert backup.add(record(1))
        assert not backup.add(record(1))
        backup.flush()
        assert not backup.add(record(1, b"other bytes"))
    assert verify(tmp_path).messages == 1


def test_accounts_do_not_share_ids(tmp_path: Path) -> None:
    with Backup.open(tmp_path, create=True) as backup:
        backup.add(record(1))
        assert backup.add(record(1, account="ann@example.com"))
        assert backup.known(ME) == {record(1).id}
    with Backup.open(tmp_path) as backup:
        assert backup.known("ann@example.com") == {record(1).id}
        assert backup.known("bob@example.com") == set()


def test_pending_messages_are_known_but_not_listed(tmp_path: Path) -> None:
    with Backup.open(tmp_path, create=True) as backup:
        backup.add(record(1))
        assert backup.known(ME) == {record(1).id}
        assert list(backup.entries()) == []
        backup.flush()
        assert len(list(backup.entries())) == 1


def test_the_index_is_built_again_from_the_packs_alone(tmp_path: Path) -> None:
    fill(tmp_path)
    with Backup.open(tmp_path) as backup:
        before = list(backup.entries())
    (tmp_path / "index.sqlite3").unlink()
    with Backup.open(tmp_path, write=True) as backup:
        assert list(backup.entries()) == before
        assert backup.notes
    rebuild(tmp_path)
    with Backup.open(tmp_path) as backup:
        assert list(backup.entries()) == before
    assert verify(tmp_path).ok


def test_a_backup_is_for_its_owner_alone(tmp_path: Path) -> None:
    fill(tmp_path / "b", 3)
    modes = {p.stat().st_mode & 0o077 for p in (tmp_path / "b").rglob("*")}
    assert modes == {0}


def test_reading_needs_no_writer(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    with Backup.open(tmp_path) as backup, pytest.raises(UsageError, match="open for reading"):
        backup.add(record(99))


@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
def test_a_missing_folder_is_no_backup(tmp_path: Path, write: bool) -> None:
    with pytest.raises(NoBackup, match="There is no folder"):
        Backup.open(tmp_path / "absent", write=write)
    assert not (tmp_path / "absent").exists()


def test_a_slip_in_the_name_of_a_backup_is_answered_with_the_one_beside_it(tmp_path: Path) -> None:
    with pytest.raises(NoBackup) as alone:
        marking.require(tmp_path / "mail.bakup")
    assert alone.value.hint.startswith("Make one: ")
    (tmp_path / "mail.backup").mkdir()
    (tmp_path / "mail.backup" / marking.MARKER).touch()
    with pytest.raises(NoBackup) as error:
        marking.require(tmp_path / "mail.bakup")
    assert error.value.hint == f"Did you mean {tmp_path / 'mail.backup'}?"


@pytest.mark.parametrize(
    "options", [{}, {"write": True}, {"create": True}], ids=["read", "write", "create"]
)
def test_a_folder_of_somebody_else_is_refused_and_not_touched(
    tmp_path: Path, options: dict[str, bool]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(NoBackup, match="not a backup of gmailkit"):
        Backup.open(tmp_path, **options)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_newer_format_is_refused_in_clear_words(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    marker = tmp_path / "gmailkit-backup.json"
    marker.write_text(json.dumps({"format": "gmailkit-backup", "version": 4, "more": {}}))
    with pytest.raises(NoBackup, match="has format 4; this gmailkit reads up to format 3"):
        Backup.open(tmp_path)


def test_damage_is_told_when_a_message_is_read(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    pack = tmp_path / "packs" / "000001.mbox.zst"
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)
    with Backup.open(tmp_path) as backup:
        with pytest.raises(BackupDamaged, match="000001") as raised:
            backup.read(next(backup.entries()))
        assert f"gmailkit repair {tmp_path}" in raised.value.hint


def test_a_message_no_reader_would_take_is_refused_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_TEXT", 100_000)
    with Backup.open(tmp_path, create=True) as backup:
        backup.add(record(1))
        with pytest.raises(CannotDo, match="too big"):
            backup.add(record(2, bytes(100_000)))
        backup.add(record(3))
    assert verify(tmp_path).messages == 2


MEMORY = r"""
import re, sys
from pathlib import Path
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record

def peak():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024

path, what = sys.argv[1:]
before = peak()
if what == "add":
    record = Record("me@example.com", "1", "1", 0, {}, b"A line of a message.\r\n" * 1_900_000)
    before = peak()
    with Backup.open(path, create=True) as backup:
        backup.add(record)
elif what == "read":
    with Backup.open(path) as backup:
        backup.read(next(backup.entries()))
else:
    assert verify(path).bytes > 40_000_000
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to tell the peak")
def test_a_message_of_40_megabytes_takes_little_more_memory_than_itself(quick_path: Path) -> None:
    def extra(what: str) -> int:
        command = [sys.executable, "-c", MEMORY, quick_path / "b", what]
        run = subprocess.run(command, capture_output=True, check=True, text=True)
        return int(run.stdout)

    assert extra("add") < 100
    assert extra("read") < 150
    assert extra("verify") < 150
