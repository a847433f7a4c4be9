"""Web addresses that stand bare in a text become links, since some mail programs make none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from markdown_it.token import Token

_BARE = re.compile(r"\bhttps?://[^\s<>\"\\^`{|}\[\]]+", re.IGNORECASE)  # as in RFC 3986
_TRAILING = ".,;:!?'*_~"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def with_links(tokens: Iterable[Token], target: Callable[[str], str]) -> Iterator[Token]:
    """The tokens of one paragraph; `target` makes what a link points to from what is written."""
    inside = 0
    for token in tokens:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not inside and "://" in token.content:
            yield from _linked(token, target)
        else:
            yield token


def _linked(token: Token, target: Callable[[str], str]) -> Iterator[Token]:
    at = 0
    for found in _BARE.finditer(token.content):
        url = _without_trailing(found[0])
        yield token.copy(content=token.content[at : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": target(url)}, markup="linkify")
        yield token.copy(content=url)
        yield Token("link_close", "a", -1, markup="linkify")
        at = found.start() + len(url)
    yield token.copy(content=token.content[at:])


def _without_trailing(url: str) -> str:
    """Without the punctuation of the sentence around it."""
    while url[-1] in _TRAILING or url.count(url[-1]) > url.count(_PAIRS.get(url[-1], url[-1])):
        url = url[:-1]
    return url
