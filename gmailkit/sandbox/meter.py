"""Counts what every user spends, and refuses what is too much."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gmailkit.clock import Clock
from gmailkit.sandbox.limits import (
    NO_LIMITS,
    Limits,
    minute_spent,
    seconds_spent,
    sending_paused,
    too_many_at_once,
)
from gmailkit.sandbox.prices import PRICES
from gmailkit.sandbox.refusal import Refusal

MINUTE = 60.0
# Open: over how long Google averages "250 units per second, moving average"; short bursts were
# allowed, so not over one.
AVERAGED = 5.0
DAY = 86_400.0
_SUSPENDED_AT_LEAST = 3_600.0
_SENDING = frozenset(("messages.send", "drafts.send"))
_MOST_REMEMBERED = 1_000_000  # charges a user; a sandbox may be served for weeks


class Window:
    """Units charged in the last `span` seconds. Open whether Gmail's minute rolls: this one does,
    which keeps to every fixed minute too.
    """

    def __init__(self, span: float = MINUTE) -> None:
        self._span = span
        self._charges: deque[tuple[float, int]] = deque()
        self._units = 0

    def add(self, now: float, units: int) -> None:
        self._charges.append((now, units))
        self._units += units

    def fits_at(self, more: int, limit: int, now: float) -> float:
        """From when on so many `more` fit, or nothing counts any more."""
        over = self.units(now) + more - limit
        for time, units in self._charges:
            if over <= 0:
                break
            over, now = over - units, time + self._span
        return now

    def units(self, now: float) -> int:
        while self._charges and self._charges[0][0] <= now - self._span:
            self._units -= self._charges.popleft()[1]
        return self._units


@dataclass
class Stranger:
    """Another program that spends a user's units, evenly; `spells` are (since, units a second)."""

    spells: list[tuple[float, float]] = field(default_factory=list)

    def units(self, now: float, span: float = MINUTE) -> float:
        """Spent in the last `span` seconds."""
        ends = [since for since, _ in self.spells[1:]] + [now]
        spells = zip(self.spells, ends, strict=True) if self.spells else ()
        return sum(rate * max(0.0, end - max(since, now - span)) for (since, rate), end in spells)


@dataclass
class Account:
    """One user's spending. Times are monotonic."""

    window: Window = field(default_factory=Window)
    moments: Window = field(default_factory=lambda: Window(AVERAGED))
    stranger: Stranger = field(default_factory=Stranger)
    charges: deque[tuple[float, int]] = field(
        default_factory=lambda: deque(maxlen=_MOST_REMEMBERED)
    )
    by_method: dict[str, tuple[int, int]] = field(default_factory=dict)
    rejections: int = 0
    in_flight: int = 0
    sends: deque[float] = field(default_factory=deque)
    recipients: Window = field(default_factory=lambda: Window(DAY))
    suspended_until: float = 0.0


class Meter:
    """Every call of every user passes here; `limits` and `latency` may be changed at any time.

    Without limits it only counts. Open: whether Google charges calls that it rejects. Here they
    are charged, so that a client which hammers on never gets out. So are calls that fail otherwise
    (Google says so). The later requests of an upload are not, nor is anything of OAuth.
    """

    def __init__(self, clock: Clock, *, limits: Limits | None, latency: float) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._accounts: dict[str, Account] = {}
        self.reset(limits=limits, latency=latency)

    @contextmanager
    def call(
        self, address: str, method: str, *, charged: bool = True
    ) -> Iterator[Callable[[int], None]]:
        """One call from its arrival to its answer. Raises Refusal, after the usual latency.

        Gives what a message that is about to leave tells the number of its recipients; it raises
        Refusal too.
        """
        with self._passing(
            address, method, charged=charged, sending=charged and method in _SENDING
        ) as addressed:
            yield addressed

    @contextmanager
    def submission(self, address: str) -> Iterator[Callable[[int], None]]:
        """One message by SMTP: it costs no units, and counts with all that the user sends."""
        with self._passing(address, "", charged=False, sending=True) as addressed:
            yield addressed

    @contextmanager
    def _passing(
        self, address: str, method: str, *, charged: bool, sending: bool
    ) -> Iterator[Callable[[int], None]]:
        with self._lock:
            now = self._clock.monotonic()
            account = self._account(address)
            refused = self._enter(account, method, now, charged=charged, sending=sending)
        if refused is not None:
            self.wait()
            raise refused
        counted: list[tuple[float, int]] = []
        try:
            self.wait()
            yield lambda count: self._address(account, count, counted)
        except BaseException:
            with self._lock:  # nothing was sent
                if sending and now in account.sends:
                    account.sends.remove(now)
                for at, count in counted:
                    account.recipients.add(at, -count)
            raise
        finally:
            with self._lock:
                account.in_flight -= 1

    def lift(self) -> None:
        """From now on it only counts, and nothing takes time."""
        self.limits, self.latency = NO_LIMITS, 0.0

    def wait(self) -> None:
        """What the way to Gmail and back takes."""
        if self.latency:
            self._clock.sleep(self.latency)

    def stranger(self, address: str, units_per_second: float) -> None:
        """From now on another program spends so much of this user's (and the project's) budget."""
        with self._lock:
            now = self._clock.monotonic()
            self._account(address).stranger.spells.append((now, units_per_second))

    def units(self, address: str) -> int:
        """Charged so far, rejected calls included; a stranger's are not."""
        return sum(units for _, units in self.by_method(address).values())

    def calls(self, address: str) -> int:
        return sum(calls for calls, _ in self.by_method(address).values())

    def rejections(self, address: str) -> int:
        """Calls refused because of a limit."""
        with self._lock:
            return self._account(address).rejections

    def by_method(self, address: str) -> dict[str, tuple[int, int]]:
        """Calls and units of each method that was called."""
        with self._lock:
            return dict(self._account(address).by_method)

    def most_in_window(self, address: str, seconds: float) -> int:
        """The most units charged within any `seconds`."""
        with self._lock:
            charges = list(self._account(address).charges)
        most = units = first = 0
        for time, price in charges:
            units += price
            while charges[first][0] <= time - seconds:
                units -= charges[first][1]
                first += 1
            most = max(most, units)
        return most

    def reset(self, *, limits: Limits | None, latency: float) -> None:
        """Forget all spending, strangers too; calls under way end as they may."""
        with self._lock:
            self.limits = limits or NO_LIMITS
            self.latency = latency
            self._project = Window()
            self._accounts.clear()

    def _account(self, address: str) -> Account:
        return self._accounts.setdefault(address.lower(), Account())

    def _enter(
        self, account: Account, method: str, now: float, *, charged: bool, sending: bool
    ) -> Refusal | None:
        """Charge the call; say why it is refused, or count it as in flight."""
        units = PRICES[self.limits.prices][method] if charged else 0
        refused = self._judge(account, units, now)
        if refused is None and sending:
            refused = self._judge_sending(account, now)
        if charged:
            self._charge(account, method, units, now)
        if refused is not None:
            account.rejections += 1
            return refused
        account.in_flight += 1
        if sending:
            account.sends.append(now)
        return None

    def _address(self, account: Account, count: int, counted: list[tuple[float, int]]) -> None:
        """The recipients of a message, each address once, an unknown one too: all that is sent
        counts. Open: whether a copy to oneself does; here it does. Gmail counts vacation replies
        and what the user sends on other ways too; the sandbox knows only these calls.
        """
        with self._lock:
            now, most = self._clock.monotonic(), self.limits.recipients_per_day
            all_of_them = account.recipients.units(now) + count
            if most is not None and all_of_them > most:
                free = account.recipients.fits_at(count, most, now)
                account.suspended_until = max(free, now + _SUSPENDED_AT_LEAST)
                account.rejections += 1
                raise sending_paused(self._clock.now() + account.suspended_until - now)
            account.recipients.add(now, count)
            counted.append((now, count))

    def _charge(self, account: Account, method: str, units: int, now: float) -> None:
        calls, spent = account.by_method.get(method, (0, 0))
        account.by_method[method] = (calls + 1, spent + units)
        account.charges.append((now, units))
        account.window.add(now, units)
        account.moments.add(now, units)
        self._project.add(now, units)

    def _judge(self, account: Account, units: int, now: float) -> Refusal | None:
        limits = self.limits
        if units:
            theirs = account.stranger.units(now)
            if _beyond(limits.units_per_minute, account.window.units(now) + theirs + units):
                return minute_spent(limits.form, of_user=True)
            spent = account.moments.units(now) + account.stranger.units(now, AVERAGED) + units
            if _beyond(limits.units_per_second, spent / AVERAGED):
                return seconds_spent()
            strangers = (a.stranger for a in self._accounts.values() if a.stranger.spells)
            theirs = sum(stranger.units(now) for stranger in strangers)
            if _beyond(limits.project_units_per_minute, self._project.units(now) + theirs + units):
                return minute_spent(limits.form, of_user=False)
        return too_many_at_once() if _beyond(limits.in_flight, account.in_flight + 1) else None

    def _judge_sending(self, account: Account, now: float) -> Refusal | None:
        """Too many messages in a day suspend sending until the oldest is a day old, at least for
        an hour (Google says 1 to 24).
        """
        while account.sends and account.sends[0] <= now - DAY:
            account.sends.popleft()
        if now >= account.suspended_until:
            if not _beyond(self.limits.sends_per_day, len(account.sends) + 1):
                return None
            oldest = account.sends[0] if account.sends else now
            account.suspended_until = max(oldest + DAY, now + _SUSPENDED_AT_LEAST)
        return sending_paused(self._clock.now() + account.suspended_until - now)


def _beyond(limit: int | None, units: float) -> bool:
    return limit is not None and units > limit
