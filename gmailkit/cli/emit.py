"""stdout is data, stderr is talk.

A terminal gets aligned text, a pipe gets tab-separated lines, `--json` one document for one thing
and one object a line for many. Each line is flushed, so that `| head` works and rows appear as
they arrive.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from gmailkit.cli import moving, screen

if TYPE_CHECKING:
    from gmailkit.model.content import Content

STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def wants_color(mode: str, env: Mapping[str, str], *, terminal: bool) -> bool:
    """--color wins; then NO_COLOR (no-color.org), FORCE_COLOR, TERM=dumb; then the terminal."""
    if mode != "auto":
        return mode == "always"
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and env.get("TERM") != "dumb"


def paint(text: str, style: str, *, on: bool) -> str:
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if on else text


class Output:
    """Where a command's results and remarks go."""

    def __init__(
        self,
        *,
        json: bool = False,
        quiet: bool = False,
        verbose: int = 0,
        color: str = "auto",
        sandbox: bool = False,
        account: str | None = None,
    ) -> None:
        self.json = json
        self.quiet = quiet
        self.verbose = verbose
        self._color = color
        self._sandbox = sandbox
        self._account = account

    @property
    def terminal(self) -> bool:
        """Whether a person reads the data: it goes to a terminal, as text."""
        return sys.stdout.isatty() and not self.json

    @property
    def piped(self) -> bool:
        """Whether another program reads the data, and may show it when it likes."""
        try:
            return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
        except (OSError, ValueError):  # closed, or none of the system's
            return False

    @property
    def talks_to_terminal(self) -> bool:
        """Whether a person reads the remarks as they come, so that progress makes sense."""
        return sys.stderr.isatty() and not self.quiet and os.environ.get("TERM") != "dumb"

    def line(self, text: str) -> None:
        """One line of data, as it is."""
        _write(sys.stdout, text + "\n")

    def row(self, *fields: object) -> None:
        """One line of tab-separated fields; a tab or line end inside a field shows as an escape."""
        self.line("\t".join(screen.visible(str(field)) for field in fields))

    def csv(self, fields: Iterable[object]) -> None:
        """One record of a CSV file (RFC 4180) that no spreadsheet takes for a formula."""
        from gmailkit.services.spreadsheet import csv_line, guarded

        _write(sys.stdout, csv_line(guarded(screen.visible(str(field))) for field in fields))

    def record(self, value: object) -> None:
        """One JSON object on one line, for one thing of many."""
        _write(sys.stdout, to_json(value) + "\n")

    def document(self, value: object) -> None:
        """The one JSON document of this command, indented for people."""
        _write(sys.stdout, _indented(to_json(value)) + "\n")

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A small table: aligned under a heading on a terminal, bare tab-separated lines else."""
        if not self.terminal:
            for row in rows:
                self.row(*row)
            return
        cells = [[screen.visible(str(field)) for field in row] for row in rows]
        wide = [max(screen.width(r[i]) for r in [list(head), *cells]) for i in range(len(head))]
        self.line(self.style("  ".join(map(screen.fit, head, wide)).rstrip(), "bold"))
        for row in cells:
            self.line("  ".join(map(screen.fit, row, wide)).rstrip())

    def raw(self, content: Content) -> None:
        """Exact bytes; on a terminal their text, with what could steer it shown as escapes."""
        if sys.stdout.isatty():
            text = content.bytes.decode(errors="backslashreplace")
            self.line(screen.visible_text(text).rstrip("\n"))
            self.say("Control characters are shown as escapes; > FILE gives the exact bytes.")
            return
        moving.wipe()
        sys.stdout.flush()
        content.copy_to(sys.stdout.buffer)
        sys.stdout.buffer.flush()

    def say(self, text: str) -> None:
        """A remark to the person, which -q silences."""
        if not self.quiet:
            self.before_asking(text)

    def before_asking(self, text: str) -> None:
        """What a question is about; -q does not silence it, as it does not silence the question."""
        _write(sys.stderr, screen.visible_text(self.to_paste(text)) + "\n")

    def to_paste(self, text: str) -> str:
        """`text` with the commands in it as this run's person types them."""
        if not (self._sandbox or self._account):
            return text
        from gmailkit.cli.same_mailbox import in_same_mailbox

        return in_same_mailbox(text, sandbox=self._sandbox, account=self._account)

    def detail(self, text: str) -> None:
        """A remark that only -v shows."""
        if self.verbose:
            self.say(text)

    def style(self, text: str, style: str) -> str:
        """`text` of data with a style, where colour is wanted."""
        terminal = sys.stdout.isatty()
        return paint(text, style, on=wants_color(self._color, os.environ, terminal=terminal))

    def swatch(self, value: str) -> str:
        """Two cells of a colour such as #16a766, where colour is wanted."""
        wanted = wants_color(self._color, os.environ, terminal=sys.stdout.isatty())
        return screen.swatch(value) if wanted else "  "

    def style_talk(self, text: str, style: str) -> str:
        """`text` of a remark with a style, where colour is wanted."""
        terminal = sys.stderr.isatty()
        return paint(text, style, on=wants_color(self._color, os.environ, terminal=terminal))


def to_json(value: object) -> str:
    """On one line; exact for a parser, and without what could steer a terminal."""
    import msgspec

    try:
        text = msgspec.json.encode(value, enc_hook=_encode).decode()
    except UnicodeEncodeError:  # half a character, as of a file name that is not UTF-8
        import json

        text = json.dumps(msgspec.to_builtins(value, enc_hook=_encode), separators=(",", ":"))
    return screen.visible_json(text)


def _indented(text: str) -> str:
    import msgspec

    try:
        return msgspec.json.format(text, indent=2)
    except msgspec.DecodeError:  # half a character, as in `to_json`
        import json

        return json.dumps(json.loads(text), indent=2)


def _encode(value: object) -> object:
    return os.fsdecode(value) if isinstance(value, Path) else str(value)


def _write(stream: TextIO, text: str) -> None:
    with moving.wiped():
        stream.write(text)
        stream.flush()
