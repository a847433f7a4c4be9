"""An SMTP server that says what a script tells it to, and breaks off where it ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress

HANG, HANG_UP, TAKE_ALL = "hang", "hang up", "take all"
OPENING = ("220 here ESMTP", "250-here\r\n250 HELP")
DATA = "354 go on"


class ScriptedServer:
    """Line by line: each entry of `script` answers one line of the client, the first one greets.

    HANG says nothing more, HANG_UP closes the connection, TAKE_ALL reads a message to its dot
    before the next entry is said. `heard` is what the client said, `bodies` the messages.
    """

    def __init__(self, *script: str) -> None:
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.heard: list[bytes] = []
        self.bodies: list[bytes] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self._one(connection, self._script)

    def _one(self, connection: socket.socket, script: Sequence[str]) -> None:
        with connection.makefile("rb") as lines:
            for number, answer in enumerate(script):
                waits = number and answer not in (HANG, HANG_UP, TAKE_ALL)
                if waits and script[number - 1] != TAKE_ALL:
                    self.heard.append(lines.readline())
                if answer == HANG:
                    self._over.wait()
                    return
                if answer == HANG_UP:
                    return
                if answer == TAKE_ALL:
                    self.bodies.append(_to_the_dot(lines))
                    continue
                connection.sendall(answer.encode() + b"\r\n")


def _to_the_dot(lines: object) -> bytes:
    body = b""
    for line in lines:  # type: ignore[attr-defined]
        if line == b".\r\n":
            break
        body += line
    return body
