"""One client's session: greeting, commands one after another, news of the selected folder."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gmailkit.sandbox import spoiling
from gmailkit.sandbox.doorkeeper import Doorkeeper, Login
from gmailkit.sandbox.faults import Faults
from gmailkit.sandbox.imap.answer import Close, Misspelt, Refused
from gmailkit.sandbox.imap.folders import Folders
from gmailkit.sandbox.imap.grammar import Text
from gmailkit.sandbox.imap.reader import Refuse, read_command
from gmailkit.sandbox.imap.selected import Selected
from gmailkit.sandbox.peer import Gone, Peer
from gmailkit.sandbox.refusal import Refusal
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.traffic import Traffic

_MOST_MISTAKES = 25
GUEST, SIGNED_IN, SELECTED = range(3)
NOT_ENABLED = (
    "[ALERT] Your account is not enabled for IMAP use. Please visit your Gmail settings page and"
    " enable your account for IMAP access. (Failure)"
)

_BUSY = "[UNAVAILABLE] Temporary System Error (Failure)"

Act = Callable[["Session", Text], str]


@dataclass(frozen=True, slots=True)
class Command:
    """`act` reads its arguments, says what there is to say, and returns the text behind OK.

    `needs` is the least state it can be used in. `expunges`: whether what has gone may be told
    when it ends, which would move the numbers of commands that use them.
    """

    act: Act
    needs: int = SELECTED
    expunges: bool = True


class Session:
    """`login` and `selected` are None until the client has signed in, and selected a folder."""

    def __init__(
        self, peer: Peer, state: State, keeper: Doorkeeper, traffic: Traffic, faults: Faults
    ) -> None:
        self.peer = peer
        self.state = state
        self.keeper = keeper
        self.traffic = traffic
        self.faults = faults
        self.login: Login | None = None
        self.selected: Selected | None = None
        self.enabled: set[str] = set()
        self.tag = b"*"
        self.leaving = False
        self._mistakes = 0

    @property
    def owner(self) -> Login:
        if self.login is None:
            raise Misspelt("Not signed in")
        return self.login

    @property
    def here(self) -> Selected:
        if self.selected is None:
            raise Misspelt("No folder is selected")
        return self.selected

    @property
    def utf8(self) -> bool:
        return "UTF8=ACCEPT" in self.enabled

    @property
    def level(self) -> int:
        return GUEST if self.login is None else SIGNED_IN if self.selected is None else SELECTED

    def folders(self) -> Folders:
        return Folders(self.state, self.owner.user, everything=self.owner.admin)

    def most_shown(self) -> int:
        """Messages of a folder that the user lets IMAP show, the newest ones; 0 for all."""
        settings = self.state.settings.find(self.owner.user.n, "imap") or {}
        size = settings.get("maxFolderSize")
        return size if isinstance(size, int) and not self.owner.admin else 0

    def say(self, *pieces: bytes) -> None:
        """An untagged answer, without its end."""
        self.peer.write(b"* ", *pieces, b"\r\n")

    def run(self, commands: dict[bytes, Command]) -> None:
        """Until the client leaves or is sent away."""
        name = secrets.token_hex(8)
        self.say(f"OK Gimap ready for requests from 127.0.0.1 {name}".encode())
        try:
            while not self.leaving:
                self._next(commands)
        except Close as end:
            self.say(b"BYE ", str(end).encode())
        except Gone:
            pass
        finally:
            if self.login is not None:
                self.traffic.leave(self.login.user)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """What this client does to messages itself is no news to it; what others did is told
        first. All or nothing.
        """
        self.tell_news(expunges=False)
        with self.state.database.change():
            undisturbed = self.here.knows_all()
            yield
            if undisturbed:
                self.here.heard()

    def tell_news(self, *, expunges: bool) -> None:
        """What became of the selected folder since the client was told last."""
        if self.selected is None:
            return
        lines, changed = self.selected.news(expunges=expunges)
        self.peer.write(*lines)
        if changed:
            from gmailkit.sandbox.imap.fetch import tell_flags

            tell_flags(self, changed)

    def check_alive(self) -> None:
        """Raises Close when the token has expired, or the session is a day old."""
        if self.login is not None and not self.login.lasts():
            raise Close("Session expired, please login again.")

    def _next(self, commands: dict[bytes, Command]) -> None:
        try:
            command = read_command(self.peer, guest=self.login is None)
        except Refuse as refused:
            word = b"NO " if refused.text.startswith("[") else b"BAD "
            tag = refused.command.split(b" ")[0]
            self.peer.write(tag, b" ", word, refused.text.encode(), b"\r\n")
            return
        self.check_alive()
        text = Text(command, utf8=self.utf8)
        self.tag = _tag(text)
        fault = self.faults.take(f"imap.{_name(command)}", by_name=True)
        spoiling.around(
            fault,
            self.peer,
            self.state.clock,
            lambda: self._answer(text, commands),
            lambda: self._refuse(Refused(_BUSY)),
        )

    def _answer(self, text: Text, commands: dict[bytes, Command]) -> None:
        self.traffic.answer_late()
        try:
            chosen = self._chosen(text, commands)
            said = chosen.act(self, text)
        except Refused as refused:
            self._refuse(refused)
            return
        except Refusal as refusal:  # in the words of the REST side, whose rooms it came from
            self._refuse(Refused(f"[CANNOT] {refusal.message} (Failure)"))
            return
        if not self.leaving:
            self.tell_news(expunges=chosen.expunges)
        self.peer.write(self.tag, b" OK ", said.encode(), b"\r\n")

    def _chosen(self, text: Text, commands: dict[bytes, Command]) -> Command:
        name = text.word()
        if name == b"UID":
            text.space()
            name = b"UID " + text.word()
        chosen = commands.get(name)
        if chosen is None:
            raise Misspelt("Unknown command")
        if self.level < chosen.needs:
            raise Misspelt(f"{name.decode('ascii', 'replace')} not allowed now.")
        return chosen

    def _refuse(self, refused: Refused) -> None:
        self.peer.write(self.tag, b" ", refused.word, b" ", refused.text.encode(), b"\r\n")
        if isinstance(refused, Misspelt):
            self._mistakes += 1
            if self._mistakes >= _MOST_MISTAKES:
                raise Close("Too many invalid IMAP commands.")


def _name(command: bytes) -> str:
    """Of the command, in lower case and without UID; faults are ordered by it."""
    words = command[:100].decode("latin-1").lower().split()[1:3]
    return next((word for word in words if word != "uid"), "")


def _tag(text: Text) -> bytes:
    """ "*" where the line has none that an answer could bear."""
    try:
        tag = text.tag()
        text.space()
    except Misspelt:
        return b"*"
    return tag
