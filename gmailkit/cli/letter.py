"""What the options say of a message, and those options themselves; nothing where they say nothing.

The groups are taken by `send`, `reply`, `forward`, `drafts create` and `smtp send` (see `options`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

STDIN = "-"
Importance = Literal["high", "normal", "low"]


@dataclass(frozen=True, kw_only=True)
class Head:
    recipients: Annotated[
        list[str], Argument(metavar="TO", help="Who gets it, or me; commas separate several.")
    ] = field(default_factory=list)
    to: Annotated[list[str], Option("--to", metavar="ADDRESS", help="The same.")] = field(
        default_factory=list
    )
    subject: Annotated[
        str | None, Option("--subject", "-s", metavar="TEXT", help="What it is about.")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Copies:
    cc: Annotated[list[str], Option("--cc", metavar="ADDRESS", help="Who gets a copy.")] = field(
        default_factory=list
    )
    bcc: Annotated[list[str], Option("--bcc", metavar="ADDRESS", help="Who gets one unseen.")] = (
        field(default_factory=list)
    )
    sender: Annotated[
        str | None, Option("--from", "-f", metavar="ADDRESS", help="Send from this alias.")
    ] = None
    reply_to: Annotated[
        list[str], Option("--reply-to", metavar="ADDRESS", help="Where answers shall go.")
    ] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Text:
    body: Annotated[
        str | None, Option("--body", "-b", metavar="TEXT", help="The text; - reads stdin.")
    ] = None
    body_file: Annotated[
        Path | None, Option("--body-file", metavar="FILE", help="The text, in a UTF-8 file.")
    ] = None
    html: Annotated[
        str | None,
        Option("--html", metavar="HTML", help="The HTML version (begins with <), or a file."),
    ] = None
    markdown: Annotated[
        bool, Option("--markdown", "-m", help="The text is Markdown; it goes as HTML too.")
    ] = False
    signature: Annotated[bool, Option("--signature", help="Put the Gmail signature below.")] = False
    attach: Annotated[
        list[str],
        Option(
            *("--attach", "-a"),
            metavar="FILE",
            help="Attach this, a pattern or - (stdin); may be repeated.",
        ),
    ] = field(default_factory=list)

    @property
    def from_stdin(self) -> int:
        """How many want standard input."""
        wanted = (self.body, str(self.body_file or ""), self.html, *self.attach)
        return sum(each == STDIN for each in wanted)

    @property
    def has_text(self) -> bool:
        return self.body is not None or self.body_file is not None


@dataclass(frozen=True, kw_only=True)
class Letter(Text, Copies, Head):
    """All that a plain message has."""


@dataclass(frozen=True, kw_only=True)
class Given(Letter):
    """All that a message can have, or another in its place: a template, a finished one."""

    template: Annotated[
        Path | None, Option("--template", "-t", metavar="FILE", help="Fill this template.")
    ] = None
    values: Annotated[
        list[str], Option("--set", metavar="NAME=VALUE", help="What a name in it stands for.")
    ] = field(default_factory=list)
    invite: Annotated[
        str | None,
        Option("--invite", "-i", metavar="WHEN", help="Invite to an event at this time."),
    ] = None
    until: Annotated[str | None, Option("--until", metavar="WHEN", help="When it ends.")] = None
    duration: Annotated[
        str | None, Option("--duration", metavar="LONG", help="How long it takes: 90m. [1h]")
    ] = None
    place: Annotated[str | None, Option("--place", metavar="TEXT", help="Where it is.")] = None
    uid: Annotated[
        str | None,
        Option("--uid", metavar="UID", help="Change the event of this uid, which show tells."),
    ] = None
    call_off: Annotated[bool, Option("--call-off", help="Call off the event of --uid.")] = False
    headers: Annotated[
        list[str], Option("--header", "-H", metavar="LINE", help="One more header: 'X-Job: 7'.")
    ] = field(default_factory=list)
    importance: Annotated[
        Importance | None, Option("--importance", metavar="HOW", help="high, normal or low.")
    ] = None
    unsubscribe: Annotated[
        list[str],
        Option(
            "--unsubscribe", metavar="URL", help="Where one click takes the reader off the list."
        ),
    ] = field(default_factory=list)
    raw: Annotated[
        str | None,
        Option("--raw", metavar="FILE", help="Send this finished message; - reads stdin."),
    ] = None

    @property
    def nothing(self) -> bool:
        return all(getattr(self, each.name) in (None, False, []) for each in fields(self))
