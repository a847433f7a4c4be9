"""The answers of a server in pieces: lists, strings, atoms (RFC 3501 section 9).

imapclient's reader takes a bracket in the name of a folder or label for one of the syntax, and
fails where it is not closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_TOKEN = re.compile(
    rb"""\s*(?:
    (?P<open>\() | (?P<close>\))
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | ~?\{(?P<literal>\d+)\+?\}$
    | (?P<atom>(?:BODY|BINARY)(?:\.PEEK)?\[[^\]]*\](?:<\d+>)?|[^\s()"]+)
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def parse(lines: Iterable[Any]) -> list[Any]:
    """Lists as tuples, strings and atoms as bytes, NIL as None. `lines` are as imaplib has them: a
    line, or one that ends with the size of a literal, together with that. ValueError for what is no
    such thing.
    """
    top: list[Any] = []
    open_: list[list[Any]] = [top]
    for kind, value in _tokens(lines):
        if kind == "open":
            open_.append([])
        elif kind == "close":
            if len(open_) == 1:
                raise ValueError("a bracket is closed that was not opened")
            closed = tuple(open_.pop())
            open_[-1].append(closed)
        else:
            open_[-1].append(value)
    if len(open_) > 1:
        raise ValueError("a bracket is not closed")
    return top


def _tokens(lines: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for line in lines:
        text, literal = line if isinstance(line, tuple) else (line, None)
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if not found:
                raise ValueError("what stands there is no word of IMAP")
            at = found.end()
            kind = found.lastgroup or ""
            value: Any = found[kind]
            if kind == "quoted":
                value = _ESCAPED.sub(rb"\1", value)
            elif kind == "literal":
                if literal is None or len(literal) != int(value):
                    raise ValueError("a literal is not as long as it says")
                value = literal
            elif kind == "atom" and value.upper() == b"NIL":
                value = None
            yield kind, value
