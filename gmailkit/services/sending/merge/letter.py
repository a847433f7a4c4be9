"""Template and row to the words of one message, or what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address, parse_addresses
from gmailkit.model.mail import Address
from gmailkit.services.sending.files import Room
from gmailkit.services.sending.merge.rows import Row
from gmailkit.services.sending.merge.text import cannot_read
from gmailkit.services.sending.words import ME, Words

if TYPE_CHECKING:
    from gmailkit.compose.template import Filled, Template

RECIPIENT = ("email", "e_mail", "mail", "address")
"""The columns that are the recipient where the template names none; the first that is there."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


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
    """One row's message in words. `to` are checked, and whom the row is for; `cc` and `bcc` see it
    too.
    """

    row: int
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    attach: tuple[Path, ...]
    folder: Path
    filled: Filled = field(repr=False)

    @property
    def recipients(self) -> int:
        return len({each.email.casefold() for each in (*self.to, *self.cc, *self.bcc)})

    def words(self, *, only_to: str = "") -> Words:
        """For `write`; with `only_to` it goes there alone, as a trial does."""
        filled = self.filled
        words = Words(
            to=only_to or [_typed(each) for each in self.to],
            cc=() if only_to else [_typed(each) for each in self.cc],
            bcc=() if only_to else [_typed(each) for each in self.bcc],
            reply_to=_many(filled.reply_to),
            sender=filled.sender or None,
            subject=filled.subject,
            text=filled.text,
            html=filled.html,
            attach=self.attach,
            headers=filled.headers,
            folder=self.folder,
        )
        if filled.markdown:
            words["markdown"] = filled.markdown
        return words


class Writer:
    """Makes the letter of each row. `own` tells the address of the mailbox, `roots` are the folders
    that attachments may lie in: a row must not be able to have any file of this machine sent.
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
        self._roots = tuple(root.expanduser().resolve() for root in roots)
        self._allow_empty = allow_empty
        self._fields = sorted(source.template.fields())
        self._size = lru_cache(maxsize=256)(_size)

    def letter(self, row: Row) -> Letter:
        """Raises UsageError that says what is wrong with the row; nothing is read or sent."""
        if row.wrong:
            raise UsageError(row.wrong)
        if not self._allow_empty:
            self._check_filled(row)
        filled = self._source.template.render(row.values)
        to = self._addresses(filled.to or _recipient(row))
        if not to:
            raise UsageError("It names no recipient.")
        letter = Letter(
            row=row.number,
            to=to,
            cc=self._addresses(filled.cc),
            bcc=self._addresses(filled.bcc),
            attach=tuple(self._attached(each) for each in filled.attach if each.strip()),
            folder=self._source.folder,
            filled=filled,
        )
        self._check(letter)
        return letter

    def _check_filled(self, row: Row) -> None:
        empty = [name for name in self._fields if row.values.get(name) == ""]
        if empty:
            raise UsageError(f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty.")

    def _check(self, letter: Letter) -> None:
        if _CONTROL.search(letter.filled.subject):
            raise UsageError("The subject holds a line break or another control character.")
        self._addresses(letter.filled.reply_to)
        room = Room()
        filled = letter.filled
        room.take(sum(len(t.encode()) for t in (filled.text, filled.html, filled.markdown)), "Text")
        for path in letter.attach:
            room.take(self._size(path), f"The attachment {path.name}")

    def _addresses(self, given: str | Iterable[str]) -> tuple[Address, ...]:
        found = [check_address(self._own() if each == ME else each) for each in _many(given)]
        return tuple({each.email.casefold(): each for each in reversed(found)}.values())[::-1]

    def _attached(self, name: str) -> Path:
        if "\0" in name:
            raise UsageError(f"{name!r} is no path.")
        path = (self._source.folder / Path(name.strip()).expanduser()).resolve()
        if not any(path.is_relative_to(root) for root in self._roots):
            raise UsageError(
                f"The attachment {name} lies outside of {self._source.folder}.",
                hint="Name its folder: --attach-from DIR.",
            )
        self._size(path)
        return path


def _recipient(row: Row) -> str:
    return next((str(row.values[name]) for name in RECIPIENT if row.values.get(name)), "")


def _many(given: str | Iterable[str]) -> tuple[str, ...]:
    """The addresses of a field one by one, each as it was written."""
    if not isinstance(given, str):
        return tuple(one for each in given for one in _many(each))
    if _CONTROL.search(given):
        raise UsageError(f"{given!r} holds a line break or another control character.")
    name, angle, email = given.strip().rpartition("<")
    if angle and email.endswith(">") and not set("@<:;") & set(name):
        # {{ name }} <{{ email }}>, where a name may be "Lee, Ann"
        found = (Address(email[:-1], name.strip().removeprefix('"').removesuffix('"')),)
    else:
        found = parse_addresses(given)
    if len(found) < 2 and not angle:
        return (given,) if given.strip() else ()
    return tuple(map(_typed, found))


def _typed(address: Address) -> str:
    """As a person has to type it: a comma in a name separates nothing."""
    if not address.name:
        return address.email
    name = address.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{address.email}>'


def _size(path: Path) -> int:
    """Bytes of an attachment that is there; UsageError else."""
    try:
        with path.open("rb"):
            size = path.stat().st_size
    except OSError as error:
        raise UsageError(f"Cannot read the attachment {path}: {error.strerror}.") from error
    return size
