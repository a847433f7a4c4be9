"""A client of a service that only exists as `responses` says, with a time of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from fakes import ENDPOINT, FakeClock
from gmailkit.client.client import Client
from gmailkit.wire.builder import Builder
from gmailkit.wire.call import Wire
from gmailkit.wire.http import Http, new_session
from gmailkit.wire.retry import Retry

BUILDER = Builder(ENDPOINT)  # reads Google's document once


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
        yield mock


@pytest.fixture
def client(clock: FakeClock) -> Iterator[Client]:
    with new_session() as session:
        yield Client(Wire(BUILDER, Retry(Http(session), clock=clock)), clock=clock)
