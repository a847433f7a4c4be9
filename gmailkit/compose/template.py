"""Templates: a head that says who gets what, and a body, both filled with values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from gmailkit.compose.extra import needed_for
from gmailkit.compose.front_matter import FORMATS, Line, Parted, Unfit, part, wrong
from gmailkit.compose.recipients import read_recipients
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.compose.bounded import Escaping
    from gmailkit.compose.filling import Piece

MOST_SOURCE = 300_000  # characters

_PEOPLE = ("to", "cc", "bcc", "reply-to", "from")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPING: dict[str, Escaping] = {"markdown": "mask", "text": "none", "html": "html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A template with values put in. Addresses are one each, ready for `Words`.

    One of `text`, `html` and `markdown` is the body. `markdown` is for `render` and for nothing
    else: the values in it are masked (`compose/value.py`). `chosen` are those of `attach` that
    values had a say in.
    """

    subject: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    sender: str | None = None
    attach: tuple[str, ...] = ()
    chosen: frozenset[str] = frozenset()
    headers: tuple[tuple[str, str], ...] = ()
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    markdown: str = field(default="", repr=False)


class Template:
    """What `read_template` gives. May be rendered any number of times, by any thread."""

    def __init__(self, parted: Parted, body_format: str) -> None:
        """UsageError with the line for a template that cannot be read."""
        from gmailkit.compose.filling import Piece

        self.format = body_format
        self._body = Piece(parted.body, _ESCAPING[body_format], parted.body_line)
        self._head: list[tuple[Line, Piece]] = [
            (line, Piece(line.value, "mask" if line.key in _PEOPLE else "none", line.number))
            for line in parted.lines
            if line.key != "format"
        ]

    def fields(self) -> frozenset[str]:
        """The names it cannot do without: all it uses, but for those it asks about
        (`{% if x is defined %}`) or has something else for (`{{ x|default("") }}`).
        """
        pieces = [self._body, *(piece for _, piece in self._head)]
        optional = frozenset[str]().union(*(piece.optional for piece in pieces))
        return frozenset[str]().union(*(piece.names for piece in pieces)) - optional

    def names_in(self, key: str) -> frozenset[str]:
        """The names that have a say in these lines of the head, or ("body") in the body."""
        if key == "body":
            return self._body.names
        used = (piece.names for line, piece in self._head if line.key == key)
        return frozenset[str]().union(*used)

    @property
    def varies(self) -> bool:
        """Whether values have a say in its body."""
        return bool(self._body.names)

    def render(self, values: Mapping[str, object]) -> Filled:
        """Values are put in as they are: never read as a template, nor as HTML, Markdown, a second
        recipient or a second line of a header, unless the template says `|safe`.

        UsageError names the line: for a name without a value, for a header with a control character
        in it, for something that is no address, and for a template that works without end.
        """
        head = [_HeadLine(line, piece.fill(values), piece.names) for line, piece in self._head]
        said = _Said(head)
        senders = said.people("from")
        if len(senders) > 1:
            raise said.unfit("from", "a message has one sender (from)")
        return Filled(
            subject=said.one("subject"),
            to=said.people("to"),
            cc=said.people("cc"),
            bcc=said.people("bcc"),
            reply_to=said.people("reply-to"),
            sender=senders[0] if senders else None,
            attach=said.all("attach"),
            chosen=frozenset(_Said([each for each in head if each.names]).all("attach")),
            headers=said.headers(),
            **{self.format: self._body.fill(values)},
        )


def read_template(text: str) -> Template:
    """The template in `text`: a head (if its first line is ---), then the body, in Markdown unless
    the head says `format: text` or `format: html`.

    UsageError with the line for what is wrong in it, and without the extra.
    """
    if len(text) > MOST_SOURCE:
        raise UsageError(f"The template is too long: {len(text):,} characters.")
    parted = part(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    body_format = parted.value("format") or FORMATS[0]
    if body_format not in FORMATS:
        number = next(line.number for line in parted.lines if line.key == "format")
        near = get_close_matches(body_format, FORMATS, n=1) or [", ".join(FORMATS)]
        raise wrong(number, f"{body_format[:40]!r} is no format", hint=f"It can be {near[0]}.")
    with needed_for("A template"):
        import jinja2  # noqa: F401  (asked for here, where its absence can be told)
    return Template(parted, body_format)


@dataclass(frozen=True, slots=True)
class _HeadLine:
    """A line of the head, and the names that had a say in its text."""

    line: Line
    text: str
    names: frozenset[str]

    @property
    def key(self) -> str:
        return self.line.key

    def unfit(self, what: str, hint: str = "") -> UsageError:
        """The values' fault, or where there are none the template's."""
        if self.names:
            return Unfit(self.line.number, self.key, what, self.names, hint)
        return wrong(self.line.number, f"{self.key}: {what}", hint)

    def on_one_line(self) -> str:
        if found := _CONTROL.search(self.text.strip()):
            what = "a line break" if found[0] in "\r\n" else f"the character U+{ord(found[0]):04X}"
            raise self.unfit(f"it holds {what}, which no header may hold")
        return self.text.strip()


class _Said:
    """What the head says, filled."""

    def __init__(self, head: list[_HeadLine]) -> None:
        self._head = head

    def unfit(self, key: str, what: str) -> UsageError:
        return next(each for each in self._head if each.key == key).unfit(what)

    def one(self, key: str) -> str:
        return next((each.on_one_line() for each in self._head if each.key == key), "")

    def all(self, key: str) -> tuple[str, ...]:
        """Those that are not empty."""
        found = (each.on_one_line() for each in self._head if each.key == key)
        return tuple(filter(None, found))

    def people(self, key: str) -> tuple[str, ...]:
        return tuple(self._people(key))

    def headers(self) -> tuple[tuple[str, str], ...]:
        extra = (each for each in self._head if each.key[0].isupper() or "-" in each.key)
        named = ((each.key, each.on_one_line()) for each in extra)
        return tuple((name, value) for name, value in named if value and name != "reply-to")

    def _people(self, key: str) -> Iterator[str]:
        for each in self._head:
            if each.key == key:
                try:
                    yield from read_recipients(each.text)
                except UsageError as error:
                    raise each.unfit(error.message.rstrip("."), error.hint) from error
