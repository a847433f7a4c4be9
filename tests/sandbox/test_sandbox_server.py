"""The server as such: starting, stopping, sockets."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from fakes import FakeClock, unmeasured
from gmailkit.errors import UsageError
from gmailkit.sandbox import Sandbox, listener
from sandbox_caller import ME, Caller, letter


def port_of(sandbox: Sandbox) -> int:
    return int(sandbox.url.rpartition(":")[2])


def test_it_listens_on_the_loopback_address_alone(sandbox: Sandbox) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    assert sandbox._listener is not None
    assert sandbox._listener.socket.getsockname()[0] == "127.0.0.1"


def test_a_port_in_use_is_a_clear_error(sandbox: Sandbox) -> None:
    port = port_of(sandbox)
    with pytest.raises(UsageError, match=f"Port {port} is in use") as caught:
        Sandbox(port=port, sample=False).__enter__()
    assert "port" in caught.value.hint


def test_a_port_that_is_none_is_a_clear_error() -> None:
    with pytest.raises(UsageError, match="99999 is not a port"):
        Sandbox(port=99999, sample=False).__enter__()


def test_the_port_can_be_chosen_and_taken_again() -> None:
    with Sandbox(sample=False) as first:
        port = port_of(first)
        requests.get(first.url, timeout=30)
    with Sandbox(sample=False, port=port) as second:
        assert requests.get(second.url, timeout=30).status_code == 200


def test_before_the_start_there_is_no_address() -> None:
    sandbox = Sandbox(sample=False)
    with pytest.raises(UsageError, match="not running"):
        _ = sandbox.url
    sandbox.stop()


def test_starting_twice_is_starting_once() -> None:
    with Sandbox(sample=False) as sandbox:
        url = sandbox.url
        assert sandbox.start().url == url


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    token = sandbox.issue_token(ME, ["gmail.readonly"])
    connection = http.client.HTTPConnection("127.0.0.1", port_of(sandbox))
    sockets = set()
    for _ in range(5):
        connection.request(
            "GET", "/gmail/v1/users/me/profile", headers={"Authorization": f"Bearer {token}"}
        )
        assert connection.getresponse().read()
        assert connection.sock is not None
        sockets.add(connection.sock.getsockname())
    connection.close()
    assert len(sockets) == 1


def test_small_answers_do_not_wait_for_nagle(me: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    without: list[int] = []
    setup = listener._Handler.setup

    def noting(handler: Any) -> None:
        setup(handler)
        connection: socket.socket = handler.connection
        without.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(listener._Handler, "setup", noting)
    me.get("profile")
    assert without
    assert all(without)


def test_chunked_bodies_are_read(sandbox: Sandbox, me: Caller) -> None:
    body = json.dumps({"name": "Chunked"}).encode()
    response = me.call(
        "POST",
        "labels",
        data=(bytes([byte]) for byte in body),
        headers={"Content-Type": "application/json"},
    )
    assert response.json()["name"] == "Chunked"


def test_a_stopped_sandbox_hangs_up_on_idle_clients() -> None:
    sandbox = Sandbox(sample=False).start()
    client = socket.create_connection(("127.0.0.1", port_of(sandbox)))
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert client.recv(10)
    sandbox.stop()  # though the client holds on
    client.settimeout(5)
    while client.recv(65_536):
        pass
    client.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n",
        b"POST /token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["blank", "tls", "short", "length", "huge", "chunk", "long"],
)
def test_garbage_does_not_hurt(sandbox: Sandbox, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=5) as client:
        client.sendall(garbage)
        client.shutdown(socket.SHUT_WR)
        client.recv(65_536)
    assert requests.get(sandbox.url, timeout=30).status_code == 200


def test_many_clients_at_once(sandbox: Sandbox) -> None:
    token = sandbox.issue_token(ME, ["gmail.modify"])

    def work(n: int) -> int:
        caller = Caller(sandbox.url, token)
        for _ in range(5):
            caller.sent(letter(subject=f"From {n}"))
            caller.listed(q=f"subject:{n}")
        caller.close()
        return 5

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 40
    assert len(sandbox.mail.ids("ann@example.com")) == 40


def test_the_date_header_follows_the_given_clock(timed: Sandbox, clock: FakeClock) -> None:
    response = requests.get(timed.url, timeout=30)
    assert parsedate_to_datetime(response.headers["Date"]).timestamp() == clock.time


def test_nothing_is_printed(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    requests.get(f"{sandbox.url}/tokeninfo?access_token=ya29.secret-secret", timeout=30)
    requests.get(f"{sandbox.url}/nothing", timeout=30)
    assert capfd.readouterr() == ("", "")


def test_serve_forever_ends_when_stopped() -> None:
    sandbox = Sandbox(sample=False)
    thread = threading.Thread(target=sandbox.serve_forever)
    sandbox.start()
    thread.start()
    assert requests.get(sandbox.url, timeout=30).status_code == 200
    sandbox.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_an_error_of_the_sandbox_itself_is_a_500(
    sandbox: Sandbox, me: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(user: int) -> tuple[int, int]:
        raise RuntimeError("secret details")

    monkeypatch.setattr(sandbox.mail.messages, "totals", broken)
    response = me.get("profile")
    assert response.status_code == 500
    assert "RuntimeError" in response.text
    assert "secret" not in response.text


def test_importing_the_package_brings_in_no_server() -> None:
    code = (
        "import sys, gmailkit.sandbox\n"
        "print([n for n in ('http.server', 'sqlite3', 'email', 'requests') if n in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], env=unmeasured(), capture_output=True, check=True
    )
    assert printed.stdout.strip() == b"[]"


def test_the_running_sandbox_needs_the_standard_library_only() -> None:
    code = (
        "import sys\nfrom gmailkit.sandbox import Sandbox\n"
        "with Sandbox(): pass\n"
        "print(sorted({n.partition('.')[0] for n in sys.modules} - sys.stdlib_module_names))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    foreign = set(printed.stdout.decode().strip("[]\n").replace("'", "").split(", "))
    assert not foreign & {"requests", "google", "googleapiclient", "google_auth_oauthlib", "typer"}
