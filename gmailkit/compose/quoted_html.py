"""A stranger's HTML to what may stand in a message of one's own.

Only elements, attributes and properties of these lists come through, written anew and balanced: so
nothing in it runs, loads (but pictures, where wanted), covers what is around it, or ends the quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from gmailkit.mime.markup import Tag, read_markup

MOST_HTML = 1_000_000  # characters; the longest newsletters have half of that
_DEEPEST = 100  # elements inside each other; deeper ones lose their tags, not their text

_VOID = frozenset(("br", "hr", "img", "wbr", "col"))
_KEPT = _VOID | frozenset(
    """a abbr address article aside b big blockquote caption center cite code colgroup dd del dfn
    div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header i ins kbd li main mark ol p
    pre q s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt
    u ul var""".split()
)
_GONE = frozenset(
    "applet audio canvas datalist math object select svg template textarea video".split()
)  # with all that is inside
_CELLS = frozenset(("td", "th", "caption"))
_TABLE = _CELLS | {"table", "tr", "tbody", "thead", "tfoot"}

# End tags that may be left out: a start tag ends these, if one of them is innermost.
_ENDS: Mapping[str, frozenset[str]] = {
    "p": frozenset(("p",)),
    "li": frozenset(("li", "p")),
    "dt": frozenset(("dt", "dd", "p")),
    "dd": frozenset(("dt", "dd", "p")),
    "td": frozenset(("td", "th", "p")),
    "th": frozenset(("td", "th", "p")),
    "tr": frozenset(("td", "th", "tr", "p")),
}
_ATTRIBUTES = frozenset(
    """align alt bgcolor border cellpadding cellspacing color colspan dir face height lang rowspan
    size start title type valign width""".split()
)
_READ = _ATTRIBUTES | {"class", "hidden", "href", "src", "style"}

_LINKS = re.compile(r"(?:https?|mailto|tel|ftp):", re.IGNORECASE)
_PICTURES = re.compile(r"(?:https?|cid):", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TINY = re.compile(r"\s*[0-2]\s*(?:px)?\s*")
_HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all")
_PROPERTY = re.compile(
    r"(?:background-color|border(?:-[a-z]+)*|color|direction|font(?:-[a-z]+)*|height|letter-spacing"
    r"|line-height|list-style-type|margin(?:-[a-z]+)?|max-(?:height|width)|min-(?:height|width)"
    r"|padding(?:-[a-z]+)?|text-(?:align|decoration|indent|transform)|vertical-align|white-space"
    r"|width|word-(?:break|wrap)|overflow-wrap)"
)
# No escape, no second declaration, and no negative length, which would move it over its neighbour.
_VALUE = re.compile(r"(?!.*(?:^|[ ,(])-)[\w #%.,()+!'\"/-]+")
_FUNCTION = re.compile(r"([\w-]*) ?\(")
_FUNCTIONS = frozenset(("rgb", "rgba", "hsl", "hsla"))
_LONGEST_STYLE = 2_000


def quoted_html(html: str, *, remote: bool) -> tuple[str, frozenset[str]]:
    """The HTML, and the Content-IDs (lower case) of the pictures it shows.

    With `remote` pictures from the net stay, but for those too small to be seen, which count who
    reads. Others are replaced by their alt text.
    """
    writer = _Writer(remote=remote)
    for item in read_markup(html[:MOST_HTML], keep=_READ):
        if isinstance(item, str):
            writer.text(item)
        elif item.closes:
            writer.close(item.name)
        else:
            writer.open(item)
    return writer.result(), frozenset(writer.shown)


class _Writer:
    """Follows the open elements; writes what may be seen."""

    def __init__(self, *, remote: bool) -> None:
        self.shown: set[str] = set()
        self._remote = remote
        self._out: list[str] = []
        self._open: list[tuple[str, bool]] = []  # name, whether it hides what is inside
        self._unseen = 0

    def text(self, text: str) -> None:
        if not self._unseen:
            self._out.append(escape(_CONTROL.sub(_blank, text), quote=False))

    def open(self, tag: Tag) -> None:
        if tag.name == "img":
            self._picture(tag)
        elif tag.name in _VOID:
            self._write(_start(tag, _plain(tag)))
        elif tag.name in _KEPT or tag.name in _GONE:
            self._element(tag)

    def close(self, name: str) -> None:
        """Ends the innermost element of that name; a stray end tag is nothing.

        An end tag does not reach out of a cell, save those of tables themselves.
        """
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == name:
                self._end(place)
                return
            if self._open[place][0] in _CELLS and name not in _TABLE:
                return

    def result(self) -> str:
        self._end(0)
        return "".join(self._out)

    def _element(self, tag: Tag) -> None:
        ends = _ENDS.get(tag.name, ())
        while self._open and self._open[-1][0] in ends:
            self._end(len(self._open) - 1)
        hides = tag.name in _GONE or _is_hidden(tag)
        if len(self._open) >= _DEEPEST * (1 + hides):
            return
        self._unseen += hides
        self._open.append((tag.name, hides))
        attributes = _plain(tag)
        if tag.name == "a" and (link := _address(tag, "href", _LINKS)):
            attributes["href"] = link
        self._write(_start(tag, attributes))

    def _picture(self, tag: Tag) -> None:
        source = _address(tag, "src", _PICTURES)
        if source[:4].lower() == "cid:":
            self.shown |= set() if self._unseen else {source[4:].lower()}
        elif not source or not self._remote or _is_unseen(tag):
            self.text(tag.attributes.get("alt", ""))
            return
        self._write(_start(tag, {"src": source, **_plain(tag)}))

    def _end(self, place: int) -> None:
        while len(self._open) > place:
            name, hides = self._open.pop()
            self._write(f"</{name}>")
            self._unseen -= hides

    def _write(self, markup: str) -> None:
        if not self._unseen:
            self._out.append(markup)


def _start(tag: Tag, attributes: Mapping[str, str]) -> str:
    written = (f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag.name}{''.join(written)}>"


def _plain(tag: Tag) -> dict[str, str]:
    """The attributes that may stay as they are, and what may stay of a style."""
    found = {n: _CONTROL.sub(" ", v) for n, v in tag.attributes.items() if n in _ATTRIBUTES}
    if style := "; ".join(_declarations(tag.attributes.get("style", ""))):
        found["style"] = style
    if tag.attributes.get("class", "").startswith("gmail_"):  # so quotes in it fold as before
        found["class"] = tag.attributes["class"].split()[0]
    return found


def _declarations(style: str) -> Iterable[str]:
    for declaration in " ".join(style[:_LONGEST_STYLE].split()).split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not (_PROPERTY.fullmatch(name) and _VALUE.fullmatch(value)):
            continue
        if _FUNCTIONS.issuperset(_FUNCTION.findall(value.lower())):
            yield f"{name}: {value}"


def _address(tag: Tag, name: str, schemes: re.Pattern[str]) -> str:
    """Browsers leave out line ends and tabs in an address, wherever they stand."""
    address = _CONTROL.sub("", tag.attributes.get(name, "")).strip()
    return address if schemes.match(address) else ""


def _is_hidden(tag: Tag) -> bool:
    style = tag.attributes.get("style", "")[:_LONGEST_STYLE]
    return "hidden" in tag.attributes or bool(_HIDDEN.search("".join(style.lower().split())))


def _is_unseen(tag: Tag) -> bool:
    sizes = [tag.attributes.get(name, "") for name in ("width", "height")]
    return _is_hidden(tag) or any(map(_TINY.fullmatch, sizes))


def _blank(found: re.Match[str]) -> str:
    return found[0] if found[0] in "\t\n" else " "
