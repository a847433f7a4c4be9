"""Which messages a command works on: a query, ids, row numbers, or ids from stdin."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from gmailkit.cli.query_words import doubts
from gmailkit.cli.row_list import as_text, is_row, looks_like_rows, row_numbers
from gmailkit.cli.state import State
from gmailkit.errors import UsageError, to_type
from gmailkit.model.ids import is_id

if TYPE_CHECKING:
    from gmailkit.cli.plan import Which
    from gmailkit.cli.rows import Kind
    from gmailkit.gmail import Gmail
    from gmailkit.services.offline.mailbox import SavedMailbox
    from gmailkit.services.offline.stored import StoredMailbox

    Mailbox = Gmail | SavedMailbox | StoredMailbox

Does = tuple[frozenset[str], frozenset[str]]  # names of labels to add, to remove
_OPERATOR = re.compile(r"[-({]*(?:in|is|from|to|subject|has|label|category|(?:old|new)er_than):\S")


class Choice(msgspec.Struct, frozen=True):
    """Just one of the first two is not None, as `Gmail.plan_label` wants it. `threads`: the whole
    conversations of those are meant, and ids may be those of conversations. `kept` are the plans
    that named them on stdin, by the labels that each adds and removes.
    """

    query: str | None
    ids: tuple[str, ...] | None
    threads: bool = False
    kept: frozenset[Does] = frozenset()

    def check_kept(self, add: Iterable[str], remove: Iterable[str]) -> None:
        """UsageError where a plan that was kept is of a command that does something else."""
        if self.kept - {(frozenset(add), frozenset(remove))}:
            raise UsageError(
                "That plan is of a command that does something else.",
                hint="To do this to its messages, feed their ids: jq -r '.ids[]' plan.json",
            )


def choose(state: State, gmail: Mailbox, which: Which) -> Choice:
    """From the QUERY argument ("-" reads ids from stdin, 3 or 2-4,7 are rows, 16 hexadecimal digits
    an id) or --id options.

    Rows of a list of conversations, and the lines of one, mean whole conversations.
    """
    query, named = which.query, tuple(which.ids or ())
    if query is not None and named:
        raise UsageError("A QUERY and --id at once.", hint="Say which messages in one way only.")
    if query is None and not named:
        raise UsageError(
            "Say which messages: a QUERY, rows of the last list, or --id ID.",
            hint="A QUERY of - reads ids from stdin.",
        )
    if query == "-":
        read = read_ids(gmail.address)
        given = [
            _Named(message_id(state, gmail, each.id), conversation=True)
            if each.conversation
            else _named(state, gmail, each.id)
            for each in read
        ]
        kept = frozenset(each.plan for each in read if each.plan)
        return replace(_one_kind(given, which), kept=kept)
    if query is not None and is_id(query):
        return _one_kind([_named(state, gmail, query)], which)
    if query is not None and looks_like_rows(query):
        return _rows(state, gmail, query, which)
    if query is not None:
        doubts(state, query)
        return Choice(query, None, threads=which.threads)
    return _one_kind([_named(state, gmail, each) for each in named], which)


def _rows(state: State, gmail: Mailbox, text: str, which: Which) -> Choice:
    """Rows of the last list: "3", "2-4,7". UsageError when one is not there or `text` cannot be
    read.
    """
    from gmailkit.cli.rows import Kind, Rows

    numbers = row_numbers(text)
    conversations = Rows.here(state, Kind.CONVERSATIONS)
    threads = conversations.are_last
    last = conversations if threads else Rows.here(state, Kind.MESSAGES)
    try:
        ids = dict.fromkeys(last.find(each, account=gmail.address) for each in numbers)
    except UsageError as error:
        error.hint = f"{error.hint.removesuffix('.')}. {as_text(text)}"
        raise
    return Choice(None, tuple(ids), threads=threads or which.threads)


class _Named(msgspec.Struct, frozen=True):
    id: str
    conversation: bool = False
    plan: Does | None = None


def _named(state: State, gmail: Mailbox, text: str) -> _Named:
    if is_conversation(state, text):
        return _Named(thread_id(state, gmail, text), conversation=True)
    return _Named(message_id(state, gmail, text))


def _one_kind(given: Sequence[_Named], which: Which) -> Choice:
    """UsageError for messages among conversations, unless whole conversations are meant anyway."""
    kinds = {each.conversation for each in given}
    if len(kinds) > 1 and not which.threads:
        raise UsageError(
            "Some of those are conversations, and some are messages.",
            hint="Add --threads if the whole conversations of all of them are meant.",
        )
    ids = tuple(dict.fromkeys(each.id for each in given))
    return Choice(None, ids, threads=which.threads or kinds == {True})


def is_search(text: str) -> bool:
    """Whether it says which messages by an operator of the search, which no label begins with."""
    return bool(_OPERATOR.match(text))


def message_to_answer(state: State, gmail: Gmail, text: str) -> str:
    """The same; for the row of a conversation the message that an answer to it answers."""
    if is_conversation(state, text):
        return gmail.to_answer(thread_id(state, gmail, text))
    return message_id(state, gmail, text)


def message_id(state: State, gmail: Mailbox, text: str) -> str:
    """A message id as it was given, or the id of a row of the last list of messages."""
    from gmailkit.cli.rows import Kind

    if text and text.isascii() and text.isalnum() and not is_row(text):
        return text
    if isinstance(state.within, str) and text and not looks_like_rows(text):
        return text  # each kind of store has names of its own
    return row_id(state, gmail, text, Kind.MESSAGES, id="message id")


def thread_id(state: State, gmail: Mailbox, text: str) -> str:
    """The conversation of what was named: a row of either list, a message id or a thread id."""
    from gmailkit.cli.rows import Kind

    if is_conversation(state, text):
        return row_id(state, gmail, text, Kind.CONVERSATIONS, id="thread id")
    return gmail.thread_of(message_id(state, gmail, text))


def is_conversation(state: State, text: str) -> bool:
    """Whether it is the row of a conversation."""
    from gmailkit.cli.rows import Kind, Rows

    return is_row(text) and Rows.here(state, Kind.CONVERSATIONS).are_last


def row_id(state: State, gmail: Mailbox, text: str, kind: Kind, *, id: str) -> str:
    """What stands in a row of the last list, which was of this kind. UsageError otherwise; `id` is
    what one says besides a row number to name such a thing.
    """
    from gmailkit.cli.rows import Rows

    if looks_like_rows(text) and not is_row(text):
        raise UsageError(
            f"{text!r} is no single row, and this takes one.",
            hint=f"Name one row, or one {id}.",
        )
    if not is_row(text):
        raise UsageError(
            f"{text!r} is neither a {id} nor a row number.",
            hint=f"They come from: {kind.command}",
        )
    return Rows.here(state, kind).find(int(text), account=gmail.address)


def read_ids(account: str) -> list[_Named]:
    """Ids from stdin: one a line (up to a tab), as JSON lines or the document of a plan, or
    separated by NUL. UsageError for a plan of another account.
    """
    content = sys.stdin.read()
    lines = content.split("\0") if "\0" in content else content.splitlines()
    if content.startswith("{\n"):
        lines = [content]  # one document, over several lines
    return [each for line in lines if line.strip() for each in _read(line.strip(), account)]


def _read(line: str, account: str) -> Iterator[_Named]:
    if not line.startswith("{"):
        yield _Named(line.partition("\t")[0])
        return
    import msgspec

    try:
        facts = msgspec.json.decode(line)
        if "ids" in facts:  # a plan that was kept
            plan = _plan_of(facts, account)
            yield from (_Named(id, plan=plan) for id in facts["ids"])
        else:
            yield _Named(str(facts["id"]), conversation="newest" in facts)  # as only those tell it
    except (msgspec.MsgspecError, KeyError):
        raise UsageError(
            "A line of stdin is JSON without an id.", hint="Feed it: gmailkit search QUERY --json"
        ) from None


def _plan_of(facts: dict[str, Any], account: str) -> Does | None:
    """What it does; None for ids that say of no account whose they are."""
    if "account" not in facts:
        return None
    if facts["account"] != account:
        raise UsageError(
            f"That plan is of {facts['account']}, and this is {account}.",
            hint=f"Its account comes first: {to_type('--account', str(facts['account']))} ...",
        )
    return frozenset(facts.get("add", ())), frozenset(facts.get("remove", ()))
