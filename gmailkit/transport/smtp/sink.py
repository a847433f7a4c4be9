"""An SMTP server on loopback that takes every message and passes none on, for tests.

Needs aiosmtpd: the extra `sink`. It listens on 127.0.0.1 and nowhere else.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gmailkit.errors import UsageError
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Mail
from gmailkit.transport.smtp.throwaway import serving
from gmailkit.transport.smtp.trouble import KINDS, Troubles

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

HOST = "127.0.0.1"
MOST_BYTES = 35_882_577  # as Gmail says it
Tls = Literal["starttls", "implicit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """One message as it came: the envelope, and the exact bytes without doubled dots."""

    sender: str
    to: tuple[str, ...]
    content: bytes = field(repr=False)
    user: str = ""  # who had signed in
    tls: bool = False

    @property
    def mail(self) -> Mail:
        return parse(self.content)


class Sink:
    """Runs from `with` on, in a thread. `messages` are all it caught, `lines` what clients said.

    `tls` needs a `certificate`: a PEM file with its key. With `auth` (user, password) it takes mail
    only of who signs in with them: PLAIN, LOGIN, or XOAUTH2 with the password as token.
    UsageError where the extra is missing, a trouble is none, or the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        tls: Tls | None = None,
        certificate: Path | None = None,
        auth: tuple[str, str] | None = None,
        troubles: str = "",
        on_message: Callable[[Caught], None] | None = None,
    ) -> None:
        check_installed()
        self.messages: list[Caught] = []
        self.lines: list[str] = []
        self.troubles = Troubles(troubles)
        self.auth = auth
        self.tls = tls
        self._context = serving(certificate) if tls and certificate else None
        self._wanted = port
        self._on_message = on_message
        self.port = port

    @property
    def url(self) -> str:
        """As gmailkit smtp takes it; with the user where one is needed."""
        from urllib.parse import quote

        scheme = {"starttls": "smtp+starttls", "implicit": "smtps", None: "smtp"}[self.tls]
        user = f"{quote(self.auth[0], safe='')}@" if self.auth else ""
        return f"{scheme}://{user}{HOST}:{self.port}"

    def caught(self, message: Caught) -> None:
        self.messages.append(message)
        if self._on_message:
            self._on_message(message)

    def __enter__(self) -> Sink:
        self._socket = _bound(self._wanted)
        self.port = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._connections: set[Any] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        implicit = self._context if self.tls == "implicit" else None
        server = loop.run_until_complete(
            loop.create_server(self._protocol, sock=self._socket, ssl=implicit)
        )
        loop.call_soon(self._ready.set)
        loop.run_forever()
        server.close()
        for each in self._connections:
            if each.transport is not None:
                each.transport.abort()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    def _protocol(self) -> SMTP:
        from gmailkit.transport.smtp.sink_protocol import SinkProtocol

        context = self._context if self.tls == "starttls" else None
        made = SinkProtocol(self, _Handler(self), context, self._loop)
        self._connections.add(made)
        return made


class _Handler:
    """What aiosmtpd asks of us, by the names it looks for."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        wanted = self._sink.auth is not None
        kept = [each for each in responses[:-1] if wanted or not each.startswith("250-AUTH")]
        return [*kept, "250-PIPELINING", "250 ENHANCEDSTATUSCODES"]

    async def handle_MAIL(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self._sink.auth and not session.authenticated:
            return "530 5.7.0 Sign in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if self._sink.troubles.take("refuse", address):
            return KINDS["refuse"]
        if self._sink.troubles.take("later", address):
            return KINDS["later"]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        for kind in ("full", "reject"):
            if self._sink.troubles.take(kind):
                return KINDS[kind]
        content = envelope.original_content or b""
        self._sink.caught(
            Caught(
                sender=(envelope.mail_from or "").removeprefix("<>"),
                to=tuple(envelope.rcpt_tos),
                content=content,
                user=str(session.auth_data or ""),
                tls=session.ssl is not None or self._sink.tls == "implicit",
            )
        )
        if self._sink.troubles.take("drop-after"):
            server.transport.abort()  # type: ignore[union-attr]
        return f"250 2.0.0 Caught {len(content)} bytes"

    async def auth_PLAIN(self, server: SMTP, args: list[str]) -> AuthResult:
        words = await self._first(server, args, "")
        return self._judged(words.split(b"\0")[1:])

    async def auth_LOGIN(self, server: SMTP, args: list[str]) -> AuthResult:
        user = await self._first(server, args, "Username:")
        return self._judged([user, _bytes(await server.challenge_auth("Password:"))])

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        words = await self._first(server, args, "")
        user, _, rest = words.removeprefix(b"user=").partition(b"\x01")
        result = self._judged([user, rest.removeprefix(b"auth=Bearer ").rstrip(b"\x01")])
        if not result.success:  # as Gmail does it
            told = '{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}'
            await server.challenge_auth(told)
        return result

    async def _first(self, server: SMTP, args: list[str], challenge: str) -> bytes:
        if len(args) < 2:
            return _bytes(await server.challenge_auth(challenge))
        try:
            return b64decode(args[1], validate=True)
        except NotBase64:
            return b""

    def _judged(self, said: list[bytes]) -> AuthResult:
        from aiosmtpd.smtp import AuthResult

        if self._sink.auth and said == [each.encode() for each in self._sink.auth]:
            return AuthResult(success=True, auth_data=self._sink.auth[0])
        return AuthResult(
            success=False, handled=False, message="535 5.7.8 Username and password not accepted"
        )


def check_installed() -> None:
    """UsageError that names the extra where aiosmtpd is missing."""
    try:
        import aiosmtpd  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "The SMTP sink needs aiosmtpd, which is not installed.",
            hint="pip install 'gmailkit[sink]'",
        ) from error


def _bytes(answer: object) -> bytes:
    return answer if isinstance(answer, bytes) else b""


def _bound(port: int) -> socket.socket:
    # Named as TCP: else asyncio leaves Nagle's algorithm on, and each answer waits 40 ms.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
    except OSError as error:
        made.close()
        raise UsageError(
            f"Cannot listen on {HOST}:{port}: {error.strerror}.", hint="Take another --port, or 0."
        ) from error
    made.listen()
    return made
