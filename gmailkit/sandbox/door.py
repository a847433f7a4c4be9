"""A port on 127.0.0.1 behind which IMAP, POP3 or SMTP is spoken, a thread for each connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

from gmailkit.sandbox.listener import ADDRESS, cannot_listen
from gmailkit.sandbox.peer import Gone, Peer

Serve = Callable[[Peer], None]


class Door:
    """Open once made; `tls` from the first byte, or None for a protocol that begins without.

    Raises UsageError for a port that cannot be had.
    """

    def __init__(self, port: int, serve: Serve, *, tls: ssl.SSLContext | None) -> None:
        self._serve = serve
        self._tls = tls
        self._closing = False
        self._guard = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._socket = _listening(port)
        self.port = int(self._socket.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, name="sandbox door", daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Ends every connection and waits for the threads behind them."""
        self._closing = True
        with contextlib.suppress(OSError):  # wakes the accepting thread
            socket.create_connection((ADDRESS, self.port), timeout=10).close()
        self._accepting.join()
        self._socket.close()
        with self._guard:
            connections = dict(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for worker in connections.values():
            worker.join(timeout=10)

    def _accept(self) -> None:
        while not self._closing:
            with contextlib.suppress(OSError):
                connection, _ = self._socket.accept()
                worker = threading.Thread(target=self._meet, args=(connection,), daemon=True)
                with self._guard:  # known before its thread runs, so that `close` finds it
                    self._open[connection] = worker
                worker.start()

    def _meet(self, connection: socket.socket) -> None:
        # TLS takes the duplicate over: `close` can end the first one whatever becomes of it.
        try:
            with contextlib.suppress(Gone, OSError):
                own = connection.dup()
                peer = _peer(own, self._tls)
                try:
                    self._serve(peer)
                finally:
                    peer.close()
        finally:
            with self._guard:
                del self._open[connection]
            connection.close()


def _peer(connection: socket.socket, tls: ssl.SSLContext | None) -> Peer:
    if tls is None:
        return Peer(connection)
    connection.settimeout(30)
    try:
        return Peer(tls.wrap_socket(connection, server_side=True))
    except BaseException:
        connection.close()
        raise


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((ADDRESS, port), backlog=128)
    except (OSError, OverflowError) as error:
        raise cannot_listen(port, error) from error
