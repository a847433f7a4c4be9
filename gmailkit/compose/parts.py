"""What a Markdown text may cost: counted in parts, before the work that they make is done.

The parser looks ahead from each `[`, and each level of a list is begun on every line: a megabyte of
either would take a minute. A part is a line, a container begun (a list's item, a quote), a piece
of text (a paragraph, a cell) or a character that may be markup in one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MOST_PARTS = 25_000  # read and rendered in about two seconds
_MARK = re.compile(r"[\[\]!*_~`<&\\]")
_KEY = "parts"


def bound(parser: MarkdownIt) -> None:
    """Let `parser` raise UsageError for a text of more parts."""
    parser.core.ruler.after("normalize", "lines", lambda state: _pay(state, state.src.count("\n")))
    parser.core.ruler.after("block", "marks", _pay_for_texts)
    tokenize = parser.block.tokenize

    def begin(state: Any, first: int, end: int) -> None:
        _pay(state, 1)
        tokenize(state, first, end)

    parser.block.tokenize = begin  # type: ignore[assignment, method-assign]


def _pay_for_texts(state: Any) -> None:
    for token in state.tokens:
        if token.type == "inline":
            _pay(state, 1 + sum(1 for _ in _MARK.finditer(token.content)))


def _pay(state: Any, parts: int) -> None:
    paid = state.env[_KEY] = state.env.get(_KEY, 0) + parts
    if paid > MOST_PARTS:
        raise UsageError(
            f"The Markdown has more than {MOST_PARTS:,} parts: lines, list items, marks as [ or *.",
            hint="Send it as plain text or HTML, or as an attachment.",
        )
