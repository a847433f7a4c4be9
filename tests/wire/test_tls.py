"""A send over TLS that breaks: what surely never left is tried again, anything else never is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import FakeClock, FakeCredential
from gmailkit.client.client import Client
from gmailkit.errors import Unreachable
from gmailkit.wire.http import new_session
from tls_server import RAW, RECORD, BreakingServer, write_certificate
from wires import wire_to


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture
def server(certificate: Path) -> Iterator[BreakingServer]:
    running = BreakingServer(certificate)
    yield running
    running.close()


@pytest.fixture
def client(server: BreakingServer) -> Iterator[Client]:
    session = new_session()
    wire = wire_to(server.url, FakeCredential(), session=session, clock=FakeClock())
    yield Client(wire)
    session.close()


@pytest.mark.parametrize("answer", [RECORD, b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b""])
def test_a_send_is_not_repeated_when_tls_breaks_after_it_left(
    server: BreakingServer,
    client: Client,
    certificate: Path,
    answer: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server.answer = answer
    with pytest.raises(Unreachable) as caught:
        client.messages.send(RAW)
    assert caught.value.sent == "maybe"
    assert server.received == 1


def test_a_certificate_nobody_vouches_for_is_said_and_nothing_was_sent(
    server: BreakingServer, client: Client
) -> None:
    with pytest.raises(Unreachable, match="certificate") as caught:
        client.messages.send(RAW)
    assert caught.value.sent == "no"
    assert server.received == 0
    assert server.knocks >= 1
