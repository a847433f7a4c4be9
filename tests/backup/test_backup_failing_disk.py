"""A full or failing disk is told as such; what was saved stays, and the next run finishes."""

from __future__ import annotations

import errno
import itertools
import os
import resource
from pathlib import Path

import pytest

from disks import Failing, Watched, contents, in_a_child, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.stream import Gap, walk
from gmailkit.errors import CannotWrite, NoBackup

MAIL = [message(number) for number in range(120)]


def run_into(fault: Failing, path: Path) -> CannotWrite | None:
    """A run on a disk with that fault."""
    try:
        save(path, MAIL, storage=Watched(fault))
    except CannotWrite as error:
        return error
    return None


def is_sound(path: Path) -> bool:
    try:
        found = verify(path)
    except NoBackup:
        return not (path / "packs").exists()
    return not found.damaged and not found.missing


def check_fault(path: Path, fault: Failing) -> bool:
    """False when the run was over before the fault."""
    error = run_into(fault, path)
    if not fault.failed:
        assert error is None
        return False
    step, _ = fault.failed[0]
    if step != "truncate":  # that one only tidies up
        assert error is not None, f"{step} failed unseen"
    if error is not None:
        assert str(error.path) in error.message
        assert error.exit_code == 16
        assert is_sound(path), step
    fault.mended = True
    save(path, MAIL, storage=Watched(fault))
    assert contents(path) == MAIL
    assert verify(path).ok
    return True


FAULTS = {
    "full for a moment": {"code": errno.ENOSPC},
    "full": {"code": errno.ENOSPC, "lasting": True},
    "broken for a moment": {"code": errno.EIO},
    "broken": {"code": errno.EIO, "lasting": True},
    "forbidden": {"code": errno.EROFS, "lasting": True},
}


def fail_at(kind: str, folder: Path, *, every: int) -> int:
    """A fault at every so many steps of a run, each in a backup of its own."""
    done = 0
    for step in itertools.count(1, every):
        if not check_fault(folder / str(step), Failing(at=step, **FAULTS[kind])):
            return done
        done += 1
    return done


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_told_and_the_next_run_finishes(kind: str, quick_path: Path) -> None:
    assert fail_at(kind, quick_path, every=2 if kind == "full" else 5) > 5


@pytest.mark.soak
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_any_step_is_told_and_the_next_run_finishes(kind: str, quick_path: Path) -> None:
    points = fail_at(kind, quick_path, every=1)
    print(f"{kind}: at each of {points} steps")
    assert points > 35


def test_a_full_disk_names_the_file_and_the_bytes_needed(quick_path: Path) -> None:
    def full(step: str, path: Path) -> None:
        if step == "rest of write" and path.parent.name == "packs":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(CannotWrite) as caught:
        save(quick_path / "b", MAIL, storage=Watched(full))
    assert "packs/000001.mbox.zst: No space left on device (" in caught.value.message
    assert "bytes were needed)" in caught.value.message
    assert "Free some space" in caught.value.hint


def test_nothing_is_reported_saved_after_a_failed_write(quick_path: Path) -> None:
    fault = Failing(at=10**9)
    with (
        pytest.raises(CannotWrite),
        Backup.open(quick_path, create=True, storage=Watched(fault)) as backup,
    ):
        backup.add(MAIL[0])
        fault.at = fault.count + 1
        with pytest.raises(CannotWrite):
            backup.flush()
        with pytest.raises(CannotWrite, match="failed before"):
            backup.flush()
        backup.add(MAIL[1])
    assert contents(quick_path) == []


@pytest.mark.parametrize(("step", "left"), [("rest of write", 1), ("sync", 0)])
def test_what_a_failed_step_left_in_a_pack_is_cut_off_at_once(
    quick_path: Path, step: str, left: int
) -> None:
    """It frees the space; and after a failed fsync nobody knows what is on disk."""
    pack = quick_path / "b" / "packs" / "000001.mbox.zst"
    met = 0

    def fail(name: str, path: Path) -> None:
        nonlocal met
        if path == pack and name == step:
            met += 1
            if step == "sync" or met == 2:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(CannotWrite):
        save(quick_path / "b", MAIL, storage=Watched(fail))
    with pack.open("rb") as file:
        frames = list(walk(file, 0, pack.stat().st_size))
    assert len(frames) == left
    assert not any(isinstance(frame, Gap) for frame in frames)


def limited_to(size: int, path: Path) -> None:
    """Exits with 16 when files may not grow beyond `size` bytes and the run says so."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        save(path, MAIL)
    except CannotWrite as error:
        os._exit(error.exit_code)


@pytest.mark.parametrize("size", range(0, 120_000, 6_000))
def test_a_limit_set_by_the_system_is_told_too(size: int, quick_path: Path) -> None:
    path = quick_path / "b"
    assert in_a_child(lambda: limited_to(size, path)) == CannotWrite.exit_code
    assert is_sound(path)
    save(path, MAIL)
    assert contents(path) == MAIL
    assert verify(path).ok
