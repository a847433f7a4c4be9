"""Runs that end before all is done: what the next one does, and what it costs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from disks import Failing, Watched
from fakes import ImpatientClock
from gmailkit.backup.events import Run
from gmailkit.backup.folder import Backup
from gmailkit.config import Settings
from gmailkit.errors import (
    BudgetSpent,
    CannotWrite,
    GmailKitError,
    PartialError,
    ServerFault,
    TimeSpent,
    TryLater,
)
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.services.backup.run import backup
from run_room import ME, Later, State, fill, states, truth


def test_a_stopped_run_goes_on_for_half_of_the_units(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 200)
    whole = folder.with_name("whole")
    gmail.backup(whole)
    full = gmail.spent.units

    def stop(progress: object) -> None:
        if getattr(progress, "done", 0) >= 100:
            raise TryLater("stop")

    with pytest.raises(TryLater):
        gmail.backup(folder, on_progress=stop)
    before = gmail.spent.units
    report = gmail.backup(folder)
    assert report.fetched <= 100
    assert gmail.spent.units - before <= 0.52 * full + 20  # a page costs as much for 200 as for 500
    assert states(folder) == truth(sandbox)


def test_what_changed_between_a_stop_and_the_next_run_is_told_by_history(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    ids = fill(sandbox, 60)

    def stop(progress: object) -> None:
        if getattr(progress, "done", 0) >= 30:
            raise TryLater("stop")

    with pytest.raises(TryLater):
        gmail.backup(folder, on_progress=stop)
    kept = states(folder)
    assert 30 <= len(kept) < 60
    gmail.label(ids=[ids[-1], ids[0]], add=["STARRED"])
    gmail.messages.delete(ids[-2])
    report = gmail.backup(folder)
    assert report.fetched == 60 - len(kept)
    assert states(folder) == truth(sandbox) | {ids[-2]: State(kept[ids[-2]].labels, gone=True)}


def test_a_run_stops_when_its_time_is_over_and_saves_what_is_under_way(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 40)
    clock, now = gmail._clock, 0.0
    monkeypatch.setattr(clock, "monotonic", lambda: now)
    real = gmail.messages.get_raw
    got: list[str] = []

    def slow(id: str, **options: int) -> object:
        nonlocal now
        now += 300
        got.append(id)
        return real(id, **options)

    monkeypatch.setattr(gmail.messages, "get_raw", slow)
    with pytest.raises(TimeSpent, match=r"messages were copied, .* are left") as caught:
        gmail.backup(folder, at_most="1h")
    assert caught.value.exit_code == 8
    assert set(states(folder)) == set(got)
    assert 12 <= len(got) < 40
    with Backup.open(folder) as saved:
        run = saved.latest(ME, Run)
        assert run is not None
        assert run.stopped.startswith("The time of this run is over")
    left = 40 - len(got)
    assert gmail.backup(folder).fetched == left
    assert sorted(got) == sorted(ids), "a message was read twice"


def test_a_run_stops_when_its_units_are_spent_and_nothing_that_was_paid_for_is_lost(
    sandbox: Sandbox, settings_for: Callable[..., Settings], folder: Path
) -> None:
    from dataclasses import replace

    fill(sandbox, 40)
    limited = replace(settings_for(), budget=400)
    for _ in range(9):
        with Gmail(settings=limited, clock=ImpatientClock()) as gmail:
            try:
                gmail.backup(folder)
                break
            except BudgetSpent as error:
                assert error.exit_code == 8
    assert states(folder) == truth(sandbox)
    read = [path for _, path in sandbox.requests if "/messages/" in path]
    assert len(read) == len(set(read)) == 40


def test_who_allows_less_than_a_listing_takes_is_told_at_once_what_suffices(
    sandbox: Sandbox, settings_for: Callable[..., Settings], folder: Path
) -> None:
    from dataclasses import replace

    fill(sandbox, 3)
    for budget in (3, 16, 26):  # at the settings, at a listing, at the first message
        with Gmail(settings=replace(settings_for(), budget=budget)) as gmail:
            with pytest.raises(BudgetSpent) as caught:
                gmail.backup(folder / str(budget))
            said = re.search(r"allow at least ([\d,]+), and 20 for each message", caught.value.hint)
            assert said, caught.value.hint
            least = int(said[1].replace(",", ""))
        enough = replace(settings_for(), budget=least)
        with Gmail(settings=enough) as gmail, pytest.raises(BudgetSpent):
            gmail.backup(folder / str(budget))
        assert len(states(folder / str(budget))) == 1


def test_what_could_not_be_read_is_tried_again_by_runs_that_list_nothing(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 30)
    bad = set(ids[5:20])
    read = gmail.messages.get_raw

    def sometimes(id: str, **options: int) -> object:
        if id in bad:
            raise ServerFault("not this one")
        return read(id, **options)

    monkeypatch.setattr(gmail.messages, "get_raw", sometimes)
    for _ in range(3):  # ten in a row may be the service, so the first runs end early
        with pytest.raises(GmailKitError):
            gmail.backup(folder)
    assert set(states(folder)) == set(ids) - bad
    fill(sandbox, 1, labels=("IMPORTANT",))
    with pytest.raises(PartialError) as caught:
        gmail.backup(folder)
    assert {each.item for each in caught.value.failed} == bad
    monkeypatch.undo()
    assert gmail.backup(folder).fetched == 15
    assert states(folder) == truth(sandbox)


def test_a_run_that_dies_at_any_step_of_its_end_forgets_nothing_that_it_could_not_read(
    sandbox: Sandbox, gmail: Gmail, clock: Later, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sandbox, 2)
    gmail.backup(folder)
    fill(sandbox, 1, labels=("IMPORTANT",))
    for step in range(1, 200):
        dying = Failing(step, lasting=True)
        trial = folder.with_name(f"trial {step}")
        shutil.copytree(folder, trial)
        with monkeypatch.context() as patch:
            patch.setattr(gmail.messages, "get_raw", not_now)
            with pytest.raises((CannotWrite, PartialError)):
                backup(gmail._client, ME, trial, storage=Watched(dying), clock=clock)
        assert gmail.backup(trial).fetched == 1, step
        if not dying.failed:
            break
    assert step > 10


def not_now(id: str, **options: int) -> object:
    raise ServerFault("not this one")


def test_what_was_not_there_any_more_is_no_failure_of_later_runs(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 2)
    gmail.backup(folder)
    (id,) = fill(sandbox, 1, labels=("IMPORTANT",))
    sandbox.faults.next(404, reason="notFound", method="messages.get")
    assert gmail.backup(folder).gone == (id,)
    gmail.messages.delete(id)
    assert gmail.backup(folder, reconcile=True).gone == ()
    assert gmail.backup(folder).fetched == 0
    with Backup.open(folder) as saved:
        run = saved.latest(ME, Run)
        assert run is not None
        assert run.unread == ()
