"""One SMTP session: the commands of RFC 5321 in the words in which Gmail answers them."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable

from gmailkit.mime.address import is_addr_spec
from gmailkit.model.mail import Address
from gmailkit.sandbox import deliver, outgoing, spoiling
from gmailkit.sandbox.doorkeeper import Denied, Doorkeeper, Login, decode
from gmailkit.sandbox.faults import Faults
from gmailkit.sandbox.meter import Meter
from gmailkit.sandbox.peer import Gone, Peer, TooLong
from gmailkit.sandbox.refusal import Refusal
from gmailkit.sandbox.smtp.message import MAX_SIZE, read_chunk, read_data
from gmailkit.sandbox.state.state import State

_LINE = 12_288
_MOST_MISTAKES = 10
_MOST_LOGINS = 5
_MECHANISMS = "LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER"
_PATH = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>((?:\s+[A-Za-z0-9-]+(?:=[^\s=]+)?)*)\s*", re.I)
_OURS = "- gsmtp"


class Reply(Exception):
    """What is answered in place of success: a code and lines."""

    def __init__(self, code: int, *lines: str, ends: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.lines = lines
        self.ends = ends


_NOT_SIGNED_IN = (
    530,
    "5.7.0 Authentication Required. For more information, go to",
    f"5.7.0  https://support.google.com/accounts/troubleshooter/2402620. {_OURS}",
)
_NO_TLS = (530, f"5.7.0 Must issue a STARTTLS command first. {_OURS}")
_BAD_PASSWORD = (
    535,
    "5.7.8 Username and Password not accepted. For more information, go to",
    f"5.7.8  https://support.google.com/mail/?p=BadCredentials {_OURS}",
)
_ORDER = (503, f"5.5.1 Bad sequence of commands. {_OURS}")
_SYNTAX = (555, f"5.5.2 Syntax error, cannot decode response. {_OURS}")
_TOO_LARGE = (552, f"5.3.4 Your message exceeded Google's message size limits. {_OURS}")


class Session:
    """`tls` is what STARTTLS changes to; None where the connection has it from its first byte."""

    def __init__(
        self,
        peer: Peer,
        state: State,
        keeper: Doorkeeper,
        meter: Meter,
        faults: Faults,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._peer = peer
        self._faults = faults
        self._state = state
        self._keeper = keeper
        self._meter = meter
        self._tls = tls
        self._login: Login | None = None
        self._logins = 0
        self._greeted = False
        self._leaving = False
        self._sender: str | None = None
        self._to: dict[str, Address] = {}
        self._chunks = bytearray()

    def run(self) -> None:
        """Until the client leaves or is sent away."""
        mistakes = 0
        self._say(220, f"smtp.gmail.com ESMTP sandbox {_OURS}")
        try:
            while not self._leaving:
                try:
                    self._next()
                except Reply as reply:
                    mistakes += reply.code >= 500
                    self._leaving = reply.ends
                    self._say(reply.code, *reply.lines)
                if mistakes >= _MOST_MISTAKES:
                    self._leaving = True
                    self._say(421, f"4.7.0 Too many errors on this connection. {_OURS}")
        except Gone:
            pass
        except TooLong:
            self._say(500, f"5.5.2 Line too long. {_OURS}")

    def _next(self) -> None:
        line = self._peer.line(most=_LINE).decode("utf-8", "replace").rstrip("\r\n")
        word, _, rest = line.partition(" ")
        act = _COMMANDS.get(word.upper())
        if act is None:
            raise Reply(502, f"5.5.1 Unrecognized command. {_OURS}")
        if self._login is not None and not self._login.lasts():
            raise Reply(421, f"4.7.0 Session expired, please sign in again. {_OURS}", ends=True)
        fault = self._faults.take(f"smtp.{word.lower()}", by_name=True)
        spoiling.around(
            fault,
            self._peer,
            self._state.clock,
            lambda: act(self, rest.strip()),
            lambda: self._say(451, f"4.3.0 Temporary System Problem. Try again later. {_OURS}"),
        )

    def helo(self, rest: str) -> None:
        if not rest:
            raise Reply(501, f"5.5.4 Empty HELO/EHLO argument not allowed. {_OURS}")
        self._greeted = True
        self._begin_again()
        self._say(250, "smtp.gmail.com at your service")

    def ehlo(self, rest: str) -> None:
        if not rest:
            raise Reply(501, f"5.5.4 Empty HELO/EHLO argument not allowed. {_OURS}")
        self._greeted = True
        self._begin_again()
        secret = f"AUTH {_MECHANISMS}" if self._peer.secure else "STARTTLS"
        self._say(
            250,
            "smtp.gmail.com at your service, [127.0.0.1]",
            *(f"SIZE {MAX_SIZE}", "8BITMIME", secret, "ENHANCEDSTATUSCODES"),
            *("PIPELINING", "CHUNKING", "SMTPUTF8"),
        )

    def starttls(self, rest: str) -> None:
        """All that was said before is forgotten."""
        if self._peer.secure or self._tls is None:
            raise Reply(*_ORDER)
        self._say(220, "2.0.0 Ready to start TLS")
        self._peer.start_tls(self._tls)
        self._greeted, self._login = False, None
        self._begin_again()

    def auth(self, rest: str) -> None:
        if not self._peer.secure:
            raise Reply(*_NO_TLS)
        if not self._greeted or self._login is not None:
            raise Reply(*_ORDER)
        mechanism, _, given = rest.partition(" ")
        match mechanism.upper():
            case "PLAIN":
                response = self._response(given)
                self._let_in(lambda: self._keeper.plain(response))
            case "LOGIN":
                name = self._response(given, ask=b"VXNlcm5hbWU6").decode("utf-8", "replace")
                password = self._response("", ask=b"UGFzc3dvcmQ6").decode("utf-8", "replace")
                self._let_in(lambda: self._keeper.password(name, password))
            case "XOAUTH2" | "OAUTHBEARER" as bearer:
                response = self._response(given)
                self._let_in(lambda: self._keeper.bearer(bearer, response))
            case _:
                raise Reply(504, f"5.7.4 Unrecognized Authentication Type. {_OURS}")

    def mail(self, rest: str) -> None:
        """Whose address it names does not matter: the user's own stands in From."""
        self._check_signed_in()
        if self._sender is not None:
            raise Reply(*_ORDER)
        address, parameters = _path(rest)
        if address and not is_addr_spec(address):
            raise Reply(553, f"5.1.7 The sender address <{address}> is not valid. {_OURS}")
        size = parameters.get("SIZE", "0")
        if not size.isdecimal():
            raise Reply(*_SYNTAX)
        if len(size) > 12 or int(size) > MAX_SIZE:
            raise Reply(*_TOO_LARGE)
        self._sender = address
        self._say(250, f"2.1.0 OK {_OURS}")

    def rcpt(self, rest: str) -> None:
        self._check_signed_in()
        if self._sender is None:
            raise Reply(*_ORDER)
        address, _ = _path(rest)
        local, _, domain = address.rpartition("@")
        if not local or "." not in domain or not is_addr_spec(address):
            said = f"5.1.3 The recipient address <{address}> is not a valid RFC 5321 address."
            raise Reply(553, f"{said} {_OURS}")
        if len(self._to) >= outgoing.MAX_RECIPIENTS:
            raise Reply(452, f"4.5.3 Your message has too many recipients. {_OURS}")
        self._to.setdefault(address.lower(), Address(address))
        self._say(250, f"2.1.5 OK {_OURS}")

    def data(self, rest: str) -> None:
        self._check_addressed()
        self._say(354, f"Go ahead {_OURS}")
        raw = read_data(self._peer)
        if raw is None:
            self._begin_again()
            raise Reply(*_TOO_LARGE)
        self._hand_in(raw)

    def bdat(self, rest: str) -> None:
        """The bytes follow whatever the answer will be, so they are read first."""
        size, _, last = rest.partition(" ")
        if not size.isdecimal() or len(size) > 9:
            raise Reply(*_SYNTAX)
        fits = read_chunk(self._peer, int(size), self._chunks)
        self._check_addressed()
        if not fits:
            self._begin_again()
            raise Reply(*_TOO_LARGE)
        if last.strip().upper() == "LAST":
            self._hand_in(bytes(self._chunks))
        else:
            self._say(250, f"2.0.0 OK {_OURS}")

    def rset(self, rest: str) -> None:
        self._begin_again()
        self._say(250, f"2.1.5 Flushed {_OURS}")

    def noop(self, rest: str) -> None:
        self._say(250, f"2.0.0 OK {_OURS}")

    def vrfy(self, rest: str) -> None:
        self._say(252, f"2.1.5 Send some mail, I'll try my best {_OURS}")

    def quit(self, rest: str) -> None:
        self._say(221, f"2.0.0 closing connection {_OURS}")
        self._leaving = True

    def _begin_again(self) -> None:
        self._sender = None
        self._to = {}
        self._chunks = bytearray()

    def _check_signed_in(self) -> Login:
        if not self._greeted:
            raise Reply(503, f"5.5.1 EHLO/HELO first. {_OURS}")
        if not self._peer.secure:
            raise Reply(*_NO_TLS)
        if self._login is None:
            raise Reply(*_NOT_SIGNED_IN)
        return self._login

    def _check_addressed(self) -> None:
        self._check_signed_in()
        if self._sender is None:
            raise Reply(503, f"5.5.1 MAIL first. {_OURS}")
        if not self._to:
            raise Reply(503, f"5.5.1 RCPT first. {_OURS}")

    def _hand_in(self, raw: bytes) -> None:
        user = self._check_signed_in().user
        to = list(self._to.values())
        self._begin_again()
        try:
            outgoing.check_attachments(raw)
        except Refusal as refusal:
            said = "5.7.0 This message was blocked because its content presents a potential"
            raise Reply(552, said, f"5.7.0 security issue: {refusal.message}. {_OURS}") from refusal
        try:
            with self._meter.submission(user.address) as addressed:
                addressed(len(to))
                sent = deliver.submit(self._state, user, raw, to)
        except Refusal as refusal:
            raise _of(refusal) from refusal
        self._say(250, f"2.0.0 OK  {round(self._state.clock.now())} {sent.id} {_OURS}")

    def _let_in(self, check: Callable[[], Login]) -> None:
        try:
            self._login = check()
        except Denied as denied:
            self._logins += 1
            if denied.challenge:  # the client answers it with an empty line
                self._say(334, denied.challenge.decode("ascii"))
                self._peer.line(most=_LINE)
            if self._logins >= _MOST_LOGINS:
                said = f"4.7.0 Too many login attempts, please try again later. {_OURS}"
                raise Reply(454, said, ends=True) from denied
            raise Reply(*_BAD_PASSWORD) from denied
        self._say(235, f"2.7.0 Accepted {_OURS}")

    def _response(self, given: str, *, ask: bytes = b"") -> bytes:
        """Decoded, from the command or asked for."""
        text = given.strip().encode()
        if not text:
            self._say(334, ask.decode("ascii"))
            text = self._peer.line(most=_LINE).strip()
        if text == b"*":
            raise Reply(501, f"5.7.0 Authentication canceled. {_OURS}")
        response = decode(text)
        if response is None:
            raise Reply(501, f"5.5.2 Cannot Decode response {_OURS}")
        return response

    def _say(self, code: int, *lines: str) -> None:
        *first, last = lines
        self._peer.write(*(f"{code}-{line}\r\n".encode() for line in first))
        self._peer.write(f"{code} {last}\r\n".encode())


def _path(rest: str) -> tuple[str, dict[str, str]]:
    """The address and the parameters by name in upper case. Raises Reply."""
    found = _PATH.fullmatch(rest)
    if found is None:
        raise Reply(*_SYNTAX)
    pairs = (word.partition("=") for word in found[2].split())
    return found[1], {name.upper(): value for name, _, value in pairs}


def _of(refusal: Refusal) -> Reply:
    if refusal.code == 429:
        said = "5.4.5 Daily user sending limit exceeded. For more information on Gmail"
        return Reply(550, said, f"5.4.5 sending limits go to {_LIMITS_PAGE} {_OURS}")
    return Reply(550, f"5.7.1 {refusal.message}. {_OURS}")


_LIMITS_PAGE = "https://support.google.com/a/answer/166852"
_COMMANDS: dict[str, Callable[[Session, str], None]] = {
    "HELO": Session.helo,
    "EHLO": Session.ehlo,
    "STARTTLS": Session.starttls,
    "AUTH": Session.auth,
    "MAIL": Session.mail,
    "RCPT": Session.rcpt,
    "DATA": Session.data,
    "BDAT": Session.bdat,
    "RSET": Session.rset,
    "NOOP": Session.noop,
    "VRFY": Session.vrfy,
    "QUIT": Session.quit,
}


class Smtp:
    """`tls`: what STARTTLS changes to, where the port does not have it from the first byte."""

    def __init__(
        self, state: State, meter: Meter, faults: Faults, tls: ssl.SSLContext | None
    ) -> None:
        self._state = state
        self._faults = faults
        self._meter = meter
        self._tls = tls
        self._keeper = Doorkeeper(state)

    def serve(self, peer: Peer) -> None:
        """Until the session ends."""
        Session(peer, self._state, self._keeper, self._meter, self._faults, self._tls).run()
