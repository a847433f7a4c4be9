"""Values inside of text that has a syntax (Markdown, address lists), kept from becoming syntax.

A masked value has a noncharacter in the place of each ASCII punctuation mark and each blank.
Unicode keeps those for use inside of a program, they mean nothing to any syntax, and once the text
around them has been read they are turned back. So a name like `*Ann*` stays a name, in running
text, in code and in the address of a link alike, which no backslash would achieve.
"""

from __future__ import annotations

_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_BLANKS = "\t\n\r \x0b\x0c"
_OF_MARKS = range(0xFDD0, 0xFDF0)
_OF_BLANKS = (0x1FFFE, 0x1FFFF, 0x2FFFE, 0x2FFFF, 0x3FFFE, 0x3FFFF)

_MASK = str.maketrans(dict(zip(_MARKS + _BLANKS, map(chr, (*_OF_MARKS, *_OF_BLANKS)), strict=True)))
_UNMASK = {ord(masked): plain for plain, masked in ((chr(p), m) for p, m in _MASK.items())}


def mask(value: str) -> str:
    """The value for putting into text; a line end is one sign."""
    return value.replace("\r\n", "\n").translate(_MASK)


def unmask(text: str) -> str:
    """The text with its values as they were."""
    return text if text.isascii() else text.translate(_UNMASK)
