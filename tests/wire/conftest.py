"""A wire whose time is ours, to a service that only exists as `responses` says."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
import responses

from fakes import ENDPOINT, FakeClock, FakeCredential
from gmailkit.wire.call import Wire
from gmailkit.wire.http import new_session
from wires import wire_to


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def credential() -> FakeCredential:
    return FakeCredential()


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock


@pytest.fixture
def open_test_wire(clock: FakeClock, credential: FakeCredential) -> Iterator[Callable[..., Wire]]:
    sessions = []

    def open_it(units_per_minute: int | None = None, *, deadline: float | None = None) -> Wire:
        session = new_session()
        sessions.append(session)
        return wire_to(
            ENDPOINT,
            credential,
            session=session,
            clock=clock,
            units_per_minute=units_per_minute,
            deadline=deadline,
        )

    random.seed(1)
    yield open_it
    for session in sessions:
        session.close()


@pytest.fixture
def wire(open_test_wire: Callable[..., Wire]) -> Wire:
    return open_test_wire(None)
