"""Troubles that the sink makes when it is told to."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal

from gmailkit.errors import UsageError

Kind = Literal["refuse", "later", "drop-before", "drop-after", "full", "reject"]
KINDS: dict[Kind, str] = {
    "refuse": "550 5.1.1 No such user",  # at RCPT
    "later": "451 4.2.1 Try again later",  # at RCPT
    "drop-before": "",  # the connection ends at DATA: nothing is taken
    "drop-after": "",  # it ends behind the dot: the message is taken and nobody is told
    "full": "452 4.3.1 No room at the moment",  # behind the dot
    "reject": "554 5.7.1 Not this one",  # behind the dot
}
_WITH_ADDRESS = ("refuse", "later")


@dataclass
class _Order:
    kind: Kind
    address: str = ""
    left: int | None = None  # times; None for as long as it runs


class Troubles:
    """From "later:ann@example.com:2,drop-after:1": kind, whom it meets, how often."""

    def __init__(self, orders: str = "") -> None:
        self._orders: list[_Order] = []
        self._lock = threading.Lock()
        self.add(orders)

    def add(self, orders: str) -> None:
        """UsageError for what is no trouble."""
        read = [_read(each.strip()) for each in orders.split(",") if each.strip()]
        with self._lock:
            self._orders += read

    def take(self, kind: Kind, address: str = "") -> bool:
        """Whether it happens now; one of a counted number is used up."""
        with self._lock:
            for order in self._orders:
                if order.kind != kind or order.left == 0:
                    continue
                if order.address in ("", address.casefold()):
                    order.left = None if order.left is None else order.left - 1
                    return True
        return False


def _read(text: str) -> _Order:
    kind, *rest = text.split(":")
    known = next((each for each in KINDS if each == kind), None)
    address = rest.pop(0).casefold() if rest and "@" in rest[0] else ""
    times = rest.pop(0) if rest else ""
    sound = times.isascii() and (times.isdigit() or not times)
    if known is None or rest or not sound or (address and known not in _WITH_ADDRESS):
        raise UsageError(
            f"There is no trouble {text!r}.",
            hint=f"One of {', '.join(KINDS)}, for refuse and later maybe :ADDRESS, maybe :TIMES.",
        )
    return _Order(known, address, int(times) if times else None)
