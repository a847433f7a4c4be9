"""kill -9 at every step of a run: after the next run nothing is lost, double or broken."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from disks import Counts, Watched, contents, in_a_child, killed_at, message, quiet_fork, save

from gmailkit.backup.check import verify
from gmailkit.backup.folder import rebuild
from gmailkit.backup.record import Record
from gmailkit.errors import NoBackup

MESSAGES = 300
LOST_AT_MOST = 50  # messages fetched again after a kill

Hook = Callable[..., None]
Run = Callable[[Path, Hook], None]


def mail() -> list[Record]:
    return [message(number) for number in range(MESSAGES)]


def backup_run(path: Path, hook: Hook) -> None:
    save(path, mail(), storage=Watched(hook), on_fetch=hook)


def half_is_there(path: Path) -> None:
    save(path, mail()[: MESSAGES // 2], storage=Watched())


def index_is_lost(path: Path) -> None:
    save(path, mail(), storage=Watched())
    (path / "index.sqlite3").unlink()


def rebuild_run(path: Path, hook: Hook) -> None:
    rebuild(path, storage=Watched(hook))


CASES = {
    "first run": (lambda path: None, backup_run),
    "second run": (half_is_there, backup_run),
    "run with a lost index": (index_is_lost, backup_run),
    "rebuild": (index_is_lost, rebuild_run),
}


def steps_of(path: Path, prepare: Callable[[Path], None], run: Run) -> int:
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    prepare(path)
    run(path, count)
    return steps


def check_kill(path: Path, step: int, run: Run) -> None:
    """Kill `run` at `step`, look, resume, compare with the run that was let alone."""
    wanted = MESSAGES - (len(contents(path)) if path.exists() else 0)
    with Counts() as counts:
        hook = killed_at(step, counts)
        assert in_a_child(lambda: run(path, hook)) == -signal.SIGKILL
        _, fetched = counts.read()
    with contextlib.suppress(NoBackup):  # killed before it was one
        found = verify(path)
        assert not found.damaged
        assert not found.missing
    fetched += save(path, mail(), storage=Watched())
    assert fetched - wanted <= LOST_AT_MOST
    assert contents(path) == mail()
    final = verify(path)
    assert final.ok, final
    assert final.messages == MESSAGES


def kill_at(case: str, folder: Path, *, every: int) -> int:
    prepare, run = CASES[case]
    steps = steps_of(folder / "whole", prepare, run)
    assert contents(folder / "whole") == mail()
    prepare(folder / "prepared")
    points = range(every, steps + 1, every)
    for step in points:
        path = folder / f"killed at {step}"
        if (folder / "prepared").exists():
            shutil.copytree(folder / "prepared", path)
        check_kill(path, step, run)
        shutil.rmtree(path)
    return len(points)


@pytest.mark.parametrize(
    ("case", "every"),
    [("first run", 5), ("second run", 13), ("run with a lost index", 3), ("rebuild", 3)],
)
def test_a_run_killed_at_some_step_is_finished_by_the_next(
    case: str, every: int, quick_path: Path
) -> None:
    assert kill_at(case, quick_path, every=every) >= 5


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES)
def test_a_run_killed_at_any_step_is_finished_by_the_next(case: str, quick_path: Path) -> None:
    points = kill_at(case, quick_path, every=1)
    print(f"{case}: killed at each of {points} steps")
    assert points >= 300 or case != "first run"


def killed_after(path: Path, seconds: float) -> bool:
    """Start a run of its own process, kill it after that time; False when it had finished."""
    with quiet_fork():
        child = os.fork()
    if child == 0:
        save(path, mail())
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def kill_at_random_moments(path: Path, kills: int, seed: int) -> None:
    """The same backup, killed again and again, always comes a little further."""
    moments = random.Random(seed)
    for _ in range(kills):
        killed_after(path, moments.uniform(0.001, 0.05))
        with contextlib.suppress(NoBackup):
            found = verify(path)
            assert not found.damaged
            assert not found.missing
    save(path, mail())
    assert contents(path) == mail()
    assert verify(path).ok


def test_a_run_killed_at_random_moments_is_finished_in_the_end(tmp_path: Path) -> None:
    kill_at_random_moments(tmp_path / "backup", kills=10, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_runs_killed_at_random_moments_are_finished_in_the_end(tmp_path: Path, seed: int) -> None:
    kill_at_random_moments(tmp_path / "backup", kills=20, seed=seed)
