"""A backup to search in, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gmailkit import open_backup
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.model.ids import LabelId
from gmailkit.paths import Home
from gmailkit.services.offline.mailbox import SavedMailbox

ME = "me@example.com"
DAY = 86_400_000
START = 1_767_225_600_000  # 2026-01-01 UTC
Open = Callable[..., SavedMailbox]


def record(
    number: int,
    text: str,
    *,
    labels: Iterable[str] = ("INBOX",),
    day: int | None = None,
    thread: int | None = None,
    account: str = ME,
    sender: str = "Ann <ann@example.org>",
    headers: str = "",
) -> Record:
    """A message of that number, which came on that day of the year, one a day otherwise."""
    subject, _, body = text.partition("\n")
    raw = (
        f"From: {sender}\nTo: {account}\nSubject: {subject}\nMessage-ID: <{number}@mail.test>\n"
        f"{headers}\n{body}\n"
    ).encode()
    return Record(
        account=account,
        id=f"{number:016x}",
        thread=f"{number if thread is None else thread:016x}",
        date_ms=START + (number if day is None else day) * DAY,
        labels={LabelId(each if each.isupper() else f"Label_{each}"): each for each in labels},
        raw=raw,
    )


def save(path: Path, *records: Record) -> None:
    with Backup.open(path, write=True, create=True) as backup:
        for each in records:
            backup.add(each)


def numbers(mail: SavedMailbox, query: str = "", **more: object) -> list[int]:
    return [int(id, 16) for id in mail.ids(query, **more)]  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail.backup"


@pytest.fixture
def opened(folder: Path, tmp_path: Path) -> Open:
    """Opens the backup of `folder`; the cache is one of this test."""

    def open(**more: object) -> SavedMailbox:
        return open_backup(folder, home=Home.at(tmp_path / "home"), **more)  # type: ignore[arg-type]

    return open
