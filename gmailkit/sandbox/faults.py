"""Troubles to come, ordered by a test: `sandbox.faults.next(503)`."""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gmailkit.errors import UsageError
from gmailkit.sandbox.fault import DRIP, TOLD, Fault, When, by_hand, of_kind
from gmailkit.sandbox.prices import PRICES
from gmailkit.sandbox.refusal import Refusal

__all__ = ["ANY_TROUBLE", "Faults", "When"]

_SPOKEN = {
    "imap": "append authenticate capability close copy create delete enable examine expunge fetch"
    " id idle list login lsub move namespace noop rename search select status store unselect",
    "pop3": "auth dele list pass quit retr stat top uidl user",
    "smtp": "auth bdat data ehlo mail quit rcpt rset",
}
OAUTH = ("authorize", "token", "revoke", "tokeninfo")
_NAMES = frozenset((*PRICES["new"], *OAUTH, "batch"))
# Commands of IMAP, POP3 and SMTP: no fault meets them that does not name them. UID is left out.
_COMMANDS = frozenset(
    f"{protocol}.{name}" for protocol, names in _SPOKEN.items() for name in names.split()
)
_NOT_BY_CHANCE = frozenset((*OAUTH, "home", "unknown"))

ANY_TROUBLE = ("429", "500", "503", "drop-before", "drop-after", "truncate")


@dataclass(frozen=True, slots=True)
class Chance:
    """Spoils a share of the requests; the same seed spoils the same ones."""

    share: float
    faults: tuple[Fault, ...]
    method: str | None
    dice: random.Random

    def take(self, method: str) -> Fault | None:
        meant = method not in _NOT_BY_CHANCE if self.method is None else method == self.method
        if not meant or self.dice.random() >= self.share:
            return None
        return self.dice.choice(self.faults)

    def __str__(self) -> str:
        kinds = "|".join(fault.kind for fault in self.faults)
        return f"{kinds}:{self.method or ''}:{self.share * 100:g}%"


class Faults:
    """A queue; each request takes the first fault that is meant for its method."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []
        self._chances: list[Chance] = []
        self._fired: Counter[str] = Counter()
        self._lock = threading.Lock()

    def next(
        self,
        fault: int | str,
        *,
        reason: str = "",
        message: str = "",
        times: int = 1,
        method: str | None = None,
        when: When = "before",
        retry_after: int | None = None,
        body: bytes | None = None,
        drip: int = DRIP,
    ) -> None:
        """Spoil the next `times` requests of `method` ("messages.get", "token"; None: any).

        `fault` is a word such as "drop-after" or "403-domainPolicy" (docs/sandbox.md lists them;
        then `reason`, `message`, `when`, `retry_after` and `body` say nothing), or a status.
        `when` "before": answer the status, nothing was done. "late": done, then the status.
        "drop": the connection closes, nothing was done; "after": done, then it closes. "reset" and
        "reset-after": the same, but torn down (TCP RST). "truncate": done, half of the answer
        arrives. "drip": `drip` bytes of the answer in a tenth of a second. `body` answers with
        that HTML, as a proxy would.

        Raises UsageError for a fault or method that does not exist.
        """
        if isinstance(fault, str):
            made = of_kind(fault)
        else:
            refusal = Refusal(fault, message or TOLD, reason=reason)
            made = by_hand(refusal, when, retry_after=retry_after, body=body)
        made = replace(made, method=_method(method), times=times, drip=drip)
        with self._lock:
            self._queue.append(made)

    def rate(
        self,
        share: float,
        *,
        seed: int = 0,
        kinds: Sequence[str] = ANY_TROUBLE,
        method: str | None = None,
    ) -> None:
        """Spoil that share of all requests (None: of the API's, OAuth's not) until `clear`.

        Raises UsageError for a fault or method that does not exist.
        """
        if not 0 <= share <= 1:
            raise UsageError(f"{share} is no share of all requests.", hint="0 to 1, such as 0.2.")
        dice = random.Random(seed)  # noqa: S311 - tests want the same faults again
        chance = Chance(share, tuple(of_kind(kind) for kind in kinds), _method(method), dice)
        with self._lock:
            self._chances.append(chance)

    def add(self, text: str) -> None:
        """Faults in a line: "503:messages.get:3,drop-after:messages.send,500::20%".

        Each is FAULT[:METHOD[:TIMES]]; no METHOD means any, TIMES may be a share of all requests.
        Raises UsageError for the first that makes no sense, and then adds none.
        """
        orders = [_read(order.strip()) for order in text.split(",") if order.strip()]
        for kind, method, times, share in orders:
            if share is None:
                self.next(kind, method=method, times=times)
            else:
                self.rate(share, kinds=[kind], method=method)

    def clear(self) -> None:
        """Call off what waits; what fired stays counted."""
        with self._lock:
            self._queue.clear()
            self._chances.clear()

    def reset(self) -> None:
        self.clear()
        with self._lock:
            self._fired.clear()

    @property
    def waiting(self) -> int:
        """Requests still to be spoilt, those by chance not counted."""
        with self._lock:
            return sum(fault.times for fault in self._queue)

    @property
    def orders(self) -> list[str]:
        """What waits, in the form that `add` takes."""
        with self._lock:
            return [*self._left(), *map(str, self._chances)]

    @property
    def idle(self) -> list[str]:
        """What was ordered and has not happened, with the times left; those by chance not counted.

        An order of three that two requests have met stands here with one.
        """
        with self._lock:
            return self._left()

    @property
    def fired(self) -> Counter[str]:
        """How often each has happened, by fault and method: {"503:messages.get": 3}."""
        with self._lock:
            return self._fired.copy()

    def take(self, method: str, *, by_name: bool = False) -> Fault | None:
        """`by_name`: only one that names the method."""
        with self._lock:
            fault = self._take(method, by_name=by_name)
            if fault is not None:
                self._fired[f"{fault.kind}:{method}"] += 1
            return fault

    def _left(self) -> list[str]:
        return [f"{fault.kind}:{fault.method or ''}:{fault.times}" for fault in self._queue]

    def _take(self, method: str, *, by_name: bool) -> Fault | None:
        for place, fault in enumerate(self._queue):
            if fault.method == method or (fault.method is None and not by_name):
                rest = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                self._queue[place : place + 1] = rest
                return fault
        chances = [one for one in self._chances if one.method is not None or not by_name]
        by_chance = (chance.take(method) for chance in chances)
        return next((fault for fault in by_chance if fault is not None), None)


def _method(name: str | None) -> str | None:
    """Without Google's prefix. A misspelt one would wait for ever."""
    plain = name.removeprefix("gmail.users.") if name is not None else None
    if plain is not None and plain not in _NAMES and plain not in _COMMANDS:
        raise UsageError(
            f"The sandbox has no method {name!r} to spoil.",
            hint="Such as messages.get, batch or token.",
        )
    return plain


_ORDER = re.compile(r"([^:]+)(?::([^:]*)(?::(?:(\d+)|(\d+(?:\.\d+)?)%))?)?")


def _read(text: str) -> tuple[str, str | None, int, float | None]:
    """Kind, method, times, share."""
    found = _ORDER.fullmatch(text)
    if found is None or found[3] == "0":
        raise UsageError(
            f"{text!r} is no order for a fault.",
            hint="FAULT[:METHOD[:TIMES]], such as 503:messages.get:3 or 500::20%.",
        )
    of_kind(found[1])
    share = float(found[4]) / 100 if found[4] else None
    if share is not None and share > 1:
        raise UsageError(f"{text!r} spoils more than all requests.", hint="At most 100%.")
    return found[1], _method(found[2] or None), int(found[3] or 1), share
