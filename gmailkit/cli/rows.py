"""The row numbers of the last list, one list for each terminal.

`search` writes them down, and the next commands of the same terminal and account take `3` for the
message of row 3. A number is never guessed: no list, an old list or another account's list is an
error that says so.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from gmailkit.auth.accounts import Accounts
from gmailkit.cli.state import State
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.model.service import GOOGLE
from gmailkit.paths import read_private, write_private

GOOD_FOR = 12 * 3600  # seconds; yesterday's numbers are no longer in anybody's head
_SEARCH = "List messages first: gmailkit search QUERY"


class _List(msgspec.Struct, frozen=True, kw_only=True):
    account: str
    endpoint: str
    written: float
    rows: tuple[tuple[str, str], ...]  # id and subject


class Rows:
    """The list of one terminal; `terminal` None (no terminal) remembers nothing."""

    def __init__(
        self,
        folder: Path,
        terminal: str | None,
        *,
        endpoint: str = GOOGLE.endpoint,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        key = hashlib.sha256((terminal or "").encode()).hexdigest()[:16]
        self._path = folder / f"{key}.json" if terminal else None
        self._endpoint = endpoint
        self._clock = clock

    @classmethod
    def here(cls, state: State) -> Rows:
        settings = state.settings()
        return cls(settings.home.state / "rows", terminal_name(), endpoint=_endpoint(settings))

    def save(self, account: str, rows: Iterable[tuple[str, str]]) -> None:
        if self._path:
            content = _List(
                account=account,
                endpoint=self._endpoint,
                written=self._clock.now(),
                rows=tuple(rows),
            )
            write_private(self._path, msgspec.json.encode(content))

    def rename(self, old: str, new: str) -> None:
        """The message of a row has another id now."""
        last = self._last()
        if last and any(id == old for id, _ in last.rows):
            self.save(last.account, [(new if id == old else id, text) for id, text in last.rows])

    def find(self, number: int, *, account: str) -> str:
        """The id of a row; UsageError when there is no such row, list or account."""
        last = self._read(number)
        if last.account != account:
            raise UsageError(
                f"Row {number} is from a list of {last.account}, and this is {account}.",
                hint=f"Add --account {last.account}, or list again.",
            )
        if last.endpoint != self._endpoint:
            raise UsageError(
                f"Row {number} is from a list of {last.endpoint}, and this is {self._endpoint}.",
                hint=_SEARCH,
            )
        if self._clock.now() - last.written > GOOD_FOR:
            raise UsageError(f"The list that row {number} is from is old.", hint=_SEARCH)
        if not 1 <= number <= len(last.rows):
            raise UsageError(
                f"There is no row {number}: the last list has {len(last.rows)}.", hint=_SEARCH
            )
        return last.rows[number - 1][0]

    def _read(self, number: int) -> _List:
        last = self._last()
        if last is None:
            raise UsageError(
                f"{number} is a row number, and nothing was listed on this terminal.", hint=_SEARCH
            )
        return last

    def _last(self) -> _List | None:
        content = read_private(self._path) if self._path else None
        try:
            return msgspec.json.decode(content, type=_List) if content is not None else None
        except msgspec.MsgspecError:
            raise UsageError("The last list cannot be read.", hint=_SEARCH) from None


def _endpoint(settings: Settings) -> str:
    """Which service the numbers are of: one address may have mailboxes at several."""
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
