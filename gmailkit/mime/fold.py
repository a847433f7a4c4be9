"""Header fields as they are sent: folded, beyond ASCII as encoded words or RFC 2231 parameters.

The standard library does the work: `email.header` for text and addresses, `email.policy` for
parameters. Not the other way round: the folder of that policy drops the quotes of a long display
name ("Doe, John ..." then reads as two recipients) and encodes long message ids, which breaks
threads; `email.utils.formataddr` writes encoded words of any length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.policy import SMTP, compat32
from email.utils import quote

from gmailkit.model.mail import Address

_WIDTH = 76  # RFC 2047 section 2; the hard limit is 998
_LONGEST = 900  # characters without a blank that may stay as they are, on a line of their own
_ROOM = 64  # for a name or one word of it beside "Reply-To: "
_HELD = "\0"  # a blank in quotes, where no fold belongs; what is sent holds no NUL (check.py)

_DISPOSITION = "Content-Disposition"
_ONE_PIECE = compat32.clone(linesep="\r\n")

_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_QUOTABLE = re.compile(r"[ !#-;=?-\[\]-~]+")  # without what readers unquote once too often
_ATOMS = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)

_ASCII, _SHORTEST = Charset("us-ascii"), Charset("utf-8")
_READABLE, _RAW = Charset("utf-8"), Charset("utf-8")
_READABLE.header_encoding = QP
_RAW.header_encoding = None  # type: ignore[assignment]


def text_field(name: str, text: str) -> str:
    """An unstructured field (Subject and the like), with its line end.

    Plain words stay as they are. One odd blank or letter, and the whole text is encoded.
    """
    plain = _PLAIN.fullmatch(text) and "=?" not in text
    if not text or (plain and max(map(len, text.split(" "))) <= _LONGEST):
        return _folded(name, text, _ASCII)
    return _folded(name, text, _charset(text))


def id_field(name: str, ids: Iterable[str]) -> str:
    """Message ids, encoded only if no ASCII: a changed id breaks the thread."""
    text = " ".join(token for one in ids for token in one.split())
    return _folded(name, text, _ASCII) if text.isascii() else text_field(name, text)


def address_field(name: str, addresses: Iterable[Address]) -> str:
    """Display names encoded; an address beyond ASCII stays raw UTF-8 (RFC 6532)."""
    value = ", ".join(map(_mailbox, addresses))
    return _folded(name, value, _ASCII if value.isascii() else _RAW)


def disposition_value(disposition: str, filename: str) -> str:
    """A Content-Disposition, folded; a file name that is not plain by RFC 2231, in pieces."""
    if not filename:
        return disposition
    short = filename.isascii() and len(filename) < _WIDTH
    plain = short and _QUOTABLE.fullmatch(filename) and "=?" not in filename
    message = Message(_ONE_PIECE if short else SMTP)
    message.add_header(
        _DISPOSITION, disposition, filename=filename if plain else ("utf-8", "", filename)
    )
    field = message.policy.fold(_DISPOSITION, message[_DISPOSITION])
    return field.removeprefix(f"{_DISPOSITION}: ").strip()


def _folded(name: str, text: str, charset: Charset) -> str:
    as_is = charset is _ASCII or charset is _RAW  # `==` compares their names
    if as_is and len(name) + len(text) < _WIDTH - 2:
        return f"{name}: {text.replace(_HELD, ' ')}".rstrip() + "\r\n"
    header = Header(text, charset, header_name=name, maxlinelen=_WIDTH)
    # A first word too long for the rest of its line would go on the next; the first stays empty.
    value = header.encode(splitchars=" ", linesep="\r\n").lstrip()
    return f"{name}: {value.replace(_HELD, ' ')}".rstrip() + "\r\n"


def _mailbox(address: Address) -> str:
    email = address.email.replace(" ", _HELD)  # of a quoted local part
    return f"{_phrase(address.name)} <{email}>" if address.name else email


def _phrase(name: str) -> str:
    """A display name: atoms, one quoted string, or encoded words (RFC 5322 section 3.2.5).

    Encoded apart from its line, and so no oftener cut than it must be: some readers set a blank
    where two words meet.
    """
    if "=?" not in name and len(name) < _ROOM:
        if _ATOMS.fullmatch(name):
            return name
        if _PLAIN.fullmatch(name):
            return f'"{quote(name)}"'.replace(" ", _HELD)
    return Header(name, _charset(name), maxlinelen=_ROOM).encode(linesep="").lstrip()


def _charset(text: str) -> Charset:
    """UTF-8 in Q where most stays readable, else in B."""
    return _READABLE if sum(map(str.isascii, text)) * 2 > len(text) else _SHORTEST
