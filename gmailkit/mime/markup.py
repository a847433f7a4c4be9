"""HTML as a flat run of texts and tags, read the way browsers do (WHATWG HTML, section 13.2.5).

Every byte is looked at a bounded number of times. Python's html.parser is not used: unclosed
comments and tags make it start over again and again, which is quadratic.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

_MARK = re.compile(r"<(?:(?P<opens>[A-Za-z][^\s/>]*+)|/(?P<closes>[A-Za-z][^\s/>]*+)|[!?/])")
_ATTRIBUTE = re.compile(
    r"""[\s/]*+(?:(?P<end>>)
    |(?P<name>[^\s/>][^\s/>=]*+)
     (?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<bare>[^\s>"'][^\s>]*+)?))?)""",
    re.VERBOSE,
)
_COMMENT_END = re.compile(r"-->|--!>")
_LONG_NUMBER = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,}+;?")  # too long for int(), and no character

# Elements whose content is no markup and never shown as text.
_OPAQUE = frozenset(("script", "style", "title", "xmp", "iframe", "noembed", "noframes"))
KEPT = frozenset(("href", "alt", "style", "hidden", "start"))
_NONE: Mapping[str, str] = MappingProxyType({})


class Tag(NamedTuple):
    """A start tag, or with `closes` an end tag. Only the attributes asked for, in lower case."""

    name: str
    closes: bool = False
    attributes: Mapping[str, str] = _NONE


def read_markup(source: str, *, keep: frozenset[str] = KEPT) -> Iterator[str | Tag]:
    """Texts with entities decoded, and tags; comments, declarations and scripts are left out.

    `keep` are the attributes that tags shall have.
    """
    at = 0
    while found := _MARK.search(source, at):
        start = found.start()
        if start > at:
            yield unescape(source[at:start])
        if found["opens"]:
            tag, at = _start_tag(source, found, keep)
        elif found["closes"]:
            tag, at = Tag(found["closes"].lower(), closes=True), _after(source, ">", found.end())
        else:
            tag, at = None, _after_declaration(source, start)
        if tag:
            yield tag
    yield unescape(source[at:])


def unescape(text: str) -> str:
    """Character references decoded."""
    return html.unescape(_LONG_NUMBER.sub("\ufffd", text)) if "&" in text else text


def _after(source: str, end: str, at: int) -> int:
    """Behind the next `end`, or the end of everything, which is how browsers take it too."""
    found = source.find(end, at)
    return len(source) if found < 0 else found + len(end)


def _after_declaration(source: str, start: int) -> int:
    if not source.startswith("<!--", start):
        return _after(source, ">", start)
    if source.startswith((">", "->"), start + 4):
        return _after(source, ">", start)
    found = _COMMENT_END.search(source, start + 4)
    return found.end() if found else len(source)


def _start_tag(source: str, mark: re.Match[str], keep: frozenset[str]) -> tuple[Tag | None, int]:
    """The tag and where to go on; None when the source ends inside it."""
    attributes: dict[str, str] = {}
    at = mark.end()
    while found := _ATTRIBUTE.match(source, at):
        at = found.end()
        if found["end"]:
            return _opened(source, mark["opens"].lower(), attributes, at)
        key = found["name"].lower()
        if key in keep and key not in attributes:
            value = found["double"] or found["single"] or found["bare"] or ""
            attributes[key] = unescape(value)
    return None, len(source)


def _opened(source: str, name: str, attributes: dict[str, str], at: int) -> tuple[Tag | None, int]:
    if name not in _OPAQUE:
        return Tag(name, attributes=attributes or _NONE), at
    end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, at)
    return None, _after(source, ">", end.end()) if end else len(source)
