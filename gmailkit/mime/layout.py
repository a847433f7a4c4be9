"""Lines of plain text, laid out piece by piece: gaps, quotes, indentation, bullets."""

from __future__ import annotations

_DEEPEST = 8  # levels of quotes and lists that are still shown: deeper ones would only grow


class Layout:
    """Text goes in, lines come out; runs of blanks and of blank lines are one."""

    def __init__(self) -> None:
        self.quotes = 0
        self.indent = 0
        self._lines: list[str] = []
        self._line: list[str] = []
        self._gap = 0  # lines to move down before the next text; 2 leaves one blank
        self._blanks = ""  # to set before the next text of this line
        self._bullet = ""
        self._quoted = 0  # quotes of the line before

    def text(self, text: str) -> None:
        """Running text: any white space in it is one blank."""
        if not text or text.isspace():
            self._blanks = self._blanks or " "[: len(text)]
            return
        if text[0].isspace():
            self._blanks = self._blanks or " "
        self._put(" ".join(text.split()))
        self._blanks = " " if text[-1].isspace() else ""

    def verbatim(self, text: str) -> None:
        """Text whose lines and blanks count."""
        first, *others = text.replace("\r\n", "\n").expandtabs(8).split("\n")
        if first.strip() or self._line:
            self._put(first)
        for line in others:
            self.line_break()
            if line.strip():
                self._put(line)

    def gap(self, lines: int) -> None:
        """The next text stands at least this many lines down; a bullet keeps its first text."""
        self._flush()
        if not self._bullet:
            self._gap = max(self._gap, lines)

    def line_break(self) -> None:
        if self._line:
            self._flush()
        else:
            self._gap = min(self._gap + 1, 2)

    def bullet(self, bullet: str) -> None:
        self.gap(1)
        self._bullet = bullet

    def drop_bullet(self) -> None:
        self._bullet = ""

    def cell(self) -> None:
        """The next text stands two blanks off, if it shares its line."""
        self._blanks = "  " if self._line else ""

    def attach(self, text: str) -> None:
        """Set behind the last text, even if its line is over."""
        if self._line or not self._lines:
            self._line.append(text)
        else:
            self._lines[-1] += text

    def result(self) -> str:
        self._flush()
        return "\n".join(self._lines)

    def _put(self, text: str) -> None:
        if self._line:
            self._line.append(self._blanks + text)
        else:
            self._start(text)
        self._blanks = ""

    def _start(self, text: str) -> None:
        quotes = min(self.quotes, _DEEPEST)
        if self._lines and self._gap > 1:
            self._lines.append(("> " * min(quotes, self._quoted)).rstrip())
        indent = min(self.indent, _DEEPEST)
        margin = "  " * max(indent - bool(self._bullet), 0) + self._bullet
        self._line = ["> " * quotes + margin, text]
        self._quoted, self._gap, self._bullet = quotes, 0, ""

    def _flush(self) -> None:
        self._blanks = ""
        if self._line:
            self._lines.append("".join(self._line).rstrip())
            self._line = []
            self._gap = max(self._gap, 1)
