"""Which messages a command works on: a query, ids, row numbers, or ids from stdin."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.cli.rows import Kind
    from gmailkit.gmail import Gmail

MOST_DIGITS = 5  # ids are 16 digits of hexadecimal, so a short decimal number is a row
_SPAN = rf"\d{{1,{MOST_DIGITS}}}(?:-\d{{1,{MOST_DIGITS}}})?"
ROWS = re.compile(rf"{_SPAN}(?:\s*,\s*{_SPAN})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choice:
    """Just one of the two is not None, as `Gmail.plan_label` wants it."""

    query: str | None
    ids: tuple[str, ...] | None


def choose(state: State, gmail: Gmail, query: str | None, ids: Iterable[str] | None) -> Choice:
    """From the QUERY argument ("-" reads ids from stdin, 3 or 2-4,7 are rows) or --id options."""
    named = tuple(ids or ())
    if query is not None and named:
        raise UsageError("A QUERY and --id at once.", hint="Say which messages in one way only.")
    if query is None and not named:
        raise UsageError(
            "Say which messages: a QUERY, rows of the last list, or --id ID.",
            hint="A QUERY of - reads ids from stdin.",
        )
    if query == "-":
        named = tuple(read_ids())
    elif query is not None and ROWS.fullmatch(query):
        return Choice(None, rows(state, gmail, query))
    elif query is not None:
        doubts(state, query)
        return Choice(query, None)
    return Choice(None, tuple(message_id(state, gmail, each) for each in named))


def rows(state: State, gmail: Gmail, text: str) -> tuple[str, ...]:
    """The ids of rows of the last list: "3", "2-4,7". UsageError when one is not there."""
    from gmailkit.cli.rows import Kind, Rows

    last = Rows.here(state, Kind.MESSAGES)
    found: dict[str, None] = {}
    try:
        for span in text.split(","):
            first, _, end = span.strip().partition("-")
            for number in range(int(first), int(end or first) + 1):
                found[last.find(number, account=gmail.address)] = None
    except UsageError as error:
        error.hint += f". To search for the text, quote it: '\"{text}\"'"
        raise
    return tuple(found)


def doubts(state: State, query: str) -> None:
    """Say what in a query is legal but probably not meant."""
    from gmailkit.query.advice import advice

    for doubt in advice(query):
        state.out.say(doubt)


def message_id(state: State, gmail: Gmail, text: str) -> str:
    """A message id as it was given, or the id of a row of the last list of messages."""
    from gmailkit.cli.rows import Kind

    if text and text.isascii() and text.isalnum() and not _is_row(text):
        return text
    return row_id(state, gmail, text, Kind.MESSAGES, id="message id")


def thread_id(state: State, gmail: Gmail, text: str) -> str:
    """The conversation of what was named: a row of either list, a message id or a thread id."""
    from gmailkit.cli.rows import Kind

    if is_conversation(state, text):
        return row_id(state, gmail, text, Kind.CONVERSATIONS, id="thread id")
    return gmail.thread_of(message_id(state, gmail, text))


def is_conversation(state: State, text: str) -> bool:
    """Whether it is the row of a conversation."""
    from gmailkit.cli.rows import Kind, Rows

    return _is_row(text) and Rows.here(state, Kind.CONVERSATIONS).are_last


def row_id(state: State, gmail: Gmail, text: str, kind: Kind, *, id: str) -> str:
    """What stands in a row of the last list, which was of this kind. UsageError otherwise; `id` is
    what one says besides a row number to name such a thing.
    """
    from gmailkit.cli.rows import Rows

    if not _is_row(text):
        raise UsageError(
            f"{text!r} is neither a {id} nor a row number.",
            hint=f"They come from: {kind.command}",
        )
    return Rows.here(state, kind).find(int(text), account=gmail.address)


def _is_row(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def read_ids() -> list[str]:
    """Ids from stdin: one a line (up to a tab), as JSON lines, or separated by NUL."""
    content = sys.stdin.read()
    lines = content.split("\0") if "\0" in content else content.splitlines()
    return list(dict.fromkeys(_id(line.strip()) for line in lines if line.strip()))


def _id(line: str) -> str:
    if not line.startswith("{"):
        return line.partition("\t")[0]
    import msgspec

    try:
        return str(msgspec.json.decode(line)["id"])
    except (msgspec.MsgspecError, KeyError):
        raise UsageError(
            "A line of stdin is JSON without an id.", hint="Feed it: gmailkit search QUERY --json"
        ) from None
