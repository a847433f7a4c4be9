"""One POP3 session: commands and answers (RFC 1939)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from gmailkit.sandbox import spoiling
from gmailkit.sandbox.doorkeeper import Denied, Doorkeeper, Login, decode
from gmailkit.sandbox.faults import Faults
from gmailkit.sandbox.peer import Gone, Peer, TooLong
from gmailkit.sandbox.pop3.maildrop import Maildrop, NotOpen
from gmailkit.sandbox.state.messages import Stored
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.traffic import Traffic

_LINE = 12_288  # a token in base64 is longer than the 255 bytes of RFC 2449
_MOST_MISTAKES = 10
_RECENT = "recent:"
_CAPABILITIES = (
    "USER|RESP-CODES|EXPIRE 0|LOGIN-DELAY 300|TOP|UIDL|SASL PLAIN XOAUTH2 OAUTHBEARER"
).split("|")
_NOT_OPEN = (
    "[SYS/PERM] Your account is not enabled for POP access. Please visit your Gmail settings page"
    " and enable your account for POP access."
)
_OVER = "[SYS/TEMP] Account exceeded command or bandwidth limits."


class Wrong(Exception):
    """A command is answered -ERR with these words."""


class Session:
    def __init__(
        self, peer: Peer, state: State, keeper: Doorkeeper, traffic: Traffic, faults: Faults
    ) -> None:
        self._peer = peer
        self._faults = faults
        self._state = state
        self._keeper = keeper
        self._traffic = traffic
        self._name = ""
        self._login: Login | None = None
        self._drop: Maildrop | None = None
        self._read: dict[int, Stored] = {}
        self._deleted: dict[int, Stored] = {}
        self._leaving = False

    def run(self) -> None:
        """Until the client leaves or is sent away; then nothing is changed."""
        mistakes = 0
        self._say(f"+OK Gpop ready for requests from 127.0.0.1 {secrets.token_hex(8)}")
        try:
            while not self._leaving and mistakes < _MOST_MISTAKES:
                try:
                    self._next()
                except Wrong as wrong:
                    mistakes += 1
                    self._say(f"-ERR {wrong}")
        except Gone:
            pass
        except TooLong:
            self._say("-ERR bad command")

    def _next(self) -> None:
        line = self._peer.line(most=_LINE).decode("utf-8", "replace").rstrip("\r\n")
        word, _, rest = line.partition(" ")
        if self._login is not None and not self._login.lasts():
            self._leaving = True
            raise Wrong("[AUTH] Session expired, please login again.")
        acts = _GUEST | _ALWAYS if self._drop is None else _SIGNED_IN | _ALWAYS
        act = acts.get(word.upper())
        if act is None:
            raise Wrong("bad command")
        fault = self._faults.take(f"pop3.{word.lower()}", by_name=True)
        spoiling.around(
            fault,
            self._peer,
            self._state.clock,
            lambda: act(self, rest.strip()),
            lambda: self._say("-ERR [SYS/TEMP] Temporary system problem. Please try again later."),
        )

    def capa(self, rest: str) -> None:
        self._say("+OK Capability list follows", *_CAPABILITIES, ".")

    def quit(self, rest: str) -> None:
        if self._drop is not None:
            self._drop.finish(list(self._read.values()), list(self._deleted.values()))
        self._say("+OK Farewell.")
        self._leaving = True

    def noop(self, rest: str) -> None:
        self._say("+OK")

    def user(self, rest: str) -> None:
        self._name = rest
        self._say("+OK send PASS")

    def pass_(self, rest: str) -> None:
        if not self._name:
            raise Wrong("bad command")
        self._let_in(self._name, lambda name: self._keeper.password(name, rest))

    def auth(self, rest: str) -> None:
        """With an initial response or without; RFC 5034. Alone it lists the mechanisms."""
        mechanism, _, given = rest.partition(" ")
        mechanism = mechanism.upper()
        if not mechanism:
            self._say("+OK", "PLAIN", "XOAUTH2", "OAUTHBEARER", ".")
            return
        if mechanism not in ("PLAIN", "XOAUTH2", "OAUTHBEARER"):
            raise Wrong("[AUTH] Unknown SASL mechanism.")
        text = given.encode() if given else self._asked(b"")
        response = decode(text)
        if response is None:
            raise Wrong("Invalid SASL argument.")
        recent, response = _without_recent(mechanism, response)
        if mechanism == "PLAIN":
            self._let_in(recent, lambda _: self._keeper.plain(response))
        else:
            self._let_in(recent, lambda _: self._keeper.bearer(mechanism, response))

    def stat(self, rest: str) -> None:
        left = self._left()
        self._say(f"+OK {len(left)} {sum(message.size for message in left.values())}")

    def list(self, rest: str) -> None:
        self._each(rest, lambda message: str(message.size))

    def uidl(self, rest: str) -> None:
        self._each(rest, lambda message: f"GmailId{message.id}")

    def retr(self, rest: str) -> None:
        number, message = self._one(rest)
        self._send(self._maildrop.raw(message))
        self._read[number] = message

    def top(self, rest: str) -> None:
        number, _, count = rest.partition(" ")
        if not count.isdecimal() or len(count) > 9:
            raise Wrong("bad command")
        _, message = self._one(number)
        raw = self._maildrop.raw(message)
        head, blank, body = raw.partition(b"\r\n\r\n")
        lines = body.split(b"\r\n")[: int(count)]
        self._send(head + blank + b"".join(line + b"\r\n" for line in lines))

    def dele(self, rest: str) -> None:
        number, message = self._one(rest)
        self._deleted[number] = message
        self._say("+OK marked for deletion")

    def rset(self, rest: str) -> None:
        self._deleted.clear()
        self._say("+OK")

    @property
    def _maildrop(self) -> Maildrop:
        if self._drop is None:
            raise Wrong("bad command")
        return self._drop

    def _left(self) -> dict[int, Stored]:
        every = enumerate(self._maildrop.messages, 1)
        return {number: message for number, message in every if number not in self._deleted}

    def _one(self, text: str) -> tuple[int, Stored]:
        number = int(text) if text.isdecimal() and len(text) < 10 else 0
        message = self._left().get(number)
        if message is None:
            raise Wrong("no such message")
        return number, message

    def _each(self, rest: str, tell: Callable[[Stored], str]) -> None:
        """Of one message, or of all."""
        if rest:
            number, message = self._one(rest)
            self._say(f"+OK {number} {tell(message)}")
            return
        lines = (f"{number} {tell(message)}" for number, message in self._left().items())
        self._say("+OK", *lines, ".")

    def _send(self, content: bytes) -> None:
        user = self._login.user if self._login else None
        if user is None or not self._traffic.move(user, "pop3_download", len(content)):
            self._leaving = True
            raise Wrong(_OVER)
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        self._say("+OK message follows")
        self._peer.write(b"." if stuffed.startswith(b".") else b"", stuffed, b".\r\n")

    def _let_in(self, name: str, check: Callable[[str], Login]) -> None:
        recent = name.lower().startswith(_RECENT)
        try:
            login = check(name[len(_RECENT) :] if recent else name)
        except Denied as denied:
            if denied.challenge:  # the client answers it with an empty line
                self._asked(denied.challenge)
            raise Wrong("[AUTH] Username and password not accepted.") from denied
        if self._traffic.is_shut(login.user, "pop3_download"):
            raise Wrong(_OVER)
        self._state.messages.empty_bin(login.user.n)
        try:
            self._drop = Maildrop(self._state, login.user, recent=recent)
        except NotOpen as shut:
            raise Wrong(_NOT_OPEN) from shut
        self._login = login
        self._say("+OK Welcome.")

    def _asked(self, challenge: bytes) -> bytes:
        self._peer.write(b"+ ", challenge, b"\r\n")
        return self._peer.line(most=_LINE).strip()

    def _say(self, *lines: str) -> None:
        self._peer.write(*(f"{line}\r\n".encode() for line in lines))


def _without_recent(mechanism: str, response: bytes) -> tuple[str, bytes]:
    """ "recent:" where the name in a SASL response begins with it, and the response without."""
    mark = {"PLAIN": b"\0", "XOAUTH2": b"user=", "OAUTHBEARER": b"a="}[mechanism]
    before, found, name = response.partition(mark)
    if not name.lower().startswith(_RECENT.encode()):
        return "", response
    return _RECENT, before + found + name[len(_RECENT) :]


Act = Callable[[Session, str], None]
_ALWAYS: dict[str, Act] = {"CAPA": Session.capa, "QUIT": Session.quit}
_GUEST: dict[str, Act] = {"USER": Session.user, "PASS": Session.pass_, "AUTH": Session.auth}
_SIGNED_IN: dict[str, Act] = {
    "STAT": Session.stat,
    "LIST": Session.list,
    "UIDL": Session.uidl,
    "RETR": Session.retr,
    "TOP": Session.top,
    "DELE": Session.dele,
    "RSET": Session.rset,
    "NOOP": Session.noop,
}


class Pop3:
    def __init__(self, state: State, traffic: Traffic, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._traffic = traffic
        self._keeper = Doorkeeper(state)

    def serve(self, peer: Peer) -> None:
        """Until the session ends."""
        Session(peer, self._state, self._keeper, self._traffic, self._faults).run()
