"""Values inside of text that has a syntax (Markdown, address lists), kept from becoming syntax.

A masked value has a noncharacter in the place of each ASCII punctuation mark and each blank.
An empty one is a noncharacter, too, or `**{{ name }}**` would become a rule across the page.
Unicode keeps those for use inside of a program, they mean nothing to any syntax, and once the text
around them has been read they are turned back. So a name like `*Ann*` stays a name, in running
text, in code and in the address of a link alike, which no backslash would achieve.
"""

from __future__ import annotations

_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_BLANKS = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_NONCHARACTERS = (
    *range(0xFDD0, 0xFDF0),
    *(n for p in range(1, 17) for n in (p << 16 | 0xFFFE, p << 16 | 0xFFFF)),
)
_EMPTY = "\U0010ffff"

_MASK = dict(zip(map(ord, _MARKS + _BLANKS), map(chr, _NONCHARACTERS), strict=False))
_UNMASK = {ord(masked): chr(plain) for plain, masked in _MASK.items()} | {ord(_EMPTY): ""}


def mask(value: str) -> str:
    """The value for putting into text; a line end is one sign."""
    return value.replace("\r\n", "\n").translate(_MASK) or _EMPTY


def unmask(text: str) -> str:
    """The text with its values as they were."""
    return text if text.isascii() else text.translate(_UNMASK)
