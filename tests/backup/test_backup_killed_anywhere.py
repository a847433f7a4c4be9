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
from gmailkit.errors import NoBackup

MESSAGES = 300
LOST_AT_MOST = 50  # messages fetched again after a kill
# The first half fits fifty times into a frame, of the second half several frames make a commit.
MAIL = [message(n, size=300 if n < MESSAGES // 2 else 4000) for n in range(MESSAGES)]

Hook = Callable[..., None]
Run = Callable[[Path, Hook], None]


def backup_run(path: Path, hook: Hook) -> None:
    save(path, MAIL, storage=Watched(hook), on_fetch=hook)


def half_is_there(path: Path) -> None:
    save(path, MAIL[: MESSAGES // 2], storage=Watched())


def index_is_lost(path: Path) -> None:
    save(path, MAIL, storage=Watched())
    (path / "index.sqlite3").unlink()


def rebuild_run(path: Path, hook: Hook) -> None:
    rebuild(path, storage=Watched(hook))


CASES = {
    "first run": (lambda path: None, backup_run),
    "second run": (half_is_there, backup_run),
    "run with a lost index": (index_is_lost, backup_run),
    "rebuild": (index_is_lost, rebuild_run),
}


def steps_of(path: Path, prepare: Callable[[Path], None], run: Run) -> list[str]:
    """What a run does that nothing disturbs, step by step."""
    steps: list[str] = []
    prepare(path)
    run(path, lambda step, _: steps.append(step))
    assert contents(path) == MAIL
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
    fetched += save(path, MAIL, storage=Watched())
    assert fetched - wanted <= LOST_AT_MOST
    assert contents(path) == MAIL
    final = verify(path)
    assert final.ok, final
    assert final.messages == MESSAGES


def kill_at(case: str, folder: Path, *, every: int, every_fetch: int) -> int:
    """Kill a run at every so many steps on the disk and at every so many fetches."""
    prepare, run = CASES[case]
    steps = steps_of(folder / "whole", prepare, run)
    numbered = list(enumerate(steps, start=1))
    points = [number for number, step in numbered if step != "fetch"][::every]
    points += [number for number, step in numbered if step == "fetch"][::every_fetch]
    prepare(folder / "prepared")
    for number in points:
        path = folder / f"killed at {number}"
        if (folder / "prepared").exists():
            shutil.copytree(folder / "prepared", path)
        check_kill(path, number, run)
        shutil.rmtree(path)
    return len(points)


@pytest.mark.parametrize("case", CASES)
def test_a_run_killed_at_some_step_is_finished_by_the_next(case: str, quick_path: Path) -> None:
    assert kill_at(case, quick_path, every=3, every_fetch=58) > 5


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES)
def test_a_run_killed_at_any_step_is_finished_by_the_next(case: str, quick_path: Path) -> None:
    points = kill_at(case, quick_path, every=1, every_fetch=1)
    print(f"{case}: killed at each of {points} steps")
    assert points >= 300 or case != "first run"


def killed_after(path: Path, seconds: float) -> bool:
    """Start a run of its own process, kill it after that time; False when it had finished."""
    with quiet_fork():
        child = os.fork()
    if child == 0:
        save(path, MAIL)
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
    save(path, MAIL)
    assert contents(path) == MAIL
    assert verify(path).ok


def test_a_run_killed_at_random_moments_is_finished_in_the_end(tmp_path: Path) -> None:
    kill_at_random_moments(tmp_path / "backup", kills=10, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_runs_killed_at_random_moments_are_finished_in_the_end(tmp_path: Path, seed: int) -> None:
    kill_at_random_moments(tmp_path / "backup", kills=20, seed=seed)
