"""Header fields as programs write them: encoded words, folding, addresses, dates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Literal

from gmailkit.model.mail import Address

_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SPECIALS = frozenset('()<>[]:;@\\,."')  # RFC 5322 section 3.2.3
_WORD_LIMIT = 75  # RFC 2047 section 2
_LINE = 76

Encoding = Literal["B", "Q"]


def date_text(moment: datetime, zone: float = 0) -> str:
    """RFC 5322 date-time in the given zone; English whatever the machine's language is."""
    local = moment.astimezone(timezone(timedelta(hours=zone)))
    day = f"{_DAYS[local.weekday()]}, {local.day:02} {_MONTHS[local.month - 1]} {local.year}"
    return f"{day} {local:%H:%M:%S %z}"


def address_text(address: Address, *, charset: str = "utf-8", words: Encoding = "B") -> str:
    if not address.name:
        return address.email
    return f"{_phrase(address.name, charset, words)} <{address.email}>"


def addresses_text(
    addresses: Iterable[Address], *, charset: str = "utf-8", words: Encoding = "B"
) -> str:
    return ", ".join(address_text(one, charset=charset, words=words) for one in addresses)


def _phrase(name: str, charset: str, words: Encoding) -> str:
    if not name.isascii():
        return encoded(name, charset=charset, words=words)
    if _SPECIALS & set(name):
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return name


def encoded(text: str, *, charset: str = "utf-8", words: Encoding = "B") -> str:
    """ASCII text as it is, other text as encoded words that never split a character."""
    if text.isascii():
        return text
    done: list[str] = []
    chunk = ""
    for character in text:
        if chunk and len(_word(chunk + character, charset, words)) > _WORD_LIMIT:
            done.append(_word(chunk, charset, words))
            chunk = ""
        chunk += character
    return " ".join([*done, _word(chunk, charset, words)])


def _word(text: str, charset: str, words: Encoding) -> str:
    from binascii import b2a_base64

    octets = text.encode(charset)
    if words == "B":
        body = b2a_base64(octets, newline=False).decode()
    else:
        body = "".join(_q(octet) for octet in octets)
    return f"=?{charset}?{words}?{body}?="


def _q(octet: int) -> str:
    """RFC 2047 section 4.2, in the narrow form that is allowed in a phrase as well."""
    if octet == 0x20:
        return "_"
    character = chr(octet)
    return character if character.isascii() and character.isalnum() else f"={octet:02X}"


def field(name: str, value: str, *, indent: str = " ") -> bytes:
    """One header field with its line end, folded at blanks; line ends in `value` are kept."""
    lines: list[str] = []
    line = f"{name}:"
    for word in value.split(" "):
        if len(line) + 1 + len(word) > _LINE and line.strip() and not line.endswith(":"):
            lines.append(line)
            line = indent + word
        else:
            line += " " + word
        if "\r\n" in word:
            *full, line = line.split("\r\n")
            lines += full
    return ("\r\n".join([*lines, line]) + "\r\n").encode("utf-8")
