"""Text on a terminal: nothing in a mail may steer it, and columns line up in every script."""

from __future__ import annotations

import re
import shutil

from gmailkit.model.counted import count_text as count_text

# C0 and C1 controls, marks that reorder what follows, line and paragraph separators, tag
# characters (invisible text), lone surrogates: shown as escapes, never sent.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_UNSAFE_IN_TEXT = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x08\x0b-\x1f"))
_UNSAFE_IN_JSON = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", ""))


def visible(text: str) -> str:
    """One line of `text` with unsafe characters shown as backslash escapes."""
    return _UNSAFE.sub(_escape, text)


def visible_text(text: str) -> str:
    """The same for text of several lines: line ends and tabs stay."""
    return _UNSAFE_IN_TEXT.sub(_escape, text.replace("\r\n", "\n").replace("\r", "\n"))


def visible_json(text: str) -> str:
    """The same JSON (C0 controls are escaped in any) with all unsafe characters as \\u escapes."""
    return _UNSAFE_IN_JSON.sub(_escape_in_json, text)


def _escape_in_json(found: re.Match[str]) -> str:
    return "".join(f"\\u{unit:04x}" for unit in _utf16(ord(found[0])))


def _utf16(code: int) -> tuple[int, ...]:
    if code < 0x10000:
        return (code,)
    return 0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code & 0x3FF)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if short := {9: "\\t", 10: "\\n", 13: "\\r"}.get(code):
        return short
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def columns() -> int:
    """The terminal's width in cells."""
    return shutil.get_terminal_size((80, 24)).columns


def width(text: str) -> int:
    """Cells that `text` takes on a terminal: 2 for a wide character, 0 for a combining one."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fit(text: str, cells: int) -> str:
    """Exactly `cells` wide: padded with spaces, or cut with an ellipsis."""
    have = width(text)
    if have <= cells:
        return text + " " * (cells - have)
    from rich.cells import set_cell_size

    return set_cell_size(text, max(cells - 1, 0)) + "…" if cells else ""


def bytes_text(count: int) -> str:
    """A number of bytes for people, in powers of 1000 (IEC 80000-13): "12.3 MB"."""
    if count < 1000:
        return count_text(count, "byte")
    size, units = count / 1000, ["kB", "MB", "GB", "TB"]
    while size >= 999.95 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:,.1f} {units[0]}"


def swatch(value: str) -> str:
    """Two cells of a colour such as #16a766."""
    red, green, blue = (int(value[at : at + 2], 16) for at in (1, 3, 5))
    return f"\x1b[48;2;{red};{green};{blue}m  \x1b[0m"
