"""Why a server could not be reached, in words."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import requests

from gmailkit.auth.session import network_errors, open_session, unreachable
from gmailkit.errors import GmailKitError, Unreachable


@pytest.fixture
def silent() -> Iterator[str]:
    """The host and port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def rude() -> Iterator[str]:
    """One that speaks no TLS and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def ask(url: str) -> GmailKitError:
    with (
        pytest.raises(GmailKitError) as caught,
        open_session() as session,
        network_errors("The server"),
    ):
        session.get(url, timeout=0.5)
    return caught.value


def test_a_silent_server(silent: str) -> None:
    assert "no answer in time" in ask(f"http://{silent}/").message


def test_a_server_without_tls(rude: str) -> None:
    assert "does not speak TLS" in ask(f"https://{rude}/").message


def test_a_closed_port() -> None:
    error = ask("http://127.0.0.1:9/")
    assert isinstance(error, Unreachable)
    assert error.message == "The server cannot be reached: Connection refused."
    assert "gmailkit sandbox" in error.hint
    assert error.sent == "no"
    assert error.exit_code == 9


def test_a_certificate_nobody_knows() -> None:
    cause = ssl.SSLCertVerificationError("self-signed")
    error = requests.exceptions.SSLError(cause)
    error.__cause__ = cause
    assert (
        "certificate cannot be trusted"
        in unreachable("It", error, url="https://it.example").message
    )


def test_a_connection_that_breaks() -> None:
    error = requests.ConnectionError("ProtocolError('Connection aborted.', ya29.secret)")
    assert unreachable("It", error, url="").message == "It cannot be reached: the connection broke."
