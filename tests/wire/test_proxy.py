"""A send through a proxy: it counts as never sent only where no tunnel was ever opened."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import FakeClock, FakeCredential
from gmailkit.client.client import Client
from gmailkit.errors import Unreachable
from gmailkit.wire.http import new_session
from tls_server import RAW, BreakingServer, write_certificate
from wires import wire_to

OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"
REFUSALS = {
    "refuses": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "wants a password": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
}


class Proxy:
    """Takes CONNECT; opens a tunnel to where it leads, or says what a test wants."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self.knocks = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                inside, _ = self._door.accept()
            except OSError:
                return
            self.knocks += 1
            with inside:
                asked = inside.recv(65536).decode()
                if self._answer is not None:
                    inside.sendall(self._answer)
                    continue
                host, _, port = asked.split()[1].rpartition(":")
                with socket.create_connection((host, int(port))) as outside:
                    inside.sendall(OPENED)
                    there = threading.Thread(target=pump, args=(inside, outside))
                    there.start()
                    pump(outside, inside)
                    there.join()

    def close(self) -> None:
        self._door.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.fixture
def server(certificate: Path) -> Iterator[BreakingServer]:
    running = BreakingServer(certificate)
    yield running
    running.close()


@pytest.fixture
def send(
    server: BreakingServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[Unreachable, Proxy]]]:
    """Sends one message through a proxy that answers so; gives what came of it."""
    closing: list[Callable[[], None]] = []
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    def through(answer: bytes | None, *, gone: bool = False) -> tuple[Unreachable, Proxy]:
        proxy, session = Proxy(answer), new_session()
        closing.extend([proxy.close, session.close])
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9" if gone else proxy.url)
        wire = wire_to(server.url, FakeCredential(), session=session, clock=FakeClock())
        with pytest.raises(Unreachable) as caught:
            Client(wire).messages.send(RAW)
        return caught.value, proxy

    yield through
    for close in closing:
        close()


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
def test_a_proxy_that_opens_no_tunnel_sends_nothing_so_it_is_tried_again(
    send: Callable[..., tuple[Unreachable, Proxy]], server: BreakingServer, answer: bytes
) -> None:
    error, proxy = send(answer)
    assert error.sent == "no"
    assert proxy.knocks > 1
    assert (server.knocks, server.received) == (0, 0)


def test_a_proxy_that_is_not_there_sends_nothing(
    send: Callable[..., tuple[Unreachable, Proxy]], server: BreakingServer
) -> None:
    error, proxy = send(None, gone=True)
    assert (error.sent, proxy.knocks, server.knocks) == ("no", 0, 0)


@pytest.mark.parametrize("answer", [b"", OPENED], ids=["at once", "after opening"])
def test_a_proxy_that_hangs_up_is_not_counted_on(
    send: Callable[..., tuple[Unreachable, Proxy]], server: BreakingServer, answer: bytes
) -> None:
    """Nothing left in truth; but this end cannot tell that from a break in the middle."""
    error, proxy = send(answer)
    assert error.sent == "maybe"
    assert (proxy.knocks, server.received) == (1, 0)


def test_a_break_behind_an_open_tunnel_may_have_come_after_the_send(
    send: Callable[..., tuple[Unreachable, Proxy]], server: BreakingServer
) -> None:
    server.answer = b""
    error, proxy = send(None)
    assert error.sent == "maybe"
    assert (proxy.knocks, server.received) == (1, 1)
