"""A backup on a file system that takes no locks, as a share of NFS without its lock service."""

from __future__ import annotations

import errno
import fcntl
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import CannotWrite
from gmailkit.paths import Home
from gmailkit.services.offline.mailbox import open_backup
from mailroom import ME, letter


@pytest.fixture
def share(quick_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The backup; whoever locks a file of it is told that there are no locks."""
    path = quick_path / "mail.backup"
    with Backup.open(path, create=True) as folder:
        for n in range(3):
            raw = letter(f"Letter {n}")
            folder.add(Record(account=ME, id=f"{n}", thread="1", date_ms=n, labels={}, raw=raw))

    def refused(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, *how: Any) -> Any:
            number = file if isinstance(file, int) else file.fileno()
            if Path(f"/proc/self/fd/{number}").readlink().is_relative_to(path):
                raise OSError(errno.ENOLCK, "No locks available")
            return real(file, *how)

        return call

    monkeypatch.setattr(fcntl, "flock", refused(fcntl.flock))
    monkeypatch.setattr(fcntl, "lockf", refused(fcntl.lockf))
    return path


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux which file it is")
def test_it_is_read_and_searched_there_and_not_written(share: Path, quick_path: Path) -> None:
    locked = sqlite3.connect(share / "index.sqlite3", isolation_level=None)
    locked.execute("BEGIN EXCLUSIVE")  # so whoever asked SQLite for a lock would wait
    with Backup.open(share) as folder:
        assert [folder.read(each).id for each in folder.entries()] == ["0", "1", "2"]
    assert verify(share).ok
    with open_backup(share, home=Home.at(quick_path / "home")) as mail:
        assert mail.count("subject:letter").number == 3
        assert "home/cache" in mail.notes[-1]
    locked.close()
    before = sorted(each.name for each in share.iterdir())
    with pytest.raises(CannotWrite, match="No locks available") as caught:
        Backup.open(share, write=True)
    assert "takes no locks" in caught.value.hint
    assert sorted(each.name for each in share.iterdir()) == before
