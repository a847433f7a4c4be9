"""What an HTML body shows, for searching: its text without layout, and where its links lead.

`mime.html` writes HTML as text for people (links as numbered references, lists, quotes); an index
wants the words alone. Time grows with the length of the page, however broken it is.
"""

from __future__ import annotations

import re
from html import unescape

import msgspec

_NAME = re.compile(r"/?([a-zA-Z][^\s/>]*)")
_LINK = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)|'([^']*)|([^\s"'>]+))""", re.IGNORECASE)
_HIDDEN = frozenset({"script", "style", "title", "template"})
# Their tags may stand inside a word.
_INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark o:p q s samp small span
    strike strong sub sup tt u var wbr""".split()
)
# More digits than any character has; int() refuses thousands of them.
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,};?")


class Page(msgspec.Struct, frozen=True):
    text: str
    links: tuple[str, ...]


def read_page(html: str) -> Page:
    """Never raises; a tag that is never closed hides what follows, as browsers have it."""
    shown: list[str] = []
    links: list[str] = []
    position = 0
    while (tag := html.find("<", position)) >= 0:
        shown.append(html[position:tag])
        position = _skip(html, tag, shown, links)
    shown.append(html[position:])
    return Page(_characters("".join(shown)), tuple(_characters(link) for link in links))


def _skip(html: str, start: int, shown: list[str], links: list[str]) -> int:
    """Where text goes on after the `<` at `start`."""
    if html.startswith("<!--", start):
        return _after(html, "-->", start + 4)
    name = _NAME.match(html, start + 1)
    if name is None and html[start + 1 : start + 2] not in ("!", "?", "/"):
        shown.append("<")
        return start + 1
    end = _after(html, ">", start + 1)
    tag = name[1].lower() if name else ""
    if tag not in _INLINE:
        shown.append(" ")
    if tag == "a" and (link := _LINK.search(html, start, end)):
        links.append(link[1] or link[2] or link[3] or "")
    if tag in _HIDDEN and not html.startswith("/", start + 1):
        close = re.compile(rf"</{tag}\b", re.IGNORECASE).search(html, end)
        return close.start() if close else len(html)
    return end


def _after(html: str, mark: str, start: int) -> int:
    found = html.find(mark, start)
    return found + len(mark) if found >= 0 else len(html)


def _characters(text: str) -> str:
    return unescape(_LONG_REFERENCE.sub(" ", text))
