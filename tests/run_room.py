"""A mailbox of the sandbox, and what a backup that runs again and again says of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from fakes import ImpatientClock
from gmailkit.backup.folder import Backup
from gmailkit.sandbox import Sandbox

ME = "me@example.com"


START = datetime(2026, 1, 1, tzinfo=UTC)


class State(NamedTuple):
    labels: frozenset[str]
    gone: bool


class Later(ImpatientClock):
    """The real time and so much more."""

    def __init__(self) -> None:
        self.more = timedelta()

    def now(self) -> float:
        return time.time() + self.more.total_seconds()


def fill(sandbox: Sandbox, count: int, *, address: str = ME, **options: object) -> list[str]:
    return [
        sandbox.mail.put(
            address,
            f"From: a@example.com\r\nSubject: {n}\r\n\r\nBody {n} {options}\r\n".encode(),
            date=START + timedelta(minutes=n),
            **options,  # type: ignore[arg-type]
        )
        for n in range(count)
    ]


def states(folder: Path, account: str = ME) -> dict[str, State]:
    """What the backup says of each message now."""
    with Backup.open(folder) as saved:
        return {
            each.id: State(frozenset(each.labels.values()), each.gone is not None)
            for each in saved.entries()
            if each.account == account
        }


def truth(sandbox: Sandbox, *, hidden: bool = False) -> dict[str, State]:
    """What Gmail says, without Spam and Trash unless `hidden`."""
    every = {id: frozenset(sandbox.mail.labels_of(ME, id)) for id in sandbox.mail.ids(ME)}
    return {
        id: State(labels, gone=False)
        for id, labels in every.items()
        if hidden or not labels & {"SPAM", "TRASH"}
    }


def calls(sandbox: Sandbox, work: Callable[[], object]) -> list[str]:
    """What the work asks Gmail, as the last part of each address."""
    before = len(sandbox.requests)
    work()
    return [
        path.partition("?")[0].rpartition("/users/")[2] for _, path in sandbox.requests[before:]
    ]


def bodies(asked: list[str]) -> list[str]:
    return [path for path in asked if "/messages/" in path]


UNCHANGED = ["me/history", "me/labels"]  # all that such a run asks
