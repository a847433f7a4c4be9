"""X-Gmail-Labels: a message's labels by name, as CSV, encoded and folded."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from gmailkit.sandbox.state.system_labels import CHAT, DRAFT, INBOX, SPAM, TRASH, UNREAD
from gmailkit.sandbox.takeout.languages import Words

_LONGEST_WORD = 75  # RFC 2047 section 2
_FIRST = 58  # beside the name of the field
_PLAIN = re.compile(rb"[A-Za-z0-9,.:/@!*+()&'-]")
_WHOLE = "=?UTF-8?Q?{}?="


def names_of(labels: Collection[str], own: Mapping[str, str], words: Words) -> list[str]:
    """System labels first, then the user's by name; `own` gives the names of user labels.

    Open: whether sent mail counts as archived. In newer archives it does.
    """
    found = [words.labels[id] for id in words.labels if id in labels and id != UNREAD]
    if not {INBOX, SPAM, TRASH, DRAFT, CHAT}.intersection(labels):
        found.insert(0, words.labels["ARCHIVED"])
    found.append(words.labels[UNREAD if UNREAD in labels else "OPENED"])
    return [*found, *sorted(own[id] for id in labels if id in own)]


def header(names: Collection[str]) -> bytes:
    """The whole field, its line ends CRLF. Encoded words may split a name, even within a word."""
    value = ",".join(map(_cell, names))
    if value.isascii() and value.isprintable():
        return f"X-Gmail-Labels: {value}\r\n".encode()
    return ("X-Gmail-Labels: " + "\r\n ".join(_encoded(value)) + "\r\n").encode()


def _cell(name: str) -> str:
    """Only a comma makes quotes needed."""
    if "," not in name:
        return name
    return '"' + name.replace('"', '""') + '"'


def _encoded(value: str) -> Iterator[str]:
    room = _FIRST - len(_WHOLE)
    piece = ""
    for sign in value:
        more = "_" if sign == " " else "".join(map(_quoted, sign.encode()))
        if len(piece) + len(more) > room:
            yield _WHOLE.format(piece)
            piece, room = "", _LONGEST_WORD - len(_WHOLE)
        piece += more
    yield _WHOLE.format(piece)


def _quoted(byte: int) -> str:
    return chr(byte) if _PLAIN.match(bytes((byte,))) else f"={byte:02X}"
