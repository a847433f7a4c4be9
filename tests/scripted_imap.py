"""A server of IMAP that says what a script tells it to, whoever signs in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from gmailkit.secret import Secret
from gmailkit.transport.imap.session import Session
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.sasl import Login

HANG, HANG_UP = b"hang", b"hang up"
_KNOWN = b"* CAPABILITY IMAP4rev1 UIDPLUS\r\nTAG OK\r\n"
OPEN = (b"* OK hello\r\n", _KNOWN, b"TAG OK in\r\n", _KNOWN)
SELECTED = (
    b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 4] ok\r\nTAG OK [READ-ONLY] in\r\n"
)


class ScriptedImap:
    """Each connection has a script of its own, the last one serves all further ones. An entry
    answers one line of the client, the first one greets; TAG stands for that of the command. HANG
    says nothing more, HANG_UP behind an answer closes. `heard` are the lines of the client.
    """

    def __init__(self, *scripts: Sequence[bytes]) -> None:
        self._scripts = scripts
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.heard: list[bytes] = []
        self.connections = 0
        self._sessions: list[Session] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> ScriptedImap:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions:
            session.hang_up()
        self._over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def opened(self, **how: Any) -> Session:
        """Closed with the server."""
        login = Login(user="ann", kind="password", secret=lambda: Secret("open-sesame"))
        session = Session(MailServer.of("imap", "127.0.0.1", self.port, "ann"), login, **how)
        self._sessions.append(session)
        return session.__enter__()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._one, args=(connection, script), daemon=True).start()

    def _one(self, connection: socket.socket, script: Sequence[bytes]) -> None:
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            tag = b""
            for number, answer in enumerate(script):
                line = lines.readline() if number else b""
                tag = line.split(b" ")[0] if b" " in line else tag
                self.heard.append(line)
                if answer == HANG:
                    self._over.wait()
                    return
                said = answer.replace(b"TAG", tag)
                connection.sendall(said.removesuffix(HANG_UP))
                if answer.endswith(HANG_UP):
                    return
            lines.readline()
