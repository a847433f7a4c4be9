"""Ways to talk to the sandbox in `sandbox`, none of which is gmailkit's client."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from sandbox_caller import ME, Caller


@pytest.fixture
def calls(sandbox: Sandbox) -> Iterator[Callable[..., Caller]]:
    """Callers of the API: choose address and scopes."""
    made: list[Caller] = []

    def make(address: str = ME, *scopes: str) -> Caller:
        token = sandbox.issue_token(address, scopes or ("gmail.modify",))
        made.append(Caller(sandbox.url, token))
        return made[-1]

    yield make
    for caller in made:
        caller.close()


@pytest.fixture
def me(calls: Callable[..., Caller]) -> Caller:
    """me@example.com with gmail.modify."""
    return calls()


@pytest.fixture
def ann(calls: Callable[..., Caller]) -> Caller:
    return calls("ann@example.com")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timed(clock: FakeClock) -> Iterator[Sandbox]:
    """A running sandbox whose time is `clock`."""
    with Sandbox(sample=False, clock=clock) as running:
        yield running
