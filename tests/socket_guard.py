"""No test speaks to anything but this machine: whoever tries fails, even if it hides the error."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gmailkit.model.service import is_loopback


class Outside(OSError):
    """A connection to another machine was tried; libraries clean up after an OSError."""


@contextmanager
def loopback_only() -> Iterator[list[object]]:
    """While it lasts, connecting elsewhere is refused; gives what was tried so far."""
    tried: list[object] = []

    def guarded(name: str) -> Any:
        real = getattr(socket.socket, name)

        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
                tried.append(address)
                raise Outside(f"A test connects to {address}.")
            return real(self, address)

        return connect

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, guarded(name))
        yield tried
