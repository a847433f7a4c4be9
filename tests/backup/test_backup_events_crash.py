"""kill -9, a power cut or a failing disk while events are noted: none that was safe is lost, none
names a message that is not there, and the next run ends where an undisturbed one does."""

from __future__ import annotations

import errno
import itertools
import random
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from disks import ME, Counts, Failing, Watched, in_a_child, killed_at, message
from gmailkit.backup.check import verify
from gmailkit.backup.events import Cursor, Gone, LabelList, Labels, Run
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.storage import Storage
from gmailkit.errors import CannotWrite, NoBackup
from power import Recorder

MAIL = [message(number, size=900) for number in range(120)]
WORK = {"Label_7": "Wörk"}
WANTED = {each.id: WORK if n % 3 == 0 else dict(each.labels) for n, each in enumerate(MAIL)}
LEFT = {each.id for n, each in enumerate(MAIL) if n % 10 == 1}  # what Gmail has no more


def run(path: Path, storage: Storage) -> None:
    """What a backup does: save what is new, note what differs, say at the end how it went."""
    with Backup.open(path, create=True, storage=storage) as backup:
        if not backup.latest(ME, LabelList):
            backup.note(LabelList(account=ME, labels=({"id": "Label_7", "name": "Wörk"},)))
        for start in range(0, len(MAIL), 40):
            for each in MAIL[start : start + 40]:
                backup.add(each)
            backup.flush()
            _note(backup, [each.id for each in MAIL[start : start + 40]])
        backup.note(Cursor(account=ME, history="1"))
        backup.note(Run(account=ME, mode="full", saved=len(MAIL)))


def _note(backup: Backup, ids: list[str]) -> None:
    gone = backup.gone(ME)
    for id in ids:
        if backup.labels(ME, id) != WANTED[id]:
            backup.note(Labels(account=ME, id=id, labels=WANTED[id]))
        if id in LEFT and id not in gone:
            backup.note(Gone(account=ME, id=id))


def check_broken_off(path: Path) -> None:
    """Nothing is damaged; every event is of a message that is there, and the index agrees."""
    if not (path / "gmailkit-backup.json").exists():
        return
    with suppress(NoBackup):
        found = verify(path)
        assert not found.damaged
        assert not found.missing
    with Backup.open(path) as backup:
        known = backup.known(ME)
        # What is safe and not in the index yet is seen when a writer has taken it in.
        of = [*backup.events(kind=Labels), *backup.events(kind=Gone)]
        assert {each.id for each in of} <= known


def check_finished(path: Path) -> None:
    with Backup.open(path) as backup:
        assert {entry.id: dict(entry.labels) for entry in backup.entries()} == WANTED
        assert set(backup.gone(ME)) == LEFT
        assert len(list(backup.events(kind=LabelList))) == 1
        last = list(backup.events())[-1]
        assert isinstance(last, Run)
        assert backup.latest(ME, Cursor) is not None
    assert verify(path).ok, verify(path)
    states = dump(path)
    rebuild(path, storage=Watched())
    assert dump(path) == states


def dump(path: Path) -> object:
    with Backup.open(path) as backup:
        return [(entry, backup.label_states(ME, entry.id)) for entry in backup.entries()]


def kill_at(step: int, path: Path) -> bool:
    with Counts() as counts:
        hook = killed_at(step, counts)
        ended = in_a_child(lambda: run(path, Watched(hook)))
    assert ended in (0, -signal.SIGKILL)
    return ended != 0


def kill_everywhere(folder: Path, *, first: int, every: int) -> int:
    for step in itertools.count(first, every):
        path = folder / str(step)
        if not kill_at(step, path):
            return step
        check_broken_off(path)
        run(path, Watched())
        check_finished(path)
        shutil.rmtree(path)
    raise AssertionError


def test_a_run_killed_while_it_notes_is_finished_by_the_next(quick_path: Path) -> None:
    assert kill_everywhere(quick_path, first=12, every=7) > 60


@pytest.mark.soak
def test_a_run_killed_at_any_step_while_it_notes_is_finished_by_the_next(quick_path: Path) -> None:
    print(f"killed at each of {kill_everywhere(quick_path, first=1, every=1)} steps")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_while_events_are_written_is_told(quick_path: Path, code: int) -> None:
    """Those steps alone that touch the events; the others have tests of their own."""
    steps: list[bool] = []
    run(quick_path / "whole", Watched(lambda _, path: steps.append("events" in path.parts)))
    of_events = [number for number, is_one in enumerate(steps, start=1) if is_one]
    assert len(of_events) > 8
    for step in of_events[:: 3 if code == errno.EIO else 2]:
        path, fault = quick_path / f"{step}", Failing(at=step, code=code)
        with pytest.raises(CannotWrite) as caught:
            run(path, Watched(fault))
        assert "events" in caught.value.message
        check_broken_off(path)
        run(path, Watched())
        check_finished(path)


def cut_power(folder: Path, seed: int, chance: float) -> int:
    recorder = Recorder(random.Random(seed), chance)
    run(folder / "whole", recorder)
    with Backup.open(folder / "whole") as backup:
        events = list(backup.events())
    for number, moment in enumerate(recorder.moments):
        path = folder / str(number)
        moment.lay_out(path, folder / "whole")
        with Backup.open(path, write=True, storage=Watched()) as backup:
            kept = list(backup.events())
            known = backup.known(ME)
        assert kept[: moment.noted] == events[: moment.noted]
        assert {each.id for each in kept if isinstance(each, Labels | Gone)} <= known
        run(path, Watched())
        check_finished(path)
        shutil.rmtree(path)
    return len(recorder.moments)


def test_events_that_were_safe_survive_a_power_cut(quick_path: Path) -> None:
    assert cut_power(quick_path, seed=3, chance=0.3) > 8


@pytest.mark.soak
def test_events_that_were_safe_survive_five_hundred_power_cuts(quick_path: Path) -> None:
    cuts = sum(cut_power(quick_path / str(seed), seed, 1.0) for seed in range(16))
    print(f"{cuts} power cuts")
    assert cuts >= 500
