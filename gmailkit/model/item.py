"""A message on its way from one place where mail lives to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, auto
from typing import NewType

from gmailkit.model.content import Content

Ref = NewType("Ref", str)  # what one store calls a message; the same in every run


class Can(Flag):
    """What a kind of store keeps of a message beside its text, which is lost on the way there where
    it is missing; and what it can do.
    """

    BYTES = auto()  # exactly those it was given
    LABELS = auto()
    FLAGS = auto()
    DATE = auto()  # when it was received
    THREADS = auto()
    WRITE = auto()  # takes messages
    DELETE = auto()  # lets them be taken away one by one
    SEARCH = auto()  # answers a search by itself; elsewhere each message is read for it
    WATCH = auto()  # tells of what arrives


KEPT = Can.BYTES | Can.LABELS | Can.FLAGS | Can.DATE | Can.THREADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The exact bytes, and what a store knows of them.

    `labels` are names as Gmail shows them; system labels stand by their ids ("INBOX", "SENT").
    `flags` are those of `model.flags`; `received` is an aware time, `thread` the store's own name
    of the conversation, "" where it knows none. `id` is Gmail's of the message, in hexadecimal
    digits as its API writes it, where the store is a mailbox of Gmail; `origin` whence its bytes
    came if not from where they are said to be: they are unproven then.
    """

    content: Content = field(repr=False)
    labels: frozenset[str] = frozenset()
    flags: frozenset[str] = frozenset()
    received: datetime | None = None
    thread: str = ""
    id: str = ""
    origin: str = ""

    @classmethod
    def of(
        cls,
        raw: bytes,
        *,
        labels: frozenset[str] = frozenset(),
        flags: frozenset[str] = frozenset(),
        received: datetime | None = None,
    ) -> Item:
        return cls(content=Content.of(raw), labels=labels, flags=flags, received=received)
