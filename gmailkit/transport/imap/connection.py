"""A connection to an IMAP server that signs in, and comes back where it was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar, Unpack

from gmailkit.errors import CannotDo, Conflict, GmailKitError, Refused, Unreachable, UsageError
from gmailkit.transport.again import TRIES, pause
from gmailkit.transport.imap.answers import Selected
from gmailkit.transport.imap.fault import is_broken, told
from gmailkit.transport.imap.login import sign_in
from gmailkit.transport.imap.wire import Wire
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.sasl import Login
from gmailkit.transport.smtp.fault import hopeless
from gmailkit.transport.stream import PARTING, How, Means, Stream, TooMuch

T = TypeVar("T")


@dataclass(slots=True)
class Asked:
    """A FETCH that was said; `lines` are None until its answer is there, and where it was lost."""

    words: Sequence[str]
    tag: Any = None
    lines: list[Any] | None = None


class Connection:
    """Opens with `with`, signed in; the line is encrypted, unless the server is on this machine.

    Raises Unreachable for whatever breaks for good, a bad certificate too, SignInNeeded, CannotDo
    for a server without STARTTLS, TryLater and Refused for what it answers.
    """

    def __init__(
        self,
        server: MailServer,
        login: Login,
        **how: Unpack[How],
    ) -> None:
        means = Means(**how)
        self.server = server
        self.user = login.user
        self.clock = means.clock
        self.meter = means.meter
        self.capabilities: frozenset[str] = frozenset()
        self.selected: Selected | None = None
        self.utf8 = False  # names of folders are in UTF-8 (RFC 6855)
        self.connections = 0  # opened so far
        self._vanished: set[int] = set()
        self._login = login
        self._wait = means.wait
        self._means = means
        self._client: Any = None
        self._stream: Stream | None = None
        self._at: Wire | None = None
        self._asked: Asked | None = None

    def __exit__(self, kind: object, error: object, _: object) -> None:
        sound = error is None or isinstance(error, GmailKitError)
        if self._client and self._asked is None and sound:
            self._wire.stream.wait = min(PARTING, self._wait)
            with suppress(Exception):  # nothing depends on it
                self._client.logout()
        self.hang_up()

    @property
    def is_gmail(self) -> bool:
        """Whether it knows Gmail's numbers and labels of messages."""
        return "X-GM-EXT-1" in self.capabilities

    @property
    def alert(self) -> str:
        """What the server wants people to be shown, as one sentence (RFC 3501 section 7.1)."""
        said = self._stream.alert if self._stream else ""
        words = said.partition("]")[2].strip()
        return f"{self.server.place} says: {words}" if words else ""

    def hang_up(self) -> None:
        """The next command begins a new connection."""
        if self._stream:
            self._stream.close()
        self._client = self._at = self._asked = None

    def reading(
        self,
        doing: str,
        call: Callable[[Any], T],
        otherwise: type[GmailKitError] = Refused,
    ) -> T:
        """What changes nothing, tried again over new connections. The folder is the one that it
        was: raises Conflict where its messages have other numbers by now. `otherwise` is what a no
        without a code means.
        """
        for attempt in range(TRIES):
            try:
                client = self._ready()
                with self._told(doing, otherwise):
                    return call(client)
            except GmailKitError as error:
                if not is_broken(error):
                    if isinstance(error.__cause__, TooMuch):
                        self.hang_up()
                    raise
                self.hang_up()
                if hopeless(error) or attempt == TRIES - 1:
                    raise
                pause(self.clock, attempt)
        raise AssertionError  # the last attempt has returned or raised

    @contextmanager
    def changing(self, doing: str, otherwise: type[GmailKitError] = Refused) -> Iterator[Wire]:
        """What is said once. Raises Unreachable with `sent` "maybe" where nobody knows whether it
        was done.
        """
        self.reading(doing, lambda client: None)  # connected, and where it was
        try:
            with self._told(doing, otherwise):
                yield self._wire
        except GmailKitError as error:
            if is_broken(error):
                self.hang_up()
            if isinstance(error, Unreachable):
                error.sent = "maybe"
            raise

    def _ask(self, words: Sequence[str]) -> Asked:
        """Say a FETCH whose answer is read when it is wanted, or when anything else is asked. What
        goes wrong is no matter: it is asked for again, and told then.
        """
        asked = Asked(words)
        with suppress(GmailKitError):
            if self._ready() and self.selected:
                with self._told("the messages"):
                    asked.tag = self._wire._command("UID", "FETCH", *words)
                self._asked = asked
        return asked

    def _settle(self) -> None:
        """Read the answer that nobody has read yet."""
        asked, self._asked = self._asked, None
        if asked is None:
            return
        try:
            with self._told("the messages"):
                asked.lines = self._answered(asked.tag)
        except GmailKitError as error:
            if is_broken(error) or isinstance(error.__cause__, TooMuch):
                self.hang_up()

    def _answered(self, tag: Any) -> list[Any]:
        """Untagged answers to a FETCH."""
        wire = self._wire
        kind, answer = wire._command_complete("FETCH", tag)
        if kind != "OK":
            raise wire.error(answer[-1])
        found: list[Any] = wire.untagged_responses.pop("FETCH", [])
        return [each for each in found if each not in (None, b"")]

    @property
    def _wire(self) -> Wire:
        if self._at is None:
            raise Unreachable(f"The connection to {self.server.place} is closed.")
        return self._at

    def _ready(self) -> Any:
        """The client, connected, in the folder where it was."""
        self.meter.check()
        self._settle()
        if self._client is None:
            before = self.selected
            self._connect()
            if before:
                self.selected = before  # though the next line breaks too
                with self._told(f"the folder {before.folder}"):
                    now = self._select(self._client, before.folder, write=before.writable)
                if now.validity != before.validity:
                    raise renumbered(before.folder)
        return self._client

    def _connect(self) -> None:
        try:
            self._open()
        except BaseException:
            self.hang_up()
            raise

    def _open(self) -> None:
        self._stream = stream = self._means.stream(self.server)
        with self._told("the connection"):
            self._at = wire = Wire(stream)
        if self.server.security == "starttls":
            self._start_tls(wire)
        client = _client_over(wire)
        if wire.state == "NONAUTH":  # not where the server knows us already (PREAUTH)
            sign_in(client, wire, self._login, self.server, wait=self._wait)
        with self._told("the capabilities"):
            self._agree(client, wire)
        self._client = client
        self.connections += 1

    def _start_tls(self, wire: Wire) -> None:
        if "STARTTLS" not in wire.capabilities or wire.state != "NONAUTH":
            raise CannotDo(
                f"{self.server.place} offers no STARTTLS, and without encryption nobody signs in.",
                hint="Try imaps:// (993). Somebody between may have cut it out.",
            )
        with self._told("STARTTLS"):
            wire.start_tls()

    def _agree(self, client: Any, wire: Wire) -> None:
        """What both sides can."""
        offered = client._do_capabilites()
        client._cached_capabilities = offered
        self.capabilities = frozenset(each.decode("ascii", "replace") for each in offered)
        self.utf8 = False
        if "ID" in self.capabilities:
            client.id_({"name": "gmailkit"})
        wanted = [each for each in ("UTF8=ACCEPT", "QRESYNC") if each in self.capabilities]
        if "ENABLE" in self.capabilities and wanted:
            enabled = {each.upper() for each in client.enable(*wanted)}
            self.utf8 = b"UTF8=ACCEPT" in enabled
        if self.utf8:
            wire._mode_utf8()

    def _select(self, client: Any, folder: str, *, write: bool) -> Selected:
        wire = self._wire
        kind, answer = wire.select(self.quoted(folder), not write)
        if kind != "OK":
            self.selected = None
            raise wire.error(answer[-1])
        facts = client._process_select_response(wire.untagged_responses)
        self.selected = Selected(
            folder=folder,
            validity=_number(facts, b"UIDVALIDITY"),
            next=_number(facts, b"UIDNEXT"),
            count=_number(facts, b"EXISTS"),
            keywords=b"\\*" in b" ".join(facts.get(b"PERMANENTFLAGS", ())),
            modified=_number(facts, b"HIGHESTMODSEQ"),
            writable=write,
        )
        return self.selected

    def quoted(self, folder: str) -> str:
        """A folder's name as commands hold it: modified UTF-7 (RFC 3501 section 5.1.3), or UTF-8
        where that was agreed on. CannotDo for what neither can hold.
        """
        from imapclient.imap_utf7 import encode

        try:
            name = folder if self.utf8 else encode(folder).decode("ascii")
            name.encode()
        except UnicodeError as error:
            raise CannotDo(f"{folder!r} cannot be the name of a folder.") from error
        if any(each in name for each in "\r\n\0"):
            raise CannotDo(f"{folder!r} cannot be the name of a folder.")
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    @contextmanager
    def _told(self, doing: str, otherwise: type[GmailKitError] = Refused) -> Iterator[None]:
        stream = self._stream
        if stream is None:
            raise Unreachable(f"The connection to {self.server.place} is closed.")
        stream.said = ""
        with told(
            self.server, doing, wait=self._wait, said=lambda: stream.said, otherwise=otherwise
        ):
            yield


def renumbered(folder: str) -> Conflict:
    return Conflict(
        f"The folder {folder} was made anew meanwhile: its messages have other numbers.",
        hint="Run the same command again: it looks anew.",
    )


def _number(facts: dict[bytes, Any], name: bytes) -> int:
    found = facts.get(name, 0)
    return int(found[0] if isinstance(found, list) else found)


def _client_over(wire: Wire) -> Any:
    """imapclient over our own connection."""
    try:
        from imapclient import IMAPClient
    except ImportError as error:
        raise UsageError(
            "IMAP needs imapclient.", hint="Install it with: pip install 'gmailkit[imap]'"
        ) from error

    class Client(IMAPClient):  # type: ignore[misc]
        def _create_IMAP4(self) -> Wire:
            return wire

        def _set_read_timeout(self) -> None: ...

    client = Client(wire.host, wire.port, ssl=wire.stream.server.security == "tls")
    wire.debug = 0  # its own log, which imapclient turns on, would hold mail
    return client
