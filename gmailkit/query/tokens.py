"""Query text cut into tokens: brackets, `OR`, minus signs, operator names, words, quoted texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from gmailkit.errors import QueryError


class Kind(StrEnum):
    """The values name the groups of the patterns below."""

    OPEN = "open"  # ( or {
    CLOSE = "close"  # ) or }
    AND = "and"
    OR = "or"  # OR or the bar
    AROUND = "around"
    MINUS = "minus"  # glued to the term it negates
    OPERATOR = "operator"  # a name with its colon
    WORD = "word"
    QUOTED = "quoted"


class Token(msgspec.Struct, frozen=True):
    """`position` is the 0-based offset in the query; `text` is free of quotes, plus and colon."""

    kind: Kind
    text: str
    position: int
    exact: bool = False


_VALUE = r"""(?P<open> [({] )
    | (?P<quoted> \+?"[^"]*"? )
    | (?P<word> [^\s(){}|"]+ )"""
_TERM = rf"(?P<operator> \w[\w-]*: ) | {_VALUE}"
_END = r"""(?= [\s(){}|"] | $ )"""
_ANYTHING = re.compile(
    rf"""(?P<close> [)}}] )
    | (?P<or> \| | OR{_END} )
    | (?P<and> AND{_END} )
    | (?P<around> AROUND{_END} )
    | (?P<minus> -(?=[^\s)}}|]) )
    | {_TERM}""",
    re.VERBOSE,
)
# What can be glued to a minus sign or a colon: there, `OR` is a word like any other.
_GLUED = {
    Kind.MINUS: re.compile(_TERM, re.VERBOSE),
    Kind.OPERATOR: re.compile(_VALUE, re.VERBOSE),
}
_BLANKS = re.compile(r"\s*")
_KEYWORDS = frozenset({"AND", "OR", "AROUND"})


def tokenize(query: str) -> Iterator[Token]:
    """Raises QueryError for a quotation mark that is never closed."""
    position, pattern = 0, _ANYTHING
    while (start := _skip_blanks(query, position)) < len(query):
        glued = pattern.match(query, start) if start == position else None
        piece = glued or _ANYTHING.match(query, start)
        assert piece, "every character begins a token"  # noqa: S101
        token = _token(query, Kind(str(piece.lastgroup)), piece[0], start)
        yield token
        position, pattern = piece.end(), _GLUED.get(token.kind, _ANYTHING)


def _skip_blanks(query: str, position: int) -> int:
    blanks = _BLANKS.match(query, position)
    return blanks.end() if blanks else position


def _token(query: str, kind: Kind, text: str, position: int) -> Token:
    match kind:
        case Kind.OPERATOR:
            return Token(kind, text[:-1], position)
        case Kind.WORD:
            # A keyword is a word only behind a minus sign or a colon; elsewhere it needs quotes.
            exact = text.startswith("+") or text in _KEYWORDS
            return Token(kind, text.removeprefix("+"), position, exact)
        case Kind.QUOTED:
            return Token(kind, _unquoted(query, text, position), position, exact=True)
        case _:
            return Token(kind, text, position)


def _unquoted(query: str, text: str, position: int) -> str:
    inside = text.removeprefix("+")[1:]
    if inside.endswith('"'):
        return " ".join(inside[:-1].split())
    raise QueryError(
        "A quotation mark is never closed.",
        query=query,
        position=position + text.index('"'),
        hint='Close it with ", or leave it out.',
    )
