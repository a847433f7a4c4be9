"""A secret goes to the server that it is for alone, and whatever that makes of a sign-in, what was
said to it in secret comes out nowhere (S2): the truth is taken from its end of the line.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
import traceback
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from fakes import ImpatientClock
from gmailkit.cli.report import as_json, as_text
from gmailkit.errors import GmailKitError, SignInNeeded, Unreachable
from gmailkit.secret import RedactingFormatter, Secret, redact
from gmailkit.transport.imap.session import Session as ImapSession
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.pop3.session import Session as Pop3Session
from gmailkit.transport.sasl import Login
from gmailkit.transport.transcript import Event, as_facts, as_lines
from scripted_imap import ScriptedImap
from tls_server import write_certificate

WAYS = ["PLAIN", "", "XOAUTH2", "OAUTHBEARER"]  # "": the protocol's own
ENDS = ["in", "no", "told", "challenged", "goodbye", "nonsense", "gone"]
LONG, SHORT = 'Tr0ub4"dor\\3', "s3cr"


class Gossip:
    """Speaks IMAP or POP3 over TLS up to the sign-in, and then repeats, as `end` says, what it was
    told: `heard`, and what that holds.
    """

    def __init__(self, protocol: str, way: str, end: str, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._imap, self._way, self._end = protocol == "imap", way, end
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.heard: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                raw, _ = self._socket.accept()
            except OSError:
                return
            with raw, suppress(OSError), self._context.wrap_socket(raw, server_side=True) as line:
                with line.makefile("rwb", buffering=0) as lines:
                    (self._speak_imap if self._imap else self._speak_pop3)(lines)  # type: ignore[arg-type]
                line.shutdown(socket.SHUT_RDWR)

    def _speak_imap(self, lines: BinaryIO) -> None:
        way = f" AUTH={self._way}" if self._way else ""
        lines.write(b"* OK hello\r\n")
        while said := lines.readline().decode():
            tag, verb, *rest = said.split(" ", 2)
            match verb.strip():
                case "CAPABILITY":
                    lines.write(f"* CAPABILITY IMAP4rev1{way}\r\n{tag} OK\r\n".encode())
                case "AUTHENTICATE" | "LOGIN":
                    if verb == "LOGIN":
                        self.heard.append(rest[0].strip().split(" ", 1)[1].strip('"'))
                    else:
                        lines.write(b"+ \r\n")
                        self._hear(lines.readline())
                    if not self._ended(lines, f"{tag} NO", f"{tag} OK in", "* BYE"):
                        return
                case _:
                    lines.write(f"{tag} OK\r\n".encode())

    def _speak_pop3(self, lines: BinaryIO) -> None:
        way = f"SASL {self._way}\r\n" if self._way else ""
        lines.write(b"+OK hello\r\n")
        while said := lines.readline().decode():
            match said.split()[0]:
                case "CAPA":
                    lines.write(f"+OK\r\nUIDL\r\nUSER\r\n{way}.\r\n".encode())
                case "AUTH" | "PASS":
                    if said.startswith("PASS"):
                        self.heard.append(said.strip().partition(" ")[2])
                    else:
                        lines.write(b"+ \r\n")
                        self._hear(lines.readline())
                    if not self._ended(lines, "-ERR", "+OK in", "-ERR"):
                        return
                case _:
                    lines.write(b"+OK\r\n")

    def _hear(self, line: bytes) -> None:
        blob = line.strip().decode()
        plain = b64decode(blob).decode()
        self.heard += [blob, plain.split("\0")[-1].rpartition("Bearer ")[2].strip("\x01")]

    def _ended(self, lines: BinaryIO, no: str, ok: str, bye: str) -> bool:
        told = " ".join(self.heard)
        match self._end:
            case "in":
                lines.write(f"{ok}\r\n".encode())
                return True
            case "no":
                lines.write(f"{no} wrong\r\n".encode())
                return True
            case "told":
                lines.write(f"{no} wrong: {told}.\r\n".encode())
                return True
            case "challenged":
                facts = json.dumps({"status": self.heard[-1], "scope": told}).encode()
                lines.write(b"+ " + b64encode(facts) + b"\r\n")
                lines.readline()
                lines.write(f"{no} wrong {told}\r\n".encode())
                return True
            case "goodbye":
                lines.write(f"{bye} {told}\r\n".encode())
            case "nonsense":
                lines.write(f"* {told} ((( {told}\r\n{told}\r\n".encode())
        return False


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem")


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize(
    ("host", "days", "words", "hint"),
    [
        ("127.0.0.1", (-9, -2), "has expired", "owner has to renew it"),
        ("127.0.0.1", (2, 9), "not yet valid", "clock of this machine"),
        ("10.0.0.1", (-1, 1), "not valid for '127.0.0.1'", "Is it the right host"),
    ],
)
def test_nothing_is_said_to_whom_a_certificate_does_not_stand_for(
    protocol: str, host: str, days: tuple[int, int], words: str, hint: str, tmp_path: Path
) -> None:
    made = write_certificate(tmp_path / "server.pem", host=host, days=days)
    server = Gossip(protocol, "PLAIN", "in", made)
    session = ImapSession if protocol == "imap" else Pop3Session
    login = Login(user="ann", kind="password", secret=lambda: Secret(LONG))
    place = MailServer.of(f"{protocol}s", "127.0.0.1", server.port, "ann")
    trust = ssl.create_default_context(cafile=str(made))
    with pytest.raises(Unreachable, match=words) as caught, session(place, login, context=trust):
        pass
    assert hint in caught.value.hint
    server.close()
    assert server.heard == []


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line that a log would hold."""
    found: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    kept, root = Kept(), logging.getLogger()
    kept.setFormatter(RedactingFormatter())
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(kept)
    root.setLevel(before)


@pytest.mark.parametrize("secret", [LONG, SHORT], ids=["long", "short"])
@pytest.mark.parametrize("way", WAYS, ids=["plain", "own", "xoauth2", "oauthbearer"])
@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_what_signs_in_comes_out_nowhere(
    protocol: str, way: str, secret: str, certificate: Path, logged: list[str]
) -> None:
    kind: Any = "token" if way in ("XOAUTH2", "OAUTHBEARER") else "password"
    session = ImapSession if protocol == "imap" else Pop3Session
    trust = ssl.create_default_context(cafile=str(certificate))
    ends = ENDS if secret == LONG else ["told", "challenged", "nonsense"]
    for end in ends if kind == "token" else [each for each in ends if each != "challenged"]:
        server = Gossip(protocol, way, end, certificate)
        events: list[Event] = []
        said: list[str] = []
        login = Login(user="ann", kind=kind, secret=lambda: Secret(secret))
        place = MailServer.of(f"{protocol}s", "127.0.0.1", server.port, "ann")
        clock, how = ImpatientClock(), {"hear": events.append, "timeout": 5, "context": trust}
        try:
            with session(place, login, clock=clock, **how) as opened:  # type: ignore[arg-type]
                said.append(repr(vars(opened)))
            assert end == "in"
        except GmailKitError as error:
            assert end != "in", error
            said += [str(error), error.hint, as_text(error), as_json(error)]
            if secret == LONG:  # what is shorter is masked where it was said
                lines = traceback.TracebackException.from_exception(error, capture_locals=True)
                said.append(redact("".join(lines.format())))
        finally:
            server.close()
        for event in events:
            said += [*as_lines(event), json.dumps(as_facts(event), ensure_ascii=False)]
        assert server.heard[-1] == secret or way == ""
        everything = "\n".join([*said, *logged])
        forms = {form for each in (secret, *server.heard) for form in (each, repr(each)[1:-1])}
        assert [each for each in forms if each in everything] == [], end
        assert "[secret]" in everything


@pytest.mark.parametrize("session", [ImapSession, Pop3Session])
@pytest.mark.parametrize(("user", "word"), [("ann\r\nNOOP", "x"), ("ann", "x\ny"), ("ann\0", "x")])
def test_a_name_or_secret_of_several_lines_goes_over_no_line(
    session: type[ImapSession | Pop3Session], user: str, word: str
) -> None:
    imap = session is ImapSession
    greeting = (b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1\r\nTAG OK\r\n")
    with ScriptedImap(greeting if imap else (b"+OK hello\r\n", b"-ERR what\r\n")) as server:
        there = MailServer.of("imap" if imap else "pop3", "127.0.0.1", server.port, "ann")
        login = Login(user=user, kind="password", secret=lambda: Secret(word))
        with pytest.raises(SignInNeeded, match="one line each"):
            session(there, login, clock=ImpatientClock(), timeout=2).__enter__()
        assert not [line for line in server.heard if b"ann" in line or b"LOGIN" in line]
