"""Stand-ins for the world outside, for tests that need no server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gmailkit.model.service import Service
from gmailkit.secret import Secret

ENDPOINT = "https://gmail.test"
USER = f"{ENDPOINT}/gmail/v1/users/me"


@dataclass
class FakeClock:
    """Sleeping is instant and adds up."""

    time: float = 1_700_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def unmeasured() -> dict[str, str]:
    """The environment without what makes a child process measure coverage, and load more for it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}


class ImpatientClock:
    """The real time, but nobody waits."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        pass


class Hours:
    """A clock on which time passes only while one waits; `then` happens after so many waits."""

    def __init__(self, start: float) -> None:
        self.time = start
        self.pauses: list[float] = []
        self.then: dict[int, Callable[[], object]] = {}

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.pauses.append(seconds)
        self.then.get(len(self.pauses), lambda: None)()


@dataclass
class FakeCredential:
    address: str | None = "me@example.com"
    granted: frozenset[str] | None = None
    tokens: list[str] = field(default_factory=lambda: ["token-one", "token-two"])

    @property
    def service(self) -> Service:
        return Service.at(ENDPOINT)

    @property
    def client_id(self) -> str | None:
        return "client.example"

    def how_to_allow(self, accepted: frozenset[str]) -> str:
        return f"gmailkit login, for one of {len(accepted)}"

    def bearer(self) -> Secret:
        return Secret(self.tokens[0])

    def renew(self, stale: Secret) -> Secret:
        assert stale == self.tokens[0]
        self.tokens.pop(0)
        return Secret(self.tokens[0])
