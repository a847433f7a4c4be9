"""The named facts of what a list shows: `--fields date,from` and `--format '{date} {from}'`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from string import Formatter
from typing import TYPE_CHECKING

import msgspec

from gmailkit.cli import screen
from gmailkit.errors import UsageError
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.model.conversation import Conversation
    from gmailkit.model.envelope import Envelope

Facts = Mapping[str, object]

OF_MESSAGES = (
    *("id", "thread_id", "date", "from", "to", "cc", "subject", "size", "snippet", "labels"),
    "message_id",
)
OF_LISTS = (
    *("key", "name", "address", "count", "unread", "read", "size", "date", "way", "where"),
    *("signed", "left"),
)
OF_CONVERSATIONS = ("id", "date", "people", "count", "subject", "unread", "labels", "newest")
_SPEC = re.compile(r"[<>^]?(\d{1,3})?(\.\d{1,4})?")


def of_message(found: Envelope, labels: tuple[str, ...]) -> dict[str, object]:
    return {
        "id": found.id,
        "thread_id": found.thread_id,
        "date": found.date,
        "from": found.sender,
        "to": found.to,
        "cc": found.cc,
        "subject": found.subject,
        "size": found.size,
        "snippet": found.snippet,
        "labels": labels,
        "message_id": found.message_id,
    }


def of_conversation(found: Conversation) -> dict[str, object]:
    return {name: getattr(found, name) for name in OF_CONVERSATIONS}


def as_text(value: object) -> str:
    """A fact for a program: times in UTC, several of something behind commas."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, tuple):
        return ", ".join(map(as_text, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def read_fields(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The names in "date,from,subject". UsageError for one that is not there."""
    names = tuple(name.strip().casefold() for name in text.split(",") if name.strip())
    if not names:
        raise UsageError("--fields names no field.", hint=_all(known))
    for name in names:
        _check(name, known, "--fields")
    return names


class Template(msgspec.Struct, frozen=True):
    """Text with named facts in it. Names only: nothing in it is looked up, called or computed."""

    parts: tuple[tuple[str, str, str], ...]  # text, name ("": none) and how to write it

    @classmethod
    def read(cls, text: str, known: Sequence[str]) -> Template:
        """UsageError for what is neither text nor a field, or for a format it cannot have."""
        try:
            parts = list(Formatter().parse(text))
        except ValueError as error:
            raise UsageError(
                f"--format cannot be read: {error}.", hint="A brace itself is {{ or }}."
            ) from None
        found = []
        for plain, name, spec, conversion in parts:
            if name is not None:
                _check(name, known, "--format")
            if conversion or not _fits(name, spec or ""):
                wanted = screen.visible(spec or conversion or "")
                raise UsageError(
                    f"--format cannot write {name} as {wanted!r}.",
                    hint="A date takes {date:%Y-%m-%d}, other fields a width: {subject:<40.40}.",
                )
            found.append((plain, name or "", spec or ""))
        return cls(tuple(found))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for _, name, _ in self.parts if name)

    def fill(self, facts: Facts) -> str:
        """One line: what is in the mail cannot add another, or steer a terminal."""
        return "".join(
            plain + (screen.visible(_written(facts[name], spec)) if name else "")
            for plain, name, spec in self.parts
        )


def _written(value: object, spec: str) -> str:
    if isinstance(value, datetime):
        return local(value).strftime(spec or "%Y-%m-%d %H:%M")
    return format(as_text(value), spec)


def _fits(name: str | None, spec: str) -> bool:
    if name != "date":
        return bool(_SPEC.fullmatch(spec))
    try:
        return not spec or bool(datetime.now(UTC).strftime(spec))
    except (ValueError, UnicodeError):
        return False


def _check(name: str, known: Sequence[str], option: str) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        shown = screen.visible(name)
        raise UsageError(f"{option}: there is no field {shown!r}.", hint=f"{meant}{_all(known)}")


def _all(known: Sequence[str]) -> str:
    return f"Fields: {', '.join(known)}."
