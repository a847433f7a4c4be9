"""The guard of the whole suite does guard."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from gmailkit.sandbox import Sandbox
from socket_guard import Outside, loopback_only

pytest_plugins = ["pytester"]
NOBODY = "192.0.2.1"  # RFC 5737: belongs to nobody


@pytest.mark.parametrize("connect", ["connect", "connect_ex"])
@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, (NOBODY, 443)), (socket.AF_INET6, ("2001:db8::1", 443, 0, 0))],
    ids=["IPv4", "IPv6"],
)
def test_another_machine_is_refused_at_once_and_noted(
    connect: str, family: socket.AddressFamily, address: tuple[object, ...]
) -> None:
    with loopback_only() as tried, socket.socket(family) as door, pytest.raises(Outside):
        getattr(door, connect)(address)
    assert tried == [address]


def test_it_is_noted_also_where_the_error_is_hidden() -> None:
    def hide() -> None:
        with suppress(OSError):
            socket.create_connection((NOBODY, 443), timeout=1)

    with loopback_only() as tried:
        thread = threading.Thread(target=hide)
        thread.start()
        thread.join()
    assert tried == [(NOBODY, 443)]


def test_this_machine_is_let_through(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/gmail/v1/users/me/profile", timeout=10).status_code == 401


def test_a_test_that_speaks_to_the_world_fails(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    ours = Path(__file__).parent
    pytester.makeconftest(
        f"""
        import sys
        sys.path.insert(0, {str(ours)!r})
        from conftest_of_ours import only_this_machine
        """
    )
    source = (ours / "conftest.py").read_text()
    pytester.makepyfile(conftest_of_ours=source)
    pytester.makepyfile(
        f"""
        import socket

        def test_quietly():
            try:
                socket.create_connection(({NOBODY!r}, 443), timeout=1)
            except OSError:
                pass

        def test_at_home():
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname()).close()
        """
    )
    outcome = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    outcome.assert_outcomes(passed=2, errors=1)
    outcome.stdout.fnmatch_lines(["*connections to other machines*"])
