"""kill -9, a full disk and others at work while a store is added to: nothing torn, lost, twice."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from disks import Counts, in_a_child, killed_at
from gmailkit.errors import BackupLocked, CannotWrite
from gmailkit.model.item import Item
from gmailkit.stores.door import Door, Step, unwatched
from gmailkit.stores.eml import ZipTarget
from store_room import MAIL, PLACES, WANTED, contents, copied


def steps_of(place: str, path: Path) -> list[str]:
    """What a run does that nothing disturbs."""
    steps: list[str] = []
    path.mkdir()
    copied(place, path, lambda step, path: steps.append(step))
    return steps


KILLED = -signal.SIGKILL
PARTS = ("tmp", ".gmailkit-parts")


def kill_at(place: str, folder: Path, *, every: int) -> int:
    """Kill a run at every so many steps, look, run again, look."""
    points = list(range(1, len(steps_of(place, folder / "whole")) + 1))[::every]
    for number in points:
        path = folder / f"{number}"
        path.mkdir()
        with Counts() as counts:
            hook = killed_at(number, counts)
            assert in_a_child(lambda path=path, hook=hook: copied(place, path, hook)) == KILLED
        assert all(labels <= WANTED[raw] for raw, labels in contents(place, path).items())
        copied(place, path)
        assert contents(place, path) == WANTED
        assert [each for each in path.rglob("*") if each.parent.name in PARTS] == []
    return len(points)


@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_at_some_step_is_finished_by_the_next(place: str, quick_path: Path) -> None:
    assert kill_at(place, quick_path, every=5) > 3


@pytest.mark.soak
@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_at_any_step_is_finished_by_the_next(place: str, quick_path: Path) -> None:
    assert kill_at(place, quick_path, every=1) > 15


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("place", PLACES)
def test_a_disk_that_fails_at_any_step_is_told_and_the_next_run_finishes(
    place: str, code: int, quick_path: Path
) -> None:
    steps = steps_of(place, quick_path / "whole")
    for number in range(1, len(steps) + 1, 3):
        path, done = quick_path / f"{number}", iter(range(1, 10_000))

        def fails(step: str, where: Path, at: int = number, done: object = done) -> None:
            if next(done) >= at:  # type: ignore[call-overload]
                raise OSError(code, os.strerror(code), str(where))

        path.mkdir()
        with pytest.raises(CannotWrite, match=os.strerror(code)):
            copied(place, path, fails)
        copied(place, path)
        assert contents(place, path) == WANTED


@pytest.mark.parametrize("place", PLACES)
def test_two_runs_do_not_write_at_once(place: str, quick_path: Path) -> None:
    with PLACES[place](quick_path, unwatched) as store:
        store.add(MAIL[0])

        def second() -> None:
            with pytest.raises(BackupLocked, match=str(quick_path)):
                PLACES[place](quick_path, unwatched)

        second()  # not in the same process either
        assert in_a_child(second) == 0
    assert len(contents(place, quick_path)) == 1


def test_a_zip_file_whose_run_was_killed_at_its_very_end_is_not_written_over(
    quick_path: Path,
) -> None:
    def zipped(item: Item, step: Step = unwatched) -> None:
        with ZipTarget(quick_path / "mail.zip", step=step) as target:
            target.add(item)

    def dies(step: str, path: Path) -> None:
        if step == "remove":
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_a_child(lambda: zipped(MAIL[1], dies)) == KILLED
    whole = (quick_path / "mail.zip").rename(quick_path / "moved.zip").read_bytes()
    zipped(MAIL[0])
    assert (quick_path / "moved.zip").read_bytes() == whole
    assert {each.name for each in quick_path.iterdir()} == {"moved.zip", "mail.zip"}


@pytest.mark.parametrize("place", PLACES)
def test_links_are_not_followed(place: str, quick_path: Path) -> None:
    elsewhere = quick_path / "elsewhere"
    (elsewhere / "cur").mkdir(parents=True)
    mail = quick_path / "mail"
    if place == "mbox":
        (quick_path / "mail.mbox").symlink_to(elsewhere / "file")
    else:
        copied(place, quick_path)
        folder = mail / (".Work" if place == "maildir" else "undated")
        folder.rename(quick_path / "away")
        folder.symlink_to(elsewhere)
    with pytest.raises(CannotWrite):
        copied(place, quick_path)
    assert [each.name for each in elsewhere.rglob("*")] == ["cur"]


@pytest.mark.parametrize("place", PLACES)
def test_a_store_goes_on_after_a_step_that_failed(place: str, quick_path: Path) -> None:
    failing = iter([False, True])

    def fails(step: str, where: Path) -> None:
        if step in ("write", "append") and next(failing, False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with PLACES[place](quick_path, fails) as store:
        with pytest.raises(CannotWrite):
            store.add(MAIL[2])
            store.flush()
        store.add(MAIL[2])
    assert contents(place, quick_path) == {MAIL[2].content.bytes: MAIL[2].labels}


# -- disks without hard links


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)


@pytest.mark.usefixtures("no_links")
@pytest.mark.parametrize("place", PLACES)
def test_a_disk_without_hard_links_keeps_each_message_whole(place: str, quick_path: Path) -> None:
    copied(place, quick_path)
    assert contents(place, quick_path) == WANTED
    assert not list(quick_path.glob(".*"))


@pytest.mark.usefixtures("no_links")
@pytest.mark.parametrize("way", ["place", "replace"])
def test_what_appears_in_the_last_moment_is_not_written_over(
    way: str, quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, taken = quick_path / "part", quick_path / "taken"
    part.write_bytes(b"ours")
    taken.write_bytes(b"theirs")
    monkeypatch.setattr(os.path, "lexists", lambda path: False)  # as it was a moment ago
    with pytest.raises(CannotWrite, match="File exists"):
        if way == "place":
            Door().place(part, taken, parts=quick_path)
        else:
            Door().replace(part, taken)
    assert taken.read_bytes() == b"theirs"


@pytest.mark.usefixtures("no_links")
def test_a_system_that_cannot_rename_so_looks_first(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *words, **more: object())
    (quick_path / "part").write_bytes(b"ours")
    Door().replace(quick_path / "part", quick_path / "new")
    (quick_path / "part").write_bytes(b"another")
    with pytest.raises(CannotWrite, match="File exists"):
        Door().replace(quick_path / "part", quick_path / "new")
    assert (quick_path / "new").read_bytes() == b"ours"
