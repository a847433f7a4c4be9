"""One writer at a time, any number of readers, and a killed writer leaves nothing behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from disks import Watched, contents, in_a_child, message, quiet_fork, save
from fakes import FakeClock
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.errors import BackupLocked

MAIL = [message(number) for number in range(60)]


@contextmanager
def another_writer(path: Path) -> Iterator[int]:
    """The id of a process that has the backup open for writing, until it is killed."""
    told, tell = os.pipe()
    with quiet_fork():
        child = os.fork()
    if child == 0:
        with Backup.open(path, create=True, clock=FakeClock(time=1_700_000_000)):
            os.write(tell, b"!")
            signal.pause()
    os.read(told, 1)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(told)
        os.close(tell)


def test_a_second_writer_is_told_at_once_who_is_first_and_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(seconds: float) -> None:
        raise AssertionError("it waits for the lock")

    path = tmp_path / "b"
    with another_writer(path) as pid:
        monkeypatch.setattr(time, "sleep", wait)
        with pytest.raises(BackupLocked, match=f"Process {pid} .*2023-11-14T22:13:20") as caught:
            Backup.open(path, write=True)
        assert str(path) in caught.value.message
        with pytest.raises(BackupLocked):
            rebuild(path)


def test_a_second_writer_of_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with (
        Backup.open(tmp_path / "b", create=True),
        pytest.raises(BackupLocked, match=f"Process {os.getpid()}"),
    ):
        Backup.open(tmp_path / "b", create=True)


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    with another_writer(tmp_path / "b"):
        pass
    save(tmp_path / "b", MAIL)
    assert contents(tmp_path / "b") == MAIL


def test_an_owners_file_that_says_nonsense_does_no_harm(tmp_path: Path) -> None:
    with another_writer(tmp_path / "b"):
        (tmp_path / "b" / "lock.json").write_text("[]")
        with pytest.raises(BackupLocked, match="Another process is writing"):
            Backup.open(tmp_path / "b", write=True)


def test_of_eight_runs_at_once_one_works_and_seven_are_locked_out(tmp_path: Path) -> None:
    path = tmp_path / "b"
    told, tell = os.pipe()
    locked_out, be_locked_out = os.pipe()

    def run() -> None:
        try:
            with Backup.open(path, create=True) as backup:
                for _ in range(7):  # the others come while it works
                    os.read(locked_out, 1)
                for each in MAIL:
                    backup.add(each)
            os.write(tell, b"w")
        except BackupLocked:
            os.write(be_locked_out, b"l")
            os.write(tell, b"l")

    children = []
    for _ in range(8):
        with quiet_fork():
            child = os.fork()
        if child == 0:
            run()
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert sorted(os.read(told, 100)) == sorted(b"wlllllll")
    assert contents(path) == MAIL


def test_readers_are_not_held_up_by_a_writer(quick_path: Path) -> None:
    """They read while it stands still in the middle of its work, where no waiting would help."""
    path = quick_path / "b"
    steps, seen = [], []

    def read(step: str, where: Path) -> None:
        if (path / "index.sqlite3").exists() and step != "index commit":
            steps.append(step)
            with Backup.open(path) as backup:
                entries = list(backup.entries())
                if entries:
                    backup.read(entries[0])
                seen.append(len(entries))

    save(path, MAIL, storage=Watched(read))
    assert len(seen) == len(steps) > 5
    assert seen == sorted(seen)


def test_a_reader_in_the_middle_does_not_stop_a_writer(quick_path: Path) -> None:
    """It comes to its end while the reader goes no further."""
    path = quick_path / "b"
    save(path, MAIL[:30])
    with Backup.open(path) as reader:
        entries = reader.entries()
        next(entries)
        save(path, MAIL)
        with Backup.open(path) as after:
            assert len(list(after.entries())) == len(MAIL)
        assert len(list(entries)) == 29


def test_a_fork_of_a_writer_does_not_free_its_lock(tmp_path: Path) -> None:
    with Backup.open(tmp_path / "b", create=True) as backup:
        backup.add(MAIL[0])
        assert in_a_child(lambda: None) == 0
        with pytest.raises(BackupLocked):
            Backup.open(tmp_path / "b", write=True)
