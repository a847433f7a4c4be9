"""How many bytes of mail may go over a connection: some servers give so many a day."""

from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    def check(self) -> None:
        """Before each command. Raises DailyLimit when no more may be asked for, or waits."""

    def down(self, size: int) -> None:
        """So many bytes came."""

    def up(self, size: int) -> None:
        """So many bytes left."""

    def left(self) -> int | None:
        """How many may still come today; None where nobody counts them."""

    def daily(self) -> int | None:
        """How many may come on a day."""


class Unmetered:
    def check(self) -> None: ...

    def down(self, size: int) -> None: ...

    def up(self, size: int) -> None: ...

    def left(self) -> int | None:
        return None

    def daily(self) -> int | None:
        return None


UNMETERED: Meter = Unmetered()
