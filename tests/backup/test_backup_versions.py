"""Backups of every format there ever was are read as they are, and written on as the newest."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from disks import ME, Counts, Watched, contents, in_a_child, killed_at, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.events import Labels
from gmailkit.backup.folder import Backup

FORMATS = Path(__file__).parent / "formats"
MAIL = [message(number, size=400) for number in range(12)]
MORE = [message(number, size=400) for number in range(12, 20)]


@pytest.fixture(params=[1, 2])
def old(request: pytest.FixtureRequest, quick_path: Path) -> Path:
    """A folder as the gmailkit that wrote this format left it."""
    return Path(shutil.copytree(FORMATS / f"version-{request.param}", quick_path / "b"))


def marker(path: Path) -> dict[str, object]:
    return dict(json.loads((path / "gmailkit-backup.json").read_bytes()))


def long_there(path: Path) -> int:
    """Messages that were there in 1990, for all we know: in version 1 nobody wrote down when."""
    return len(MAIL) if marker(path)["version"] == 1 else 0


def files(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def test_an_old_backup_is_read_and_left_as_it_is(old: Path) -> None:
    before = files(old)
    assert contents(old) == MAIL
    found = verify(old)
    assert found.ok, found
    assert found.messages == len(MAIL)
    with Backup.open(old, as_of=datetime(1990, 1, 1, tzinfo=UTC)) as backup:
        assert len(backup.known(ME)) == long_there(old)
    assert files(old) == before


def test_an_old_backup_is_written_on_in_the_newest_format(old: Path) -> None:
    before, long = marker(old), long_there(old)
    assert save(old, MAIL + MORE, storage=Watched()) == len(MORE)
    assert marker(old)["version"] == 3
    assert marker(old)["created"] == before["created"]
    assert "format 3" in (old / "README.txt").read_text()
    with Backup.open(old, write=True, storage=Watched()) as backup:
        assert backup.notes == ()
        backup.note(Labels(account=ME, id=MAIL[0].id, labels={}))
    assert contents(old)[1:] == (MAIL + MORE)[1:]
    with Backup.open(old, as_of=datetime(1990, 1, 1, tzinfo=UTC)) as backup:
        assert backup.known(ME) == {each.id for each in MAIL[:long]}
        if not long:
            return
        assert backup.labels(ME, MAIL[0].id) == MAIL[0].labels
    assert verify(old).ok


def killed_run(path: Path, step: int) -> int:
    """0 when it was over before that step."""
    with Counts() as counts:
        hook = killed_at(step, counts)
        return in_a_child(lambda: save(path, MAIL + MORE, storage=Watched(hook)))


def test_a_change_of_format_killed_at_any_step_is_finished_by_the_next_run(old: Path) -> None:
    for step in itertools.count(1):
        path = Path(shutil.copytree(old, old.parent / str(step)))
        ended = killed_run(path, step)
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        assert not verify(path).damaged
        with contextlib.closing(Backup.open(path)) as backup:
            assert backup.known(ME) >= {each.id for each in MAIL}
        save(path, MAIL + MORE, storage=Watched())
        assert contents(path) == MAIL + MORE
        assert marker(path)["version"] == 3
        assert verify(path).ok, verify(path)
    assert step > 20
