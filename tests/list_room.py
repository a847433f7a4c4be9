"""Mailing lists for tests: what they write, and web servers on loopback that play theirs."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from gmailkit.model.outside import Outside, Place
from gmailkit.sandbox.authority import Authority

HERE = "127.0.0.1"
AUTHORITY = Authority()  # making keys takes time
BY_MAIL = "<mailto:ann@example.com?subject=stop>"
Act = Callable[[ssl.SSLSocket], None]


def answering(status: str, more: str = "", body: bytes = b"") -> Act:
    """Answers so."""

    def act(connection: ssl.SSLSocket) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        connection.sendall(head.encode() + body)

    return act


def hanging_up(connection: ssl.SSLSocket) -> None:
    """Takes the request and says nothing."""


@dataclass
class ListHost:
    """Every name leads here; `requests` are as they came, `knocks` all connections."""

    act: Act = field(default_factory=lambda: answering("200 OK"))
    authority: Authority = AUTHORITY
    requests: list[bytes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    knocks: int = 0

    def __post_init__(self) -> None:
        self._socket = socket.create_server((HERE, 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def place(self) -> Place:
        return HERE, self._socket.getsockname()[1]

    def outside(self, *more: str, trusted: Authority | None = None) -> Outside:
        """An internet that is this server; `more` are further addresses of every name."""

        def resolve(host: str, port: int) -> list[Place]:
            self.names.append(host)
            return [self.place, *((address, port) for address in more)]

        pem = (trusted or self.authority).pem
        return Outside(
            resolve=resolve,
            is_open=lambda address: address == HERE,
            trust=lambda: ssl.create_default_context(cadata=pem),
        )

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._socket.accept()
            except OSError:
                return
            self.knocks += 1
            threading.Thread(target=self._one, args=(raw,), daemon=True).start()

    def _one(self, raw: socket.socket) -> None:
        with (
            raw,
            suppress(OSError),  # a client that does not trust us hangs up
            self.authority.server().wrap_socket(raw, server_side=True) as connection,
        ):
            self.requests.append(_read(connection))
            self.act(connection)


def _read(connection: ssl.SSLSocket) -> bytes:
    content = b""
    while not content.endswith(b"List-Unsubscribe=One-Click"):
        if not (piece := connection.recv(65536)):
            break
        content += piece
    return content


@contextmanager
def list_host(act: Act | None = None) -> Iterator[ListHost]:
    host = ListHost(act) if act else ListHost()
    try:
        yield host
    finally:
        host.close()


def issue(
    number: int = 1,
    *,
    sender: str = "News <news@list.example>",
    list_id: str = "News <news.list.example>",
    ways: str = "<https://list.example/off?u=1>",
    post: str = "List-Unsubscribe=One-Click",
    covers: str = "from:list-unsubscribe:list-unsubscribe-post",
    verdict: str = "mx.google.com; dkim=pass header.i=@list.example header.s=s1 header.b=AbCdEfGh",
    signer: str = "list.example",
    to: str = "me@example.com",
    more: str = "",
) -> bytes:
    """One message of a list, as Gmail hands it over."""
    fields = {
        "Delivered-To": "me@example.com",
        "Authentication-Results": verdict.replace("@list.example", f"@{signer}"),
        "DKIM-Signature": f"v=1; d={signer}; s=s1; h={covers}; bh=x; b=AbCdEfGh IjKl"
        if covers
        else "",
        "From": sender,
        "To": to,
        "Subject": f"Issue {number}",
        "Message-ID": f"<{number}.{sum(map(ord, sender + list_id))}@list.example>",
        "List-Id": list_id,
        "List-Unsubscribe": ways,
        "List-Unsubscribe-Post": post,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    return ("\r\n".join([*lines, *([more] if more else []), "", "unsubscribe below", ""])).encode()
