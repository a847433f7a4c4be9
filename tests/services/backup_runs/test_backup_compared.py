"""Once a week a run compares both sides: what history did not tell is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gmailkit.errors import (
    PartialError,
)
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from run_room import Later, State, fill, states, truth


class Silence(list[object]):
    """History that tells of nothing: as if its records had been lost."""

    gap = False
    history_id: int | None = None


def arriving(
    sandbox: Sandbox,
    gmail: Gmail,
    patch: pytest.MonkeyPatch,
    also: Callable[[], object] = lambda: None,
) -> list[str]:
    """A message comes before each time that history is asked, but for the first; what was done."""
    real, told = gmail.history.list, list[str]()

    def arrives(start: int) -> object:
        if told:
            told.extend(fill(sandbox, 1, labels=("IMPORTANT",)))
            also()
        told.append("asked")
        return real(start)

    patch.setattr(gmail.history, "list", arrives)
    return told


def silent(gmail: Gmail, patch: pytest.MonkeyPatch) -> None:
    real = gmail.history.list

    def list_nothing(start: int) -> Silence:
        changes = real(start)
        for _ in changes:
            pass
        nothing = Silence()
        nothing.history_id = changes.history_id
        return nothing

    patch.setattr(gmail.history, "list", list_nothing)


def test_once_a_week_what_history_did_not_tell_is_found_and_put_right(
    sandbox: Sandbox,
    gmail: Gmail,
    clock: Later,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = fill(sandbox, 12)
    gmail.backup(folder)
    gmail.label(ids=ids[:2], add=["STARRED"])
    gmail.messages.delete(ids[5])
    fill(sandbox, 1, labels=("IMPORTANT",))
    with monkeypatch.context() as patch:
        silent(gmail, patch)
        assert gmail.backup(folder).fetched == 0
    assert gmail.backup(folder).fetched == 0, "the next run cannot know"
    clock.more = timedelta(days=8)
    report = gmail.backup(folder)
    assert report.reconciled
    assert (report.reconciled.gmail, report.reconciled.backup) == (12, 12)
    assert (report.reconciled.mended, report.reconciled.differ) == (4, ())
    assert states(folder) == truth(sandbox) | {ids[5]: State(frozenset({"INBOX"}), gone=True)}
    assert gmail.backup(folder, reconcile=True).reconciled.mended == 0  # type: ignore[union-attr]


def test_what_comes_while_both_are_compared_is_not_left_to_the_next_comparison(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 3)
    gmail.backup(folder)
    gmail.label(ids=ids[:1], add=["STARRED"])
    with monkeypatch.context() as patch:
        silent(gmail, patch)
        gmail.backup(folder)
    with monkeypatch.context() as patch:
        told = arriving(sandbox, gmail, patch)
        report = gmail.backup(folder, reconcile=True)
    assert report.reconciled
    assert report.reconciled.mended == 1
    assert len(told) == 3, "history was not asked after the listing"
    gmail.backup(folder)
    assert states(folder) == truth(sandbox)


def test_a_message_that_history_knows_sooner_than_its_bytes_is_tried_again_after_a_comparison(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 3)
    gmail.backup(folder)
    gmail.label(ids=ids[:1], add=["STARRED"])
    with monkeypatch.context() as patch:
        silent(gmail, patch)
        gmail.backup(folder)

    def but_not_yet() -> None:
        sandbox.faults.next(404, reason="notFound", method="messages.get")

    with monkeypatch.context() as patch:
        arriving(sandbox, gmail, patch, but_not_yet)
        gmail.backup(folder, reconcile=True)
    assert states(folder).keys() == set(ids)
    assert gmail.backup(folder).fetched == 1
    assert states(folder) == truth(sandbox)


def test_a_message_that_is_listed_and_never_given_is_named_and_no_success(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 5)
    sandbox.faults.next(404, reason="notFound", method="messages.get", times=99)
    with pytest.raises(PartialError, match="Gmail holds 5 messages, the backup 0") as caught:
        gmail.backup(folder)
    assert caught.value.exit_code == 3
    assert sorted(each.item for each in caught.value.failed) == sorted(ids)
    with pytest.raises(PartialError, match="Gmail holds 5 messages, the backup 0"):
        gmail.backup(folder)
    gmail.backup(folder, query="subject:nothing")
    sandbox.faults.clear()
    gmail.messages.delete(ids[0])
    assert gmail.backup(folder).fetched == 4
    assert gmail.backup(folder).mode == "incremental"
