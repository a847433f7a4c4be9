"""The door on 127.0.0.1 while everybody shoots at it (S4)."""

from __future__ import annotations

import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
import requests

from fakes import FakeClock
from gmailkit.auth.listener import Listener
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.secret import Secret

STATE = Secret("state-0123456789-abcdefghijklmnopqrstuvwxyz")
CODE = "4/code-0123456789-abcdefghijklm"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(STATE, clock=SYSTEM_CLOCK) as listening:
        yield listening


def address(listener: Listener, query: str = f"state={STATE}&code={CODE}") -> str:
    return f"{listener.redirect_uri}?{query}"


def port_of(listener: Listener) -> int:
    return int(listener.authority.rpartition(":")[2])


def ask(listener: Listener, request: bytes) -> bytes:
    """The whole answer to raw bytes; empty when the other side just hangs up."""
    with socket.create_connection(("127.0.0.1", port_of(listener)), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(4096):
                answer += part
        return answer


def request(listener: Listener, *, line: str = "", host: str = "", more: str = "") -> bytes:
    path = address(listener).removeprefix(f"http://{listener.authority}")
    return (
        f"{line or f'GET {path} HTTP/1.1'}\r\nHost: {host or listener.authority}\r\n{more}\r\n"
    ).encode()


def still_waits(listener: Listener) -> bool:
    return listener.wait(0) is None


def test_it_is_found_on_the_loopback_address_alone_under_a_path_nobody_can_guess(
    listener: Listener,
) -> None:
    _, _, host, path = listener.redirect_uri.split("/", 3)
    assert host.startswith("127.0.0.1:")
    assert len(path) >= 22  # 128 bits
    with Listener(STATE, clock=SYSTEM_CLOCK) as other:
        assert other.redirect_uri != listener.redirect_uri


def test_the_real_answer_is_taken(listener: Listener) -> None:
    page = requests.get(address(listener), timeout=10)
    assert page.status_code == 200
    answer = listener.wait(10)
    assert answer is not None
    assert answer.code == CODE
    assert CODE not in repr(answer)


def test_a_denial_with_our_state_is_an_answer(listener: Listener) -> None:
    requests.get(address(listener, f"state={STATE}&error=access_denied"), timeout=10)
    answer = listener.wait(10)
    assert answer is not None
    assert answer.code is None
    assert answer.refusal is not None
    assert answer.refusal.error == "access_denied"


HOSTILE: dict[str, tuple[Callable[[Listener], bytes], int]] = {
    "root page": (lambda li: request(li, line="GET / HTTP/1.1"), 404),
    "favicon": (lambda li: request(li, line="GET /favicon.ico HTTP/1.1"), 404),
    "right state at a wrong path": (
        lambda li: request(li, line=f"GET /?state={STATE}&code=x HTTP/1.1"),
        404,
    ),
    "POST": (lambda li: request(li).replace(b"GET", b"POST"), 405),
    "HEAD": (lambda li: request(li).replace(b"GET", b"HEAD"), 405),
    "OPTIONS": (lambda li: request(li).replace(b"GET", b"OPTIONS"), 405),
    "lower-case method": (lambda li: request(li).replace(b"GET", b"get"), 400),
    "HTTP/0.9": (lambda li: request(li).replace(b" HTTP/1.1", b""), 400),
    "HTTP/2.0": (lambda li: request(li).replace(b"HTTP/1.1", b"HTTP/2.0"), 400),
    "absolute form": (
        lambda li: request(li).replace(b"GET /", f"GET {li.redirect_uri}/".encode()),
        400,
    ),
    "rebound Host": (lambda li: request(li, host="evil.example"), 421),
    "localhost and another port": (lambda li: request(li, host="localhost:1"), 421),
    "localhost": (lambda li: request(li, host=f"localhost:{port_of(li)}"), 421),
    "two Hosts": (lambda li: request(li, more=f"Host: {li.authority}\r\n"), 421),
    "no Host": (lambda li: request(li).replace(b"Host:", b"X-Host:"), 421),
    "wrong state": (lambda li: request(li).replace(STATE.encode(), b"wrong"), 400),
    "cut state": (lambda li: request(li).replace(STATE.encode(), STATE[:-1].encode()), 400),
    "no state": (lambda li: request(li).replace(b"state=", b"x="), 400),
    "no code": (lambda li: request(li).replace(b"code=", b"x="), 400),
    "two codes": (lambda li: request(li).replace(b"code=", b"code=a&code="), 400),
    "broken escape": (lambda li: request(li).replace(b"code=", b"%ff&code="), 400),
    "huge header": (lambda li: request(li, more="X: " + "y" * 70_000 + "\r\n"), 431),
    "empty request": (lambda li: b"\r\n\r\n", 400),
    "line feed": (lambda li: b"\n", 400),
    "SSH scan": (lambda li: b"SSH-2.0-scan\r\n", 400),
    "garbage": (lambda li: b"\x00\xff\x00\n\x01", 400),
}


@pytest.mark.parametrize(("make", "status"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_not_the_answer_is_turned_away_and_the_waiting_goes_on(
    listener: Listener, make: Callable[[Listener], bytes], status: int
) -> None:
    answer = ask(listener, make(listener))
    # A request that is too long to read may be cut off before its answer is read.
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()) or (status == 431 and not answer)
    assert STATE.encode() not in answer
    assert b"Access-Control" not in answer
    assert still_waits(listener)
    requests.get(address(listener), timeout=10)
    assert listener.wait(10) is not None


def test_a_silent_connection_keeps_nobody_out(listener: Listener) -> None:
    with ExitStack() as stack:
        for _ in range(30):
            stack.enter_context(socket.create_connection(("127.0.0.1", port_of(listener))))
        assert requests.get(address(listener), timeout=5).status_code == 200
        assert listener.wait(5) is not None


def test_a_slow_request_is_heard_to_its_end(listener: Listener) -> None:
    with socket.create_connection(("127.0.0.1", port_of(listener)), timeout=10) as connection:
        whole = request(listener)
        for start in range(0, len(whole), 7):
            connection.sendall(whole[start : start + 7])
        assert connection.recv(4096).startswith(b"HTTP/1.1 303 ")
    assert listener.wait(10) is not None


def test_the_silent_are_hung_up_on() -> None:
    clock = FakeClock()
    with (
        Listener(STATE, clock=clock) as listener,
        socket.create_connection(("127.0.0.1", port_of(listener)), timeout=10) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHos")
        assert ask(listener, b"\n")  # by now the first one has been accepted
        clock.sleep(11)
        assert connection.recv(100) == b""


def test_a_crowd_does_not_use_up_the_descriptors(listener: Listener) -> None:
    with ExitStack() as stack:
        crowd = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port_of(listener)), 10))
            for _ in range(150)
        ]
        assert requests.get(address(listener), timeout=10).status_code == 200
        assert crowd[0].recv(1) == b""  # whoever has been silent longest had to go


def _scan(listener: Listener, seed: int) -> None:
    """One hostile visit of a random kind."""
    chance = random.Random(seed)
    kinds: list[Callable[[], bytes]] = [
        lambda: b"",
        lambda: chance.randbytes(chance.randrange(1, 2000)),
        lambda: b"GET /\r\n",
        lambda: b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n",
        lambda: request(listener, line=f"POST /{chance.random()} HTTP/1.1") + b"x" * 5000,
        lambda: request(listener, line=f"GET /{chance.random()}?state={STATE}&code=x HTTP/1.1"),
        lambda: request(listener).replace(STATE.encode(), str(chance.random()).encode()),
        lambda: request(listener)[: chance.randrange(20, 60)],
        lambda: b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * chance.randrange(1, 20_000),
        lambda: bytes.fromhex("1603010200010001fc0303") + chance.randbytes(100),
        lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port_of(listener)), timeout=5) as connection,
    ):
        if chance.random() < 0.3:  # reset instead of a farewell
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        connection.sendall(kinds[seed % len(kinds)]())
        if chance.random() < 0.3:
            connection.settimeout(0.2)
            connection.recv(100)


def test_a_hundred_hostile_visits_do_not_break_a_login(listener: Listener) -> None:
    threads = [threading.Thread(target=_scan, args=(listener, n)) for n in range(110)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert still_waits(listener)
    assert requests.get(address(listener), timeout=10).status_code == 200
    answer = listener.wait(10)
    assert answer is not None
    assert answer.code == CODE


def test_the_result_page_is_plain_and_stays_without_the_code(listener: Listener) -> None:
    first = ask(listener, request(listener))
    head, _, body = first.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 303 ")
    assert CODE.encode() not in first
    for line in (
        b"Referrer-Policy: no-referrer",
        b"Cache-Control: no-store",
        b"default-src 'none'",
    ):
        assert line in head
    assert b"<script" not in body
    page = requests.get(f"{listener.redirect_uri}/done", timeout=10)
    assert page.status_code == 200
    assert "close this page" in page.text


def test_the_result_page_is_not_there_before_the_answer(listener: Listener) -> None:
    assert requests.get(f"{listener.redirect_uri}/done", timeout=10).status_code == 404


def test_a_second_answer_changes_nothing(listener: Listener) -> None:
    requests.get(address(listener), timeout=10)
    again = requests.get(address(listener, f"state={STATE}&code=other"), timeout=10)
    assert again.status_code == 400
    answer = listener.wait(10)
    assert answer is not None
    assert answer.code == CODE


def test_the_clock_ends_the_waiting() -> None:
    class Hurrying(FakeClock):
        def monotonic(self) -> float:
            self.time += 60
            return self.time

    clock = Hurrying()
    with Listener(STATE, clock=clock) as listener:
        began = clock.time
        assert listener.wait(300) is None
        assert 300 <= clock.time - began <= 600


def test_afterwards_the_door_is_shut() -> None:
    with Listener(STATE, clock=SYSTEM_CLOCK) as listener:
        port = port_of(listener)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass
