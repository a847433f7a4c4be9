"""What a search database keeps of a message, made from its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from gmailkit.mime.parse import parse
from gmailkit.query import shelf
from gmailkit.query.document import Document
from gmailkit.query.labels import is_system


class Job(msgspec.Struct, frozen=True, array_like=True):
    """A message to read: its key, when it came (seconds since 1970), its bytes."""

    key: int
    date: float
    raw: bytes


class Done(msgspec.Struct, frozen=True, array_like=True):
    """What was read of it; `unread` says why each attached file was not that was not."""

    key: int
    row: shelf.Row
    unread: tuple[str, ...] = ()


def read(job: Job) -> Done:
    """Never raises, as `parse` does not."""
    document = Document.of(parse(job.raw), labels=(), date=job.date, size=len(job.raw))
    return Done(job.key, shelf.row_of(document))


def texts_of(raw: bytes) -> dict[str, str]:
    """The texts of a message, by the columns of the word index."""
    row = read(Job(0, 0, raw)).row
    return dict(zip(shelf.COLUMNS.values(), row.texts, strict=True))


def names(labels: Mapping[str, str]) -> frozenset[str]:
    """As a search looks for them: Gmail's own by id, a person's by name."""
    return frozenset(_names(labels.items()))


def _names(labels: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (id if is_system(id) else name for id, name in labels)
