"""What a search database keeps of a message, made from its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from gmailkit.attached.extractor import Extractor
from gmailkit.mime.parse import parse
from gmailkit.query import shelf
from gmailkit.query.document import Document
from gmailkit.query.row import row_of


class Job(msgspec.Struct, frozen=True, array_like=True):
    """A message to read: its key, when it came (seconds since 1970), its bytes."""

    key: int
    date: float
    raw: bytes


class Done(msgspec.Struct, frozen=True, array_like=True):
    """What was read of it; `unread` names each attached file that was not, and says why."""

    key: int
    row: shelf.Row
    unread: tuple[tuple[str, str], ...] = ()


Read = Callable[[Iterable[Job]], Iterator[Done]]
"""Reads messages in their order."""


def read_here(jobs: Iterable[Job]) -> Iterator[Done]:
    """In this process, but for attached files that only a library can read."""
    with Extractor() as extractor:
        for job in jobs:
            yield read(job, extractor)


def read(job: Job, extractor: Extractor) -> Done:
    """Never raises, as `parse` does not."""
    mail = parse(job.raw)
    files = [(each, answer) for each in mail.attachments if (answer := extractor.read(each))]
    document = Document.of(
        mail,
        labels=(),
        date=job.date,
        size=len(job.raw),
        attached=(answer.text for _, answer in files if answer.text),
    )
    unread = tuple((each.filename, answer.unread) for each, answer in files if answer.unread)
    return Done(job.key, row_of(document), unread)


def texts_of(raw: bytes) -> dict[str, str]:
    """The texts of a message, by the columns of the word index."""
    (done,) = read_here([Job(0, 0, raw)])
    return dict(zip(shelf.COLUMNS.values(), done.row.texts, strict=True))
