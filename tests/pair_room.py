"""Every kind of store, filled and looked at without a word of ours, and what each makes of a
message: the tables are docs/stores.md, written down once more.
"""

from __future__ import annotations

import imaplib
import json
import mailbox
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import dovecot
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.model.item import Item
from gmailkit.sandbox import Sandbox
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.backup.target import NOBODY
from gmailkit.stores.mbox import MboxStore
from long_way import with_crlf

Raws = list[bytes]
Change = Callable[[bytes], bytes | None]  # None: such a store cannot hold it
_SEPARATOR = b"From ann@example.com Mon Jan  2 09:00:00 2023\n"
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length[ \t]*:", re.M | re.I)
_OF_ALL, _OF_FROM = re.compile(rb"(?m)^(?=>*From )"), re.compile(rb"(?m)^(?=From )")


# What a source gives of a message that was put there ------------------------------------------


def same(raw: bytes) -> bytes | None:
    return raw


def of_some(raw: bytes) -> bytes | None:
    """Gmail holds no empty message."""
    return raw or None


def over_imap(raw: bytes) -> bytes | None:
    """Lines end with CRLF; a server takes no empty message and none with NUL."""
    return with_crlf(raw) if raw and b"\0" not in raw else None


def ended(raw: bytes) -> bytes | None:
    """No program writes an empty one; the last line has an end."""
    return (raw if raw.endswith(b"\n") else raw + b"\n") if raw else None


def once_unquoted(raw: bytes) -> bytes | None:
    """Where only "From " was quoted nobody knows a line that was ">From " before."""
    found = ended(raw)
    return found and re.sub(rb"(?m)^>(>*From )", rb"\1", found)


def from_takeout(raw: bytes) -> bytes | None:
    if not raw:
        return None
    found = raw if raw.endswith(b"\n") else raw + b"\r\n"
    return re.sub(rb"(?m)^>(>*From )", rb"\1", found)


def with_length(raw: bytes) -> bytes | None:
    """With the field by which it was read, exactly."""
    return _lengthened(raw, _OF_ALL.sub(b">", raw))


def unquoted_with_length(raw: bytes) -> bytes | None:
    """Where no line is "From " nobody knows that ">From " was not quoted; one of the header parts
    messages.
    """
    found = _lengthened(raw, raw)
    if found is None or _OF_FROM.search(raw, 0, _BLANK_LINE.search(raw).start()):  # type: ignore[union-attr]
        return None
    if _OF_FROM.search(found):
        return found
    return re.sub(rb"(?m)^>(>*From )", rb"\1", found)


def _lengthened(raw: bytes, written: bytes) -> bytes | None:
    """Only what has a header, and no such field before."""
    at, there = (_BLANK_LINE.search(each) for each in (raw, written))
    if not at or not there or not at.start() or _LENGTH.search(raw[: at.start() + 1]):
        return None
    field = b"\nContent-Length: %d\n\n" % (len(written) - there.end())
    return raw[: at.start()] + field + raw[at.end() :]


# What a target makes of what it is given --------------------------------------------------------


def of_gmail(raw: bytes) -> bytes | None:
    """A message has a header in UTF-8, with a sender, and no NUL; lines end with CRLF."""
    found = with_crlf(raw)
    head = found if found.startswith(b"\r\n") else found.partition(b"\r\n\r\n")[0]
    with suppress(UnicodeDecodeError):
        sender = re.search(r"(?mi)^from[ \t]*:(.*(?:\r\n[ \t].*)*)", head.decode())
        return found if sender and sender[1].strip() and b"\0" not in raw else None
    return None


@dataclass(frozen=True)
class Kind:
    """`gives` as a source, `takes` as a target (both None where it is neither); `once`: equal
    messages are one there.
    """

    gives: Change | None = None
    takes: Change | None = None
    once: bool = True


KINDS = {
    "gmail": Kind(of_some, of_gmail, once=False),
    "imap": Kind(over_imap, over_imap),
    "imap+gmail": Kind(of_some),
    "pop3": Kind(over_imap),
    "maildir": Kind(same, same),
    "mbox": Kind(same, same),
    "mboxo": Kind(once_unquoted),
    "mboxrd": Kind(ended),
    "mboxcl": Kind(with_length),
    "mboxcl2": Kind(unquoted_with_length),
    "eml": Kind(same, same),
    "takeout": Kind(from_takeout),
    "backup": Kind(of_some, same),
    "zip": Kind(None, same),
}
SOURCES = [name for name, kind in KINDS.items() if kind.gives]
TARGETS = [name for name, kind in KINDS.items() if kind.takes]


def given(source: str, raws: Iterable[bytes]) -> Raws:
    gives = KINDS[source].gives
    assert gives
    return [found for raw in raws if (found := gives(raw)) is not None]


def taken(target: str, raws: Raws) -> tuple[Counter[bytes], set[bytes]]:
    """What lies there then, and what is refused."""
    kind, came, refused = KINDS[target], Counter[bytes](), set[bytes]()
    assert kind.takes
    for raw in raws:
        if (found := kind.takes(raw)) is None:
            refused.add(raw)
        else:
            came[found] = 1 if kind.once else came[found] + 1
    return came, refused


@dataclass(frozen=True)
class Room:
    """Where the stores of one test lie: `settings` are those of an address."""

    folder: Path
    sandbox: Sandbox
    settings: Callable[[str], Settings]
    name: str

    def address(self, target: str = "") -> str:
        return f"{target or 'source'}@example.com"

    def user(self, target: str = "") -> str:
        return f"{self.name}{target}"

    def filled(self, kind: str, raws: Raws) -> str:
        """The name of a source that holds these."""
        return _FILL[kind](self, raws)

    def place(self, kind: str) -> str:
        """The name of an empty target."""
        if kind == "gmail":
            self.sandbox.mail.add_user(self.address(kind))
            return f"gmail:{self.address(kind)}"
        if kind == "imap":
            return dovecot.running().url("imap", self.user(kind))
        return f"{kind}:{self.folder / f'to {kind}'}"

    def lies(self, kind: str) -> Counter[bytes]:
        """What the target holds."""
        return Counter(_LOOK[kind](self))


# Sources ----------------------------------------------------------------------------------------


def _gmail(room: Room, raws: Raws) -> str:
    room.sandbox.mail.add_user(room.address())
    room.sandbox.mail.put_all(room.address(), given("gmail", raws))
    return f"gmail:{room.address()}"


def _imap(room: Room, raws: Raws) -> str:
    server = dovecot.running()
    with imaplib.IMAP4("127.0.0.1", server.ports["imap"]) as session:
        session.login(room.user(), dovecot.WORD)
        for raw in given("imap", raws):
            size, plain = len(raw), raw
            tag = session._new_tag()
            session.send(b"%b APPEND INBOX {%d+}\r\n%b\r\n" % (tag, size, plain))
            assert session._command_complete("APPEND", tag)[0] == "OK"
    return server.url("imap", room.user())


def _pop3(room: Room, raws: Raws) -> str:
    _imap(room, raws)
    return dovecot.running().url("pop3", room.user())


def _maildir(room: Room, raws: Raws) -> str:
    root = room.folder / "maildir"
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True)
    for number, raw in enumerate(raws):
        (root / "cur" / f"{number}.M1P1.host:2,S").write_bytes(raw)
    return f"maildir:{root}"


def _eml(room: Room, raws: Raws) -> str:
    root = room.folder / "eml"
    root.mkdir()
    for number, raw in enumerate(raws):
        (root / f"{number}.eml").write_bytes(raw)
    return f"eml:{root}"


def _mbox(room: Room, raws: Raws) -> str:
    """As ours: its lines say what another program's cannot."""
    path = room.folder / "mbox"
    with MboxStore(path, write=True) as store:
        for raw in raws:
            store.add(Item.of(raw))
    return f"mbox:{path}"


def _dialect(name: str, quoted: re.Pattern[bytes] | None, *, length: bool) -> Callable[..., str]:
    def fill(room: Room, raws: Raws) -> str:
        path = room.folder / name
        with path.open("wb") as file:
            for raw in raws:
                if KINDS[name].gives(raw) is None:  # type: ignore[misc]
                    continue
                text = quoted.sub(b">", raw) if quoted else raw
                if length and (at := _BLANK_LINE.search(text)):
                    body = text[at.end() :]
                    head = text[: at.start()] + b"\nContent-Length: %d\n\n" % len(body)
                    file.write(_SEPARATOR + head + body + b"\n")
                else:
                    file.write(_SEPARATOR + text + (b"\n" if text.endswith(b"\n") else b"\n\n"))
        return f"mbox:{path}"

    return fill


def _takeout(room: Room, raws: Raws) -> str:
    _gmail(room, raws)
    room.sandbox.takeout(room.address(), room.folder / "takeout.zip")
    return f"takeout:{room.folder / 'takeout.zip'}"


def _backup(room: Room, raws: Raws) -> str:
    _gmail(room, raws)
    with Gmail(settings=room.settings(room.address())) as gmail:
        gmail.backup(room.folder / "backup", every=True)
    return f"backup:{room.folder / 'backup'}"


_FILL: dict[str, Callable[[Room, Raws], str]] = {
    "gmail": _gmail,
    "imap": _imap,
    "imap+gmail": lambda room, raws: f"imap+{_gmail(room, raws)}",
    "pop3": _pop3,
    "maildir": _maildir,
    "mbox": _mbox,
    "mboxo": _dialect("mboxo", _OF_FROM, length=False),
    "mboxrd": _dialect("mboxrd", _OF_ALL, length=False),
    "mboxcl": _dialect("mboxcl", _OF_ALL, length=True),
    "mboxcl2": _dialect("mboxcl2", None, length=True),
    "eml": _eml,
    "takeout": _takeout,
    "backup": _backup,
}


# What lies in a target --------------------------------------------------------------------------


def _in_gmail(room: Room) -> Raws:
    mail, address = room.sandbox.mail, room.address("gmail")
    return [mail.raw(address, id) for id in mail.ids(address)]


def _in_imap(room: Room) -> Raws:
    with imaplib.IMAP4("127.0.0.1", dovecot.running().ports["imap"]) as session:
        session.login(room.user("imap"), dovecot.WORD)
        raws = Raws()
        for folder in ("INBOX", "Archive"):
            if session.select(folder, readonly=True)[0] == "OK":
                found = session.uid("fetch", "1:*", "(BODY.PEEK[])")[1]
                raws += [got[1] for got in found if isinstance(got, tuple)]
        return raws


def _in_maildir(room: Room) -> Raws:
    files = {path.stat().st_ino: path for path in (room.folder / "to maildir").rglob("*:2,*")}
    return [path.read_bytes() for path in files.values()]


def _in_mbox(room: Room) -> Raws:
    """By Python's own reader; the last of our lines says how long a message is."""
    box, raws = mailbox.mbox(room.folder / "to mbox", create=False), Raws()
    for key in box.keys():  # noqa: SIM118 - a mailbox yields messages
        line, _, body = box.get_bytes(key).partition(b"X-Gmailkit: ")[2].partition(b"\n")
        raws.append(re.sub(rb"(?m)^>(>*From )", rb"\1", body)[: json.loads(line)["length"]])
    box.close()
    return raws


def _in_eml(room: Room) -> Raws:
    return [path.read_bytes() for path in (room.folder / "to eml").rglob("*.eml")]


def _in_zip(room: Room) -> Raws:
    with zipfile.ZipFile(room.folder / "to zip") as file:
        return [file.read(name) for name in file.namelist() if name.endswith(".eml")]


def _in_backup(room: Room) -> Raws:
    with BackupStore(room.folder / "to backup", NOBODY) as store:
        return [got.content.bytes for _, got in store.fetch(store.refs()) if isinstance(got, Item)]


_LOOK: dict[str, Callable[[Room], Raws]] = {
    "gmail": _in_gmail,
    "imap": _in_imap,
    "maildir": _in_maildir,
    "mbox": _in_mbox,
    "eml": _in_eml,
    "zip": _in_zip,
    "backup": _in_backup,
}
