"""Parsed Markdown as plain text that is good to read: what programs without HTML show.

Lines are never wrapped: a paragraph is one line, as long as it is, and the reader's program flows
it. Addresses of links stand behind their words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from unicodedata import combining, east_asian_width

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_WIDEST = 78  # columns of a table that a reader's window surely shows
_UNDERLINES = {"h1": "=", "h2": "-"}


def plain_text(tokens: Sequence[Token]) -> str:
    """The text, its last line ended; "" for nothing."""
    lines = _blocks(SyntaxTreeNode(tokens).children)
    return "\n".join(line.rstrip() for line in lines) + "\n" if lines else ""


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> list[str]:
    """Lines; a blank one between two blocks, but for those of a tight list."""
    lines: list[str] = []
    before = None
    for node in nodes:
        if before is not None and not (_is_tight(before) or _is_tight(node)):
            lines.append("")
        lines += _block(node)
        before = node
    return lines


def _is_tight(node: SyntaxTreeNode) -> bool:
    return node.type == "paragraph" and node.hidden


def _block(node: SyntaxTreeNode) -> list[str]:
    match node.type:
        case "paragraph":
            return _inline(node).split("\n")
        case "heading":
            return _heading(_inline(node), _UNDERLINES.get(node.tag, ""))
        case "blockquote":
            return [f"> {line}" for line in _blocks(node.children)]
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "fence" | "code_block":
            return [f"    {line}" for line in node.content.rstrip("\n").split("\n")]
        case "hr":
            return ["-" * 20]
        case "table":
            return _table(node)
    return _blocks(node.children)


def _heading(text: str, underline: str) -> list[str]:
    text = text.replace("\n", " ")
    return [text, underline * min(_width(text), _WIDEST)] if underline and text else [text]


def _list(node: SyntaxTreeNode) -> list[str]:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    loose = any(not child.hidden for item in node.children for child in _paragraphs(item))
    lines: list[str] = []
    for number, item in enumerate(node.children):
        if loose and lines:
            lines.append("")
        mark = "- " if first is None else f"{first + number}. "
        inside = _blocks(item.children) or [""]
        lines += [mark + inside[0], *(" " * len(mark) + line for line in inside[1:])]
    return lines


def _paragraphs(item: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    return (child for child in item.children if child.type == "paragraph")


def _table(node: SyntaxTreeNode) -> list[str]:
    """In columns where they fit, else each row as lines of "heading: cell"."""
    rows = [
        [(_inline(cell).replace("\n", " "), cell.attrs.get("style", "")) for cell in row.children]
        for part in node.children
        for row in part.children
    ]
    widths = [max(_width(text) for text, _ in column) for column in zip(*rows, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > _WIDEST and len(rows) > 1:
        return _records([[text for text, _ in row] for row in rows])
    lines = [
        "  ".join(_set(*cell, width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _records(rows: list[list[str]]) -> list[str]:
    heading, *others = rows
    blocks = (
        [f"{name}: {cell}" for name, cell in zip(heading, row, strict=True) if cell]
        for row in others
    )
    return list(chain.from_iterable(["", *block] for block in blocks))[1:]


def _set(text: str, style: str | int | float, width: int) -> str:
    room = width - _width(text)
    if style == "text-align:right":
        return " " * room + text
    before = room // 2 if style == "text-align:center" else 0
    return " " * before + text + " " * (room - before)


def _width(text: str) -> int:
    """Columns on a terminal."""
    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "code_inline":
            return f"`{node.content}`"
        case "image":
            return _picture(node)
    inside = "".join(map(_inline, node.children))
    if not inside and node.type != "link":
        return ""
    match node.type:
        case "strong":
            return f"*{inside}*"
        case "em":
            return f"_{inside}_"
        case "s":
            return f"~{inside}~"
        case "link":
            bare = node.markup in ("linkify", "autolink")
            return inside if bare else _link(inside, str(node.attrs.get("href", "")))
    return inside


def _link(words: str, url: str) -> str:
    shown = url.removeprefix("mailto:")
    if not shown or words in (shown, url) or url.rstrip("/").endswith(f"://{words}"):
        return words
    return f"{words} <{shown}>" if words else f"<{shown}>"


def _picture(node: SyntaxTreeNode) -> str:
    source = str(node.attrs.get("src", ""))
    words = "".join(map(_inline, node.children)) or source.rpartition("/")[2]
    return f"[{words}] <{source}>" if source.startswith(("http:", "https:")) else f"[{words}]"
