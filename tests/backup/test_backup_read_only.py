"""Reading changes nothing, and works where nothing could be changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from disks import ME, Watched, contents, in_a_child, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.errors import CannotWrite, NoBackup

MAIL = [message(number) for number in range(60)]
NOBODY = 65534


def snapshot(path: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for each in sorted(path.rglob("*")):
        status = each.stat()
        content = each.read_bytes() if each.is_file() else b""
        found[str(each)] = (status.st_mtime_ns, status.st_mode, content)
    return found


def with_unfinished_commit(path: Path) -> None:
    """Leave the index as a crash in the middle of a commit does: half written, its journal hot."""
    (path / "index.sqlite3.sha256").unlink()
    copy = path.parent / "copy"
    copy.mkdir()
    index = sqlite3.connect(path / "index.sqlite3", isolation_level=None)
    index.execute("PRAGMA cache_size = 1")
    index.execute("BEGIN IMMEDIATE")
    index.execute("UPDATE messages SET thread = 'half of them'")
    for name in ("index.sqlite3", "index.sqlite3-journal"):
        shutil.copy(path / name, copy / name)
    index.close()
    for name in ("index.sqlite3", "index.sqlite3-journal"):
        shutil.copy(copy / name, path / name)
    assert (path / "index.sqlite3-journal").stat().st_size > 512


STATES: dict[str, Callable[[Path], object]] = {
    "as it should be": lambda path: None,
    "no index": lambda path: (path / "index.sqlite3").unlink(),
    "broken index": lambda path: (path / "index.sqlite3").write_bytes(b"no database" * 500),
    "empty index": lambda path: (path / "index.sqlite3").write_bytes(b""),
    "unfinished commit": with_unfinished_commit,
    "no lock, no README": lambda path: [
        (path / name).unlink() for name in ("lock", "lock.json", "README.txt")
    ],
}


@pytest.fixture(params=STATES)
def backup(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A backup in some state or other, in a folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "backup"
        save(path, MAIL, storage=Watched())
        STATES[request.param](path)
        yield path


def test_reading_and_verifying_change_nothing(backup: Path) -> None:
    before = snapshot(backup)
    assert contents(backup) == MAIL
    assert verify(backup).messages == len(MAIL)
    assert snapshot(backup) == before


def test_an_unfinished_commit_is_undone_in_a_copy(tmp_path: Path) -> None:
    save(tmp_path / "b", MAIL)
    with_unfinished_commit(tmp_path / "b")
    with Backup.open(tmp_path / "b") as backup:
        assert backup.notes == ()
        assert [entry.thread for entry in backup.entries()] == [each.thread for each in MAIL]
    assert verify(tmp_path / "b").ok


def without_rights(path: Path, work: Callable[[], object]) -> int:
    """Run `work` as somebody who may read that folder and change nothing in it."""
    for each in [path, *path.rglob("*")]:
        each.chmod(0o555 if each.is_dir() else 0o444)
    before = snapshot(path)

    def as_nobody() -> None:
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        with pytest.raises(OSError):
            (path / "probe").touch()
        work()

    try:
        return in_a_child(as_nobody)
    finally:
        assert snapshot(path) == before
        for each in [path, *path.rglob("*")]:
            each.chmod(each.stat().st_mode | stat.S_IWUSR)


def test_reading_and_verifying_need_no_right_to_write(backup: Path) -> None:
    def work() -> None:
        assert contents(backup) == MAIL
        assert verify(backup).messages == len(MAIL)

    assert without_rights(backup, work) == 0


def test_writing_without_the_right_to_is_refused_in_words(backup: Path) -> None:
    def work() -> None:
        with pytest.raises(CannotWrite) as caught:
            Backup.open(backup, write=True)
        assert caught.value.message == f"Cannot write {backup}: Permission denied."
        assert caught.value.hint.startswith("It can be read as it is.")

    assert without_rights(backup, work) == 0


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["read-only", "closed"])
def test_where_nothing_may_be_written_no_backup_begins(mode: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        above = Path(folder) / "above"
        above.mkdir()
        Path(folder).chmod(0o755)
        above.chmod(mode)

        def work() -> None:
            if os.geteuid() == 0:
                os.setuid(NOBODY)
            with pytest.raises(CannotWrite, match="Permission denied"):
                Backup.open(above / "b", create=True)
            with pytest.raises(NoBackup):
                Backup.open(above / "b")
            with pytest.raises(NoBackup):
                verify(above / "b")

        assert in_a_child(work) == 0
        above.chmod(0o755)


def test_an_unfinished_commit_is_undone_by_the_next_writer(tmp_path: Path) -> None:
    save(tmp_path / "b", MAIL)
    with_unfinished_commit(tmp_path / "b")
    with Backup.open(tmp_path / "b", write=True) as backup:
        assert not backup.notes
        assert len(backup.known(ME)) == len(MAIL)
    assert contents(tmp_path / "b") == MAIL
    assert verify(tmp_path / "b").ok
