"""The row numbers of the last list, one list for each terminal.

`search`, `drafts`, `outbox` and `lists` write them down, and the next commands of the same terminal
and account take `3` for what stands in row 3. A number is never guessed: no list, an old list,
another account's list or a list of other things is an error that says so.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gmailkit.backup.place import url_of
from gmailkit.cli.state import State
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import SignInNeeded, UsageError
from gmailkit.model.service import GOOGLE
from gmailkit.paths import Home, read_private, write_private

if TYPE_CHECKING:
    from gmailkit.config import Settings

_BACKUP, _STORE = "the backup ", "the store "  # what an endpoint begins with that is no service
GOOD_FOR = 12 * 3600  # seconds; yesterday's numbers are no longer in anybody's head


class Kind(StrEnum):
    """What a list is of; the value is its plural."""

    MESSAGES = "messages"
    CONVERSATIONS = "conversations"
    DRAFTS = "drafts"
    OUTBOX = "outbox messages"
    LISTS = "mailing lists"

    @property
    def command(self) -> str:
        """What lists them."""
        return _COMMANDS[self]

    @property
    def hint(self) -> str:
        return f"List {self} first: {self.command}"


_COMMANDS = {
    Kind.MESSAGES: "gmailkit search QUERY",
    Kind.CONVERSATIONS: "gmailkit search QUERY --threads",
    Kind.DRAFTS: "gmailkit drafts",
    Kind.OUTBOX: "gmailkit outbox",
    Kind.LISTS: "gmailkit lists",
}


class _List(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    endpoint: str
    written: float
    rows: tuple[tuple[str, str], ...]  # id (in the outbox: key) and subject
    kind: Kind = Kind.MESSAGES


class Rows:
    """The list of one terminal, for who lists or names things of one kind.

    A terminal has one list, the last one, whatever it is of. `terminal` None (no terminal)
    remembers nothing.
    """

    def __init__(
        self,
        folder: Path,
        terminal: str | None,
        kind: Kind,
        *,
        endpoint: str = GOOGLE.endpoint,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        key = hashlib.sha256((terminal or "").encode()).hexdigest()[:16]
        self._path = folder / f"{key}.json" if terminal else None
        self._kind = kind
        self._endpoint = endpoint
        self._clock = clock

    @classmethod
    def here(cls, state: State, kind: Kind) -> Rows:
        if state.within:
            home = Home.find(os.environ)
            endpoint = _named(state.within)
        else:
            settings = state.settings()
            home = settings.home
            try:
                endpoint = _endpoint(settings)
            except SignInNeeded as error:
                last = cls(home.state / "rows", terminal_name(), kind)._last()
                if last and (within := _going_with(last.endpoint)):
                    error.hint = f"{within}For Gmail: {error.hint}"
                raise
        return cls(home.state / "rows", terminal_name(), kind, endpoint=endpoint)

    def save(self, account: str, rows: Iterable[tuple[str, str]]) -> None:
        self._write(
            _List(
                account=account,
                endpoint=self._endpoint,
                written=self._clock.now(),
                rows=tuple(rows),
                kind=self._kind,
            )
        )

    @property
    def are_last(self) -> bool:
        """Whether the last list of this terminal is of this kind."""
        last = self._last()
        return last is not None and last.kind == self._kind

    def rename(self, old: str, new: str) -> None:
        """The message of a row has another id now."""
        last = self._last()
        if last and any(id == old for id, _ in last.rows):
            rows = tuple((new if id == old else id, text) for id, text in last.rows)
            self._write(msgspec.structs.replace(last, rows=rows))

    def find(self, number: int, *, account: str) -> str:
        """The id of a row; UsageError when there is no such row, list or account, or when the last
        list was of other things.
        """
        last = self._read(number)
        if last.kind != self._kind:
            raise UsageError(
                f"Row {number} is from a list of {last.kind}, and this takes {self._kind}.",
                hint=self._kind.hint,
            )
        if last.endpoint != self._endpoint and (_within(last.endpoint) or _within(self._endpoint)):
            raise UsageError(
                f"Row {number} is from a list of {last.endpoint}, and this is {self._endpoint}.",
                hint=f"{_going_with(last.endpoint)}Here list again first: "
                f"{self._kind.command}{_within(self._endpoint)}",
            )
        if last.account != account:
            option = "--from" if last.endpoint.startswith(_BACKUP) else "--account"
            raise UsageError(
                f"Row {number} is from a list of {last.account}, and this is {account}.",
                hint=f"Add {option} {last.account}, or list again.",
            )
        if last.endpoint != self._endpoint:
            raise UsageError(
                f"Row {number} is from a list of {last.endpoint}, and this is {self._endpoint}.",
                hint=self._kind.hint,
            )
        if self._clock.now() - last.written > GOOD_FOR:
            raise UsageError(f"The list that row {number} is from is old.", hint=self._kind.hint)
        if not 1 <= number <= len(last.rows):
            raise UsageError(
                f"There is no row {number}: the last list has {len(last.rows)}.",
                hint=self._kind.hint,
            )
        return last.rows[number - 1][0]

    def _write(self, content: _List) -> None:
        if self._path:
            write_private(self._path, msgspec.json.encode(content))

    def _read(self, number: int) -> _List:
        last = self._last()
        if last is None:
            raise UsageError(
                f"{number} is a row number, and nothing was listed on this terminal.",
                hint=self._kind.hint,
            )
        return last

    def _last(self) -> _List | None:
        content = read_private(self._path) if self._path else None
        try:
            return msgspec.json.decode(content, type=_List) if content is not None else None
        except msgspec.MsgspecError:
            raise UsageError("The last list cannot be read.", hint=self._kind.hint) from None


def _named(place: Path | str) -> str:
    """A backup by its path from the root on, or its URL; any other store by its name."""
    if isinstance(place, str):
        return f"{_STORE}{place}"
    return f"{_BACKUP}{url_of(place) or place.expanduser().resolve()}"


def _within(endpoint: str) -> str:
    """What names the backup or store, as it is typed; "" where it is neither."""
    place = endpoint.removeprefix(_BACKUP).removeprefix(_STORE)
    return "" if place == endpoint else f" {shlex.join(('--in', place))}"


def _going_with(endpoint: str) -> str:
    within = _within(endpoint)
    return f"Its rows go with{within}. " if within else ""


def _endpoint(settings: Settings) -> str:
    """Which service the numbers are of: one address may have mailboxes at several."""
    from gmailkit.auth.accounts import Accounts

    if settings.access_token:
        return settings.endpoint or GOOGLE.endpoint
    return settings.kept_under(Accounts(settings.home).find(settings.account).service)


def terminal_name() -> str | None:
    """A name for the terminal this process belongs to, new for each session of it."""
    if os.name != "posix":
        return None
    for descriptor in (0, 1, 2):
        try:
            return f"{os.ttyname(descriptor)} {os.getsid(0)}"
        except OSError:
            continue
    return None
