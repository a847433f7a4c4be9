"""The plain text of a mail as Markdown (CommonMark) that shows just that text.

Mail is written by others: what would be a heading, a picture from afar or HTML is escaped. Web
addresses become links to what they say, and lines behind ">" are quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

ADDRESS = re.compile(r"https?://[^\s<>\"'`\\^{|}]+")
_MARKS = re.compile(r"[\\`*_\[\]<>~|&!#$]")
_BEGINS = re.compile(r"([-+=])|(\d{1,9})([.)])")  # a list, a rule, a heading by underlining
_QUOTE = re.compile(r"(?:> ?)+")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def as_markdown(text: str) -> str:
    """Paragraphs, line ends and indentation stay as they are in `text`."""
    shown: list[str] = []
    depth = 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        marks = _QUOTE.match(line)
        now = marks[0].count(">") if marks else 0
        if now != depth and shown and shown[-1].strip("> "):
            shown.append("> " * min(now, depth))  # else the line would go on with the quote
        depth = now
        shown.append("> " * now + _line(line[marks.end() :] if marks else line))
    return "\n".join(_broken(shown))


def inline(text: str) -> str:
    """One line of text inside of Markdown."""
    text = _UNSEEN.sub(" ", text.replace("\n", " "))
    shown, at = [], 0
    for found in ADDRESS.finditer(text):
        end = len(found[0].rstrip(".,;:!?)]")) + found.start()
        shown += [
            _MARKS.sub(r"\\\g<0>", text[at : found.start()]),
            f"<{text[found.start() : end]}>",
        ]
        at = end
    return "".join((*shown, _MARKS.sub(r"\\\g<0>", text[at:])))


def _line(line: str) -> str:
    words = line.expandtabs(4).rstrip()
    indent = len(words) - len(words.lstrip(" "))
    words = words[indent:]
    begin = _BEGINS.match(words)
    if begin is None:
        return "&nbsp;" * indent + inline(words)
    marked = rf"\{begin[1]}" if begin[1] else rf"{begin[2]}\{begin[3]}"
    return "&nbsp;" * indent + marked + inline(words[begin.end() :])


def _broken(lines: list[str]) -> Iterator[str]:
    """Two blanks break a line inside of a paragraph."""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        words, more = line.strip("> "), following.strip("> ")
        yield f"{line}  " if words and more else line.rstrip()
