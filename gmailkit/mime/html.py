"""HTML of a message to the plain text a person reads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gmailkit.mime.layout import Layout
from gmailkit.mime.markup import KEPT, Tag, read_markup
from gmailkit.mime.pixel import pixel_host

MAX_INPUT = 2_000_000  # characters; the longest newsletters have a seventh of that

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_UNSEEN = frozenset("template object audio video canvas select datalist".split())
_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_LINES = frozenset(
    """address article aside body caption center dd details div dl dt fieldset figcaption figure
    footer form header html legend main nav section summary table tbody tfoot thead tr""".split()
)
_PARAGRAPHS = frozenset("blockquote h1 h2 h3 h4 h5 h6 p pre".split()) | _LISTS

# Elements that mean something here. Others (b, span, font ...) are followed only to find the end of
# something hidden.
_FOLLOWED = _LINES | _PARAGRAPHS | _UNSEEN | {"li", "td", "th", "a"}

# End tags that may be left out: a start tag first ends these, if they are innermost.
_ENDS = dict.fromkeys(_LINES | _PARAGRAPHS, frozenset(("p",))) | {
    "li": frozenset(("li", "p")),
    "dt": frozenset(("dt", "dd", "p")),
    "dd": frozenset(("dt", "dd", "p")),
    "td": frozenset(("td", "th", "p")),
    "th": frozenset(("td", "th", "p")),
    "tr": frozenset(("td", "th", "tr", "p")),
    "a": frozenset(("a",)),
}

# An end tag does not reach out of a cell, save those of tables themselves.
_SCOPES = frozenset(("table", "td", "th", "caption"))
_TABLE = _SCOPES | {"tr", "tbody", "thead", "tfoot", "body", "html"}

_READ = KEPT | {"src", "width", "height"}
_HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all")
_SHOWN_SCHEMES = ("http://", "https://", "mailto:", "ftp://", "tel:")
_PLAIN_URL = re.compile(r"\A(?:https?://|ftp://|mailto:|tel:)?(?:www\.)?|[?].*\Z|/\Z")

# Invisible characters that pad previews; the joiners among them matter only inside words.
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u034f\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"))
_FILLER = re.compile(r"(?<!\S)[\u200c-\u200f]+(?!\S)")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rendered:
    """HTML as a person reads it: `text` refers to `links` as [1] and so on; `pixels` are the hosts
    of pictures that nobody sees, one for each, which tell their sender when the message is opened.
    """

    text: str
    links: tuple[str, ...]
    pixels: tuple[str, ...]


def html_to_text(html: str) -> str:
    """`render` with the addresses of the links listed at the end."""
    found = render(html)
    listed = "\n".join(f"[{number}] {url}" for number, url in enumerate(found.links, start=1))
    return f"{found.text}\n\n{listed}" if listed else found.text


def render(html: str) -> Rendered:
    """The text of `html` in reading order, with LF line ends and no other control character.

    Blocks stand on lines of their own, list items after "- " or their number, quotes after "> ",
    table cells two blanks apart. A link is followed by "[1]", unless its text is its address.
    Pictures give their alt text. Scripts, styles and hidden elements are left out. Time and memory
    grow with the length alone, which is cut at 2 million characters with a note.
    """
    reader = _Reader()
    for item in read_markup(html[:MAX_INPUT], keep=_READ):
        if isinstance(item, str):
            reader.text(item)
        elif item.closes:
            reader.close(item.name)
        else:
            reader.open(item)
    reader.close_all()
    text = reader.text_read()
    if len(html) > MAX_INPUT:
        text += "\n\n[The rest is too long to show.]"
    links = tuple(_CONTROL.sub(" ", url) for url in reader.links())
    return Rendered(_CONTROL.sub(" ", text), links, tuple(reader.pixels))


class _Reader:
    """Follows the open elements, and tells the layout what they mean."""

    def __init__(self) -> None:
        self._layout = Layout()
        self._links = _Links()
        self._open: list[tuple[str, bool]] = []  # name, whether it hides what is inside
        self._places: dict[str, list[int]] = {}  # name -> its indexes in `_open`
        self._scopes: list[int] = []
        self._lists: list[int] = []  # number of the next item; 0 for bullets
        self._unseen = 0
        self._verbatim = 0
        self.pixels: list[str] = []

    def text(self, text: str) -> None:
        if self._unseen:
            return
        if not text.isascii():
            text = _FILLER.sub("", text.translate(_INVISIBLE))
        self._links.text(text)
        if self._verbatim:
            self._layout.verbatim(text)
        else:
            self._layout.text(text)

    def open(self, tag: Tag) -> None:
        if tag.name in _VOID:
            self._void(tag)
            return
        hides = tag.name in _UNSEEN or _is_hidden(tag)
        if not (hides or self._unseen or tag.name in _FOLLOWED):
            return
        ends = _ENDS.get(tag.name, ())
        while self._open and self._open[-1][0] in ends:
            self._pop()
        self._push(tag.name, hides)
        if not self._unseen:
            self._enter(tag)

    def close(self, name: str) -> None:
        """Ends the innermost element of that name with all inside; a stray end tag is nothing."""
        places = self._places.get(name)
        if not places or (name not in _TABLE and self._scopes and self._scopes[-1] > places[-1]):
            return
        place = places[-1]
        while len(self._open) > place:
            self._pop()

    def close_all(self) -> None:
        while self._open:
            self._pop()

    def text_read(self) -> str:
        return self._layout.result()

    def links(self) -> tuple[str, ...]:
        return self._links.all()

    def _push(self, name: str, hides: bool) -> None:
        if name in _SCOPES:
            self._scopes.append(len(self._open))
        self._places.setdefault(name, []).append(len(self._open))
        self._open.append((name, hides))
        self._unseen += hides

    def _pop(self) -> None:
        name, hides = self._open.pop()
        self._places[name].pop()
        if name in _SCOPES:
            self._scopes.pop()
        if not self._unseen:
            self._leave(name)
        self._unseen -= hides

    def _void(self, tag: Tag) -> None:
        if tag.name == "img" and (host := pixel_host(tag.attributes)):
            self.pixels.append(host)
        if self._unseen or _is_hidden(tag):
            return
        match tag.name:
            case "br":
                self._layout.line_break()
            case "hr":
                self._layout.gap(1)
                self._layout.text("-" * 20)
                self._layout.gap(1)
            case "img":
                self.text(tag.attributes.get("alt", ""))

    def _enter(self, tag: Tag) -> None:
        self._space(tag.name)
        match tag.name:
            case "li":
                self._layout.bullet(self._bullet())
            case "ul" | "ol" | "menu" | "dir":
                self._lists.append(_first_number(tag) if tag.name == "ol" else 0)
                self._layout.indent += 1
            case "blockquote":
                self._layout.quotes += 1
            case "pre":
                self._verbatim += 1
            case "td" | "th":
                self._layout.cell()
            case "a":
                self._links.open(tag.attributes.get("href", ""))

    def _leave(self, name: str) -> None:
        match name:
            case "li":
                self._layout.drop_bullet()
                self._layout.gap(1)
            case "ul" | "ol" | "menu" | "dir":
                self._lists.pop()
                self._layout.indent -= 1
            case "blockquote":
                self._layout.quotes -= 1
            case "pre":
                self._verbatim -= 1
            case "a":
                self._layout.attach(self._links.close())
        self._space(name)

    def _space(self, name: str) -> None:
        if name in _PARAGRAPHS:
            self._layout.gap(1 if name in _LISTS and self._lists else 2)
        elif name in _LINES:
            self._layout.gap(1)

    def _bullet(self) -> str:
        if not self._lists or not self._lists[-1]:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1] - 1}. "


class _Links:
    """The addresses of links, each listed once."""

    def __init__(self) -> None:
        self._open: list[tuple[str, list[str]]] = []
        self._numbers: dict[str, int] = {}

    def open(self, url: str) -> None:
        self._open.append(("".join(url.split()), []))

    def text(self, text: str) -> None:
        if self._open:
            self._open[-1][1].append(text)

    def close(self) -> str:
        """The reference to set behind the link's text, or ""."""
        url, pieces = self._open.pop()
        text = "".join("".join(pieces).split())
        if not text or not url.lower().startswith(_SHOWN_SCHEMES):
            return ""
        if _PLAIN_URL.sub("", text.lower()) == _PLAIN_URL.sub("", url.lower()):
            return ""
        return f" [{self._numbers.setdefault(url, len(self._numbers) + 1)}]"

    def all(self) -> tuple[str, ...]:
        return tuple(self._numbers)


def _is_hidden(tag: Tag) -> bool:
    style = tag.attributes.get("style", "")
    return "hidden" in tag.attributes or bool(
        style and _HIDDEN.search("".join(style[:2_000].lower().split()))
    )


def _first_number(tag: Tag) -> int:
    start = tag.attributes.get("start", "1")
    return int(start) if start.isdecimal() and len(start) < 6 else 1
