"""Template and row to the words of one message, or what is wrong with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from gmailkit.compose.recipients import read_recipients
from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address
from gmailkit.model.mail import Address
from gmailkit.services.sending.merge.cell import blamed, empty, filling, missing
from gmailkit.services.sending.merge.rows import Row
from gmailkit.services.sending.merge.text import cannot_read
from gmailkit.services.sending.words import ME, Words
from gmailkit.services.sending.writing.files import Room
from gmailkit.services.sending.writing.pictures import place_of, shown_by
from gmailkit.services.sending.writing.roots import Roots

if TYPE_CHECKING:
    from gmailkit.compose.template import Filled, Template

RECIPIENT = ("email", "e_mail", "mail", "address")
"""The columns that are the recipient where the template names none; the first that is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTemplate:
    """A template as it lies in a file. `digest` names its text, `folder` is where files are
    looked for that it attaches.
    """

    name: str
    digest: str
    folder: Path
    template: Template = field(repr=False)

    @classmethod
    def read(cls, path: str | Path) -> LetterTemplate:
        """Raises UsageError for what cannot be read, or is no template."""
        from gmailkit.compose.template import read_template

        path = Path(path).expanduser()
        try:
            raw = path.read_bytes()
            text = raw.decode("utf-8-sig")
        except OSError as error:
            raise cannot_read(path, error) from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{path} is not UTF-8.", hint="Save it as UTF-8.") from error
        digest = sha256(raw).hexdigest()
        template = read_template(text)
        return cls(name=path.stem, digest=digest, folder=path.absolute().parent, template=template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One row's message in words. `to` are those whom the row is for (`whom` as they were written),
    `cc` and `bcc` see it too; all are checked.
    """

    row: int
    whom: tuple[str, ...] = field(repr=False)
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    attach: tuple[Path, ...]
    roots: tuple[Path, ...]
    filled: Filled = field(repr=False)

    @property
    def recipients(self) -> int:
        return len({each.email.casefold() for each in (*self.to, *self.cc, *self.bcc)})

    def words(self, *, only_to: str = "") -> Words:
        """For `write`; with `only_to` it goes there alone, as a trial does."""
        filled = self.filled
        words = Words(
            to=only_to or self.whom,
            cc=() if only_to else filled.cc,
            bcc=() if only_to else filled.bcc,
            reply_to=filled.reply_to,
            sender=filled.sender,
            subject=filled.subject,
            text=filled.text,
            html=filled.html,
            attach=self.attach,
            headers=filled.headers,
            pictures_in=self.roots,
        )
        if filled.markdown:
            words["markdown"] = filled.markdown
        return words


class Writer:
    """Makes the letter of each row. `own` tells the address of the mailbox, `roots` are the folders
    that attachments and pictures may lie in: a row must not be able to have any file of this
    machine sent.
    """

    def __init__(
        self,
        source: LetterTemplate,
        *,
        own: Callable[[], str],
        roots: Iterable[Path],
        allow_empty: bool,
    ) -> None:
        self._source = source
        self._own = own
        self._folders = tuple(roots)
        self._roots = Roots(self._folders)
        self._allow_empty = allow_empty
        self._fields = sorted(source.template.fields())
        self._size = lru_cache(maxsize=256)(_size)

    def letter(self, row: Row) -> Letter:
        """Raises UsageError that says what is wrong with the row; nothing is read or sent."""
        if row.wrong:
            raise UsageError(row.wrong)
        self._check_filled(row)
        with filling(row.values):
            filled = self._source.template.render(row.values)
        whom = filled.to or self._recipient(row)
        letter = Letter(
            row=row.number,
            whom=whom,
            to=self._addresses(whom),
            cc=self._addresses(filled.cc),
            bcc=self._addresses(filled.bcc),
            attach=self._attach(row, filled),
            roots=self._folders,
            filled=filled,
        )
        self._check_room(row, letter)
        return letter

    def _check_filled(self, row: Row) -> None:
        if without := [name for name in self._fields if name not in row.values]:
            raise missing(without)
        blank = [name for name in self._fields if row.values[name] == ""]
        if blank and not self._allow_empty:
            raise empty(blank)

    def _recipient(self, row: Row) -> tuple[str, ...]:
        """Where the template names nobody."""
        for name in RECIPIENT:
            if cell := str(row.values.get(name, "")):
                with blamed((name,), row.values):
                    return tuple(read_recipients(cell))
        named = self._source.template.names_in("to") or row.values.keys() & set(RECIPIENT)
        if named:
            raise empty(named)
        raise UsageError(f"It names no recipient: it has no {', '.join(RECIPIENT)}.")

    def _attach(self, row: Row, filled: Filled) -> tuple[Path, ...]:
        with blamed(self._source.template.names_in("attach"), row.values):
            return tuple(map(self._attached, filled.attach))

    def _check_room(self, row: Row, letter: Letter) -> None:
        room = Room()
        filled, template = letter.filled, self._source.template
        room.take(sum(len(t.encode()) for t in (filled.text, filled.html, filled.markdown)), "Text")
        with blamed(template.names_in("attach"), row.values):
            for path in letter.attach:
                room.take(self._size(path), f"The attachment {path.name}")
        if template.varies:  # else the first message shows what is wrong with all
            with blamed(template.names_in("body"), row.values):
                for each in shown_by(filled.html, filled.markdown):
                    path = place_of(each, self._roots)
                    room.take(self._size(path), f"The picture {path.name}")

    def _addresses(self, given: Iterable[str]) -> tuple[Address, ...]:
        found = [check_address(self._own() if each == ME else each) for each in given]
        return tuple({each.email.casefold(): each for each in reversed(found)}.values())[::-1]

    def _attached(self, name: str) -> Path:
        """Where it lies: in the first of the folders that has it. UsageError when none does."""
        path = self._roots.find(name)
        if path is None:
            raise UsageError(
                f"The attachment {name!r} lies outside of {self._source.folder}, or is hidden.",
                hint="Name its folder: --attach-from DIR.",
            )
        self._size(path)
        return path


def _size(path: Path) -> int:
    """Bytes of an attachment that is there; UsageError else. A pipe would never end."""
    try:
        status = path.stat()
    except OSError as error:
        raise UsageError(f"Cannot read the attachment {path}: {error.strerror}.") from error
    if not S_ISREG(status.st_mode) or not os.access(path, os.R_OK):
        raise UsageError(f"The attachment {path} is no file that can be read.")
    return status.st_size
