"""What is asked of an IMAP server: folders, listings, messages, changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import Any

from gmailkit.errors import CannotDo, GmailKitError, NotFound, Refused
from gmailkit.model.content import IN_MEMORY, Content, Spool
from gmailkit.model.imap_dates import moment_text
from gmailkit.transport.imap.answers import (
    Folder,
    Got,
    Selected,
    fetched,
    folders_in,
    name_of,
    numbered,
    numbers,
)
from gmailkit.transport.imap.connection import Asked, Connection
from gmailkit.transport.imap.tokens import parse
from gmailkit.transport.imap.wire import Wire

PIECE = 1 << 20  # bytes of a message asked for at a time
_APPENDUID = re.compile(r"\[APPENDUID (\d+) (\d+)\]")
_COPYUID = re.compile(r"\[COPYUID (\d+) (\S+) (\S+)\]")
_CHARSET = [b"CHARSET", b"UTF-8"]
_QUOTA_UNIT = 1024  # octets that STORAGE counts by
_SHORT = 4096  # bytes; LITERAL- allows no more at once (RFC 7888)


class Session(Connection):
    """One conversation. What only reads goes on over a new connection where the old one is lost;
    what changes something says that nobody knows, for whoever called to look.
    """

    def __enter__(self) -> Session:
        self._connect()
        return self

    def folders(self) -> list[Folder]:
        """All there are, with the marks of RFC 6154."""

        def listed(_: Any) -> list[Folder]:
            kind, answer = self._wire._simple_command("LIST", '""', '"*"')
            lines = self._untagged(kind, answer, "LIST")
            return list(folders_in(parse(lines), utf8=self.utf8))

        return self.reading("the list of folders", listed)

    def prefix(self) -> str:
        """What names of one's own folders begin with on this server (RFC 2342): "" or "INBOX."."""
        if "NAMESPACE" not in self.capabilities:
            return ""

        def told(_: Any) -> str:
            kind, answer = self._wire._simple_command("NAMESPACE")
            found = parse(self._untagged(kind, answer, "NAMESPACE"))
            own = found[0] if found else None
            return name_of(own[0][0], utf8=self.utf8) if own else ""

        return self.reading("the namespace", told)

    def room(self) -> int | None:
        """How many bytes may still come into the inbox (RFC 9208); None where nobody limits them,
        or the server does not tell.
        """
        if "QUOTA" not in self.capabilities:
            return None

        def told(_: Any) -> int | None:
            kind, answer = self._wire._simple_command("GETQUOTAROOT", '"INBOX"')
            found = parse(self._untagged(kind, answer, "QUOTA"))
            resources = [each for each in found if isinstance(each, tuple)]
            triples = [each[at : at + 3] for each in resources for at in range(0, len(each), 3)]
            left = [
                (int(limit) - int(used)) * _QUOTA_UNIT
                for name, used, limit in triples
                if name.upper() == b"STORAGE"
            ]
            return max(min(left), 0) if left else None

        return self.reading("the quota", told)

    def examine(self, folder: str, *, write: bool = False) -> Selected:
        """Go to a folder, to write to it only where that is said. Raises NotFound, Refused."""

        def gone_to(client: Any) -> Selected:
            at = self._select(client, folder, write=write)
            self._wire.untagged_responses.pop("EXISTS", None)  # told from here on: it is news
            return at

        return self.reading(f"the folder {folder}", gone_to, NotFound)

    def status(self, folder: str) -> dict[str, int]:
        """MESSAGES and UNSEEN of a folder, without going there. Raises NotFound, Refused."""

        def counted(_: Any) -> dict[str, int]:
            wire = self._wire
            words = (self.quoted(folder), "(MESSAGES UNSEEN)")
            kind, answer = wire._simple_command("STATUS", *words)
            found = parse(self._untagged(kind, answer, "STATUS"))[-1]
            pairs = zip(found[::2], found[1::2], strict=True)
            return {key.decode().upper(): int(value) for key, value in pairs}

        return self.reading(f"the folder {folder}", counted, NotFound)

    def uids(self, criteria: Sequence[bytes] = (b"ALL",)) -> list[int]:
        """Of the messages in the folder that match, ascending. `criteria` are words of SEARCH; what
        holds more than a word is quoted here.
        """

        def found(client: Any) -> list[int]:
            from imapclient.imapclient import _normalise_search_criteria

            plain = self.utf8 or all(each.isascii() for each in criteria)
            words = _normalise_search_criteria(list(criteria))
            lines = client._raw_command_untagged(b"SEARCH", [*([] if plain else _CHARSET), *words])
            numbers = b" ".join(line.partition(b"(")[0] for line in lines if line)
            return sorted(set(map(int, numbers.split())))

        return self.reading("the search", found)

    def fetch(self, uids: Iterable[int], what: str, *, since: int = 0) -> dict[int, Got]:
        """By UID; what is not there any more is missing. `since`: only what was changed after that
        MODSEQ (RFC 7162).
        """
        wanted = numbers(uids)
        words = [wanted, f"({what})", *([f"(CHANGEDSINCE {since})"] if since else [])]
        return self._fetched(words) if wanted else {}

    def ask(self, uids: Iterable[int], what: str) -> Asked:
        """The same, read by `answer` later: the server is at it while something else is done."""
        return self._ask([numbers(uids), f"({what})"])

    def answer(self, asked: Asked) -> dict[int, Got] | None:
        """None for what was lost on the way, or is no answer: `fetch` it, in its folder."""
        if asked is self._asked:
            self._settle()
        if asked.lines is not None:
            with suppress(GmailKitError), self._told("the messages"):
                return fetched(parse(asked.lines), utf8=self.utf8)
        return None

    def changed(self, since: int) -> tuple[list[int], list[int]]:
        """UIDs in the folder that were marked otherwise after that MODSEQ, and those that are gone,
        as far as the server tells them (CONDSTORE and QRESYNC, RFC 7162).
        """
        tells = "QRESYNC" in self.capabilities
        words = f"(CHANGEDSINCE {since}{' VANISHED' if tells else ''})"
        self._vanished.clear()
        marked = self._fetched(["1:*", "(UID FLAGS)", words])
        return sorted(marked), sorted(self._vanished)

    def content(self, uid: int, size: int = 0) -> Content | None:
        """A message's bytes in pieces, on disk where they are many; None where it is gone. `size`
        is what the server claims, and not believed: it saves a last question where it is true.
        """
        spool = Spool(in_memory=IN_MEMORY)
        begin = 0
        try:
            while True:
                got = self.fetch([uid], f"UID BODY.PEEK[]<{begin}.{PIECE}>").get(uid)
                if got is None or got.bytes is None:
                    spool.close()
                    return None
                spool.write(got.bytes[:PIECE])
                begin += len(got.bytes)
                short = len(got.bytes) < PIECE
                if not got.bytes or (short and begin == size):
                    return spool.done()
        except BaseException:
            spool.close()
            raise

    def append(
        self,
        folder: str,
        content: Iterable[bytes],
        size: int,
        *,
        flags: Iterable[str] = (),
        received: datetime | None = None,
    ) -> int:
        """Put a message of `size` bytes there, whose lines end with CRLF; its UID where the server
        tells it (RFC 4315), else 0. Raises CannotDo for one that it does not take, Unreachable with
        `sent` "maybe" where it may be there.
        """
        with self.changing("the message", CannotDo) as wire:
            head = ["APPEND", self.quoted(folder)]
            head += [f"({' '.join(sorted(flags))})"]
            head += [f'"{moment_text(received)}"'] if received else []
            found = _APPENDUID.search(self._appended(wire, " ".join(head), content, size))
        return int(found[2]) if found else 0

    def create(self, folder: str) -> None:
        """Raises Conflict where it is there (on servers that say so), else CannotDo."""
        self.settle("the new folder", "CREATE", self.quoted(folder), otherwise=CannotDo)

    def copy(self, uid: int, folder: str) -> int:
        """Of the folder we are in, into another; its UID there where the server tells, else 0."""
        said = self.change("the copy", "UID", "COPY", str(uid), self.quoted(folder))
        found = _COPYUID.search(said)
        return int(found[3]) if found and found[3].isdigit() else 0

    def move(self, uids: Iterable[int], folder: str) -> None:
        """Raises CannotDo without MOVE (RFC 6851): two steps may lose or double a message."""
        if "MOVE" not in self.capabilities:
            raise CannotDo(f"{self.server.place} cannot move messages: it offers no MOVE.")
        self.change("the move", "UID", "MOVE", numbers(uids), self.quoted(folder))

    def store(self, uids: Iterable[int], how: str, words: Iterable[str]) -> None:
        """`how` is +FLAGS, -FLAGS, +X-GM-LABELS and so on; `words` as they go over the wire."""
        given = f"({' '.join(words)})"
        self.settle("the change of flags", "UID", "STORE", numbers(uids), f"{how}.SILENT", given)

    def remove(self, uids: Sequence[int]) -> None:
        """For good. Raises CannotDo without UIDPLUS (RFC 4315): what others marked would go too."""
        if "UIDPLUS" not in self.capabilities:
            raise CannotDo(f"{self.server.place} deletes no single messages: it has no UIDPLUS.")
        self.store(uids, "+FLAGS", ["\\Deleted"])
        self.settle("the deletion", "UID", "EXPUNGE", numbers(uids))

    def change(self, doing: str, *words: str, otherwise: type[GmailKitError] = Refused) -> str:
        """A command that changes something, said once; the text of the answer."""
        with self.changing(doing, otherwise):
            return self._commanded(words)

    def settle(self, doing: str, *words: str, otherwise: type[GmailKitError] = Refused) -> str:
        """The same for one that makes no difference the second time: said again over a new
        connection where the old one is lost.
        """
        return self.reading(doing, lambda _: self._commanded(words), otherwise)

    def _commanded(self, words: Sequence[str]) -> str:
        wire = self._wire
        kind, answer = wire._command_complete(words[0], wire._command(*words))
        if kind != "OK":
            raise wire.error(answer[-1])
        return wire.stream.said

    def _fetched(self, words: list[str]) -> dict[int, Got]:
        def found(_: Any) -> dict[int, Got]:
            wire = self._wire
            lines = self._answered(wire._command("UID", "FETCH", *words))
            for line in wire.untagged_responses.pop("VANISHED", []):
                if isinstance(line, bytes):
                    self._vanished.update(numbered(line))
            return fetched(parse(lines), utf8=self.utf8)

        return self.reading("the messages", found)

    def _appended(self, wire: Wire, head: str, content: Iterable[bytes], size: int) -> str:
        """imaplib would make line ends of every CR and LF that stands alone."""
        tag = wire._new_tag()
        pieces = iter(content)
        first = next(pieces, b"")
        # A header in UTF-8 needs to be announced once both sides have agreed on it (RFC 6855).
        wrapped = self.utf8 and _is_utf8(first)
        begin, end = ("UTF8 (~", b")\r\n") if wrapped else ("", b"\r\n")
        at_once = not wrapped and (
            "LITERAL+" in self.capabilities or ("LITERAL-" in self.capabilities and size <= _SHORT)
        )
        line = f"{tag.decode()} {head} {begin}{{{size}{'+' if at_once else ''}}}\r\n"
        wire.send(line.encode())
        while not at_once and wire._get_response() is not None:
            if wire.tagged_commands[tag]:
                return self._said(wire, tag)
        with wire.pouring():
            for piece in chain([first], pieces):
                wire.send(piece)
        wire.send(end)
        return self._said(wire, tag)

    def _said(self, wire: Wire, tag: Any) -> str:
        kind, answer = wire._command_complete("APPEND", tag)
        if kind != "OK":
            raise wire.error(answer[-1])
        return wire.stream.said

    def _untagged(self, kind: str, answer: list[Any], name: str) -> list[Any]:
        if kind != "OK":
            raise self._wire.error(answer[-1])
        found: list[Any] = self._wire.untagged_responses.pop(name, [])
        return [each for each in found if each not in (None, b"")]


def _is_utf8(content: bytes) -> bool:
    head = re.split(rb"\r\n\r\n", content, maxsplit=1)[0]
    return not head.isascii()
