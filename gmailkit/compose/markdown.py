"""Markdown to what a message shows: HTML, the plain text beside it, and the pictures it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gmailkit.compose.extra import needed_for
from gmailkit.compose.parts import bound
from gmailkit.compose.picture import cid_of
from gmailkit.compose.style import STYLE
from gmailkit.compose.value import unmask
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST = 1_000_000  # characters

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+(?=:)", re.IGNORECASE)  # two letters: C:\ is a path
_LINKS = frozenset("http https mailto tel sms geo ftp webcal xmpp matrix irc ircs".split())
_PICTURES = frozenset(("http", "https", "cid"))

_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
</head><body><div class="mail" dir="auto">
{}</div></body></html>
"""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`html` is a whole page, `pictures` are the paths it names by `cid_of`, each once."""

    html: str = field(repr=False)
    text: str = field(repr=False)
    pictures: tuple[str, ...] = ()


def render(markdown: str, *, css: str | None = None) -> Rendered:
    """CommonMark with tables and strikethrough. HTML in it is text.

    `css` takes the place of the house's style. Pictures of this machine become cid: and are listed,
    those elsewhere stay where they are. A link that leads nowhere from a mail (a relative one)
    keeps its words only. Nothing is read or loaded.

    UsageError for a link or picture of another kind (data:, javascript:), for Markdown over 1 MB or
    of too many parts (`parts.MOST_PARTS`), and without the extra.
    """
    if len(markdown) > MOST:
        raise UsageError(f"The Markdown is too long: {len(markdown):,} characters.")
    with needed_for("Markdown"):
        from gmailkit.compose.bare_links import with_links
        from gmailkit.compose.plain import plain_text
    parser = _parser()
    tokens = parser.parse(markdown)
    for token in tokens:
        # Before values are restored: an address that stands in one is none of the author's.
        token.children = list(with_links(token.children or (), parser.normalizeLink))
    _restore_values(tokens)
    tokens = list(_without_empty(tokens))
    pictures = tuple(dict.fromkeys(_settle(tokens)))
    text = plain_text(tokens)
    _name_pictures(tokens)
    page = _PAGE.format(parser.renderer.render(tokens, parser.options, {}))
    return Rendered(_inliner(STYLE if css is None else css)(page), text, pictures)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from markdown_it.common.normalize_url import normalizeLink, normalizeLinkText

    parser = MarkdownIt("js-default")
    # Which addresses may stand is decided below, where a refusal can say so.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: normalizeLink(unmask(url))  # type: ignore[method-assign]
    parser.normalizeLinkText = lambda link: normalizeLinkText(unmask(link))  # type: ignore[method-assign]
    bound(parser)
    parser.add_render_rule("table_open", lambda *_: '<div class="table"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


@lru_cache(maxsize=8)
def _inliner(css: str) -> Callable[[str], str]:
    with needed_for("Markdown"):
        from css_inline import CSSInliner

    return CSSInliner(extra_css=css, load_remote_stylesheets=False).inline


def _every(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or ())


def _restore_values(tokens: list[Token]) -> None:
    """What the values of a template were before they were masked, now that all is parsed."""
    for token in _every(tokens):
        token.info = unmask(token.info)
        if "title" in token.attrs:
            token.attrs["title"] = unmask(str(token.attrs["title"]))
        if token.type == "inline":
            token.children = [piece for child in token.children or () for piece in _pieces(child)]
        else:
            token.content = unmask(token.content)


def _without_empty(tokens: list[Token]) -> Iterator[Token]:
    """Without paragraphs in which there was nothing but an empty value."""
    at = 0
    while at < len(tokens):
        if tokens[at].type == "paragraph_open" and _says_nothing(tokens[at + 1]):
            at += 3  # with its text and its end
        else:
            yield tokens[at]
            at += 1


def _says_nothing(token: Token) -> bool:
    return all(child.type == "text" and not child.content for child in token.children or ())


def _pieces(token: Token) -> Iterator[Token]:
    """Text whose value has several lines (a postal address), as lines."""
    lines = unmask(token.content).split("\n") if token.type == "text" else []
    if len(lines) < 2:
        yield token
        return
    for number, line in enumerate(lines):
        if number:
            yield token.copy(type="hardbreak", tag="br", content="")
        yield token.copy(content=line)


def _settle(tokens: list[Token]) -> Iterator[str]:
    """Links and pictures as they may stand; the paths of pictures of this machine."""
    dead: list[bool] = []
    for token in _every(tokens):
        match token.type:
            case "link_open":
                token.attrs["href"] = _link(str(token.attrs.get("href", "")))
                dead.append(not token.attrs["href"])
                token.hidden = dead[-1]
            case "link_close":
                token.hidden = dead.pop()
            case "image":
                source = token.attrs["src"] = _picture(str(token.attrs.get("src", "")))
                if source and not _SCHEME.match(source):
                    yield source


def _link(url: str) -> str:
    """The address, or "" when it leads nowhere outside of a folder or a web site."""
    if url.startswith("//"):
        return f"https:{url}"
    scheme = _scheme(url)
    if not scheme:
        return f"https://{url}" if url.lower().startswith("www.") else ""
    if scheme not in _LINKS:
        raise _refused("link", url)
    return url


def _picture(url: str) -> str:
    """The address, or the path on this machine."""
    if url.startswith("//"):
        return f"https:{url}"
    scheme = _scheme(url)
    if scheme in _PICTURES:
        return url
    if scheme == "file":
        return unquote(url[len("file:") :].removeprefix("//"))
    if scheme:
        raise _refused("picture", url)
    return unquote(url)


def _scheme(url: str) -> str:
    found = _SCHEME.match(url)
    return found[0].lower() if found else ""


def _refused(what: str, url: str) -> UsageError:
    return UsageError(
        f"The {what} {url[:60]} cannot stand in a mail.",
        hint="Pictures are paths or https: addresses; links are https:, mailto:, tel: ...",
    )


def _name_pictures(tokens: list[Token]) -> None:
    for token in _every(tokens):
        if token.type == "image" and not _SCHEME.match(source := str(token.attrs["src"])):
            token.attrs["src"] = f"cid:{cid_of(source)}" if source else ""
