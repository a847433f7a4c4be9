"""The base of everything that crosses the wire as JSON, and how its times and words are read.

Two kinds of field need more than a plain type:

- `Millis` is an aware datetime here and a string of epoch milliseconds there. To a type checker
  and to a caller it is `datetime` itself; only the decoder sees a type of its own.
- `Open[Literal[...]]` is a word of a list that Google may lengthen any day. To a type checker it
  is the Literal, so that writing is checked; when reading, any word is taken as it comes, so that
  a new one breaks nothing. A `match` on it needs a last `case _`.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import msgspec

from gmailkit.errors import UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
T = TypeVar("T")
_MILLISECOND = timedelta(milliseconds=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

if TYPE_CHECKING:
    _Words = TypeVar("_Words")
    Millis = datetime
    Open = Annotated[_Words, "open"]
else:

    class Millis(ABC):  # noqa: B024 - only for `register`
        """What the decoder takes for the type, so that it asks `read`."""

    Millis.register(datetime)

    class Open:
        """`Open[Literal[...]]` decodes as `str` and keeps the words for whoever looks."""

        def __class_getitem__(cls, words):
            return Annotated[str, words]


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A JSON object of the Gmail API: camelCase there, snake_case here, unknown keys ignored.

    Printed are the fields that are set, but for those in `hidden`: secrets and the text of mail.
    Each subclass repeats `frozen=True, kw_only=True`: mypy refuses it otherwise.
    """

    hidden: ClassVar[frozenset[str]] = frozenset()

    def __rich_repr__(self) -> list[tuple[str, object]]:
        fields = ((f.name, getattr(self, f.name), f.default) for f in msgspec.structs.fields(self))
        return [
            (name, "..." if name in self.hidden else value)
            for name, value, default in fields
            if value != default
        ]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"


def read(kind: type, value: object) -> object:
    """The decoder's hook: epoch milliseconds (a string, mostly) to a time in UTC."""
    if kind is Millis and isinstance(value, str | int):
        return from_millis(int(value))
    raise ValueError(f"{type(value).__name__} is no time")


def to_json(body: Shape | Mapping[str, object]) -> object:
    """`body` as plain JSON values; times become epoch milliseconds, as every writable one is."""
    return _written(msgspec.to_builtins(body, builtin_types=(datetime,)))


def from_json(raw: Mapping[str, Any], kind: type[T]) -> T:
    """Gmail's JSON as the type of it."""
    return msgspec.convert(raw, kind, strict=False, dec_hook=read)


def from_millis(millis: int) -> datetime:
    """The time, exact; beyond the years 1 to 9999 the nearest that there is."""
    try:
        return EPOCH + millis * _MILLISECOND
    except OverflowError:
        return _FIRST if millis < 0 else _LAST


def to_millis(time: datetime) -> int:
    """Epoch milliseconds; UsageError for a time without a zone, which could mean anything."""
    if time.tzinfo is None:
        raise UsageError(
            f"The time {time.isoformat()} has no time zone.",
            hint="Make it aware: datetime(2026, 12, 24, tzinfo=UTC), or .astimezone().",
        )
    return (time - EPOCH) // _MILLISECOND


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return str(to_millis(value))
    if isinstance(value, dict):
        return {key: _written(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_written(inner) for inner in value]
    return value
