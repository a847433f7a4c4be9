"""Troubles to come, ordered by a test: `sandbox.faults.next(503)`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from gmailkit.sandbox.exchange import DROPPED, Reply, as_refusal
from gmailkit.sandbox.refusal import Refusal

When = Literal["before", "after", "late", "drop", "truncate"]


@dataclass(frozen=True, slots=True)
class Fault:
    status: int
    reason: str
    message: str
    method: str | None
    when: When
    retry_after: int | None
    body: bytes | None
    times: int

    def reply(self) -> Reply:
        refusal = Refusal(self.status, self.message, reason=self.reason)
        reply = as_refusal(refusal)
        if self.body is not None:
            reply = Reply(self.status, {"Content-Type": "text/html; charset=UTF-8"}, self.body)
        if self.retry_after is not None:
            reply = reply.with_headers({"Retry-After": str(self.retry_after)})
        return reply

    def around(self, act: Callable[[], Reply]) -> Reply:
        """What the caller gets instead of `act()`, and whether `act` happens at all."""
        if self.when == "drop":
            return DROPPED
        if self.when == "before":
            return self.reply()
        done = act()
        if self.when == "truncate":
            return replace(done, cut=len(done.body) // 2)
        return self.reply() if self.when == "late" else DROPPED


class Faults:
    """A queue; each request takes the first fault that is meant for its method."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []
        self._lock = threading.Lock()

    def next(
        self,
        status: int,
        *,
        reason: str = "",
        message: str = "The sandbox was told to fail.",
        times: int = 1,
        method: str | None = None,
        when: When = "before",
        retry_after: int | None = None,
        body: bytes | None = None,
    ) -> None:
        """Spoil the next `times` requests of `method` ("messages.get", "token"; None: any).

        `when` "before": answer `status`, nothing was done. "late": done, then `status`. "after":
        done, then the connection drops. "drop": it drops and nothing was done. "truncate": done,
        half of the answer arrives. `body` answers with that HTML, as a proxy would.
        """
        fault = Fault(status, reason, message, method, when, retry_after, body, times)
        with self._lock:
            self._queue.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()

    @property
    def waiting(self) -> int:
        """Requests still to be spoilt."""
        with self._lock:
            return sum(fault.times for fault in self._queue)

    def take(self, method: str) -> Fault | None:
        with self._lock:
            for place, fault in enumerate(self._queue):
                if fault.method is None or fault.method.removeprefix("gmail.users.") == method:
                    rest = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._queue[place : place + 1] = rest
                    return fault
        return None
