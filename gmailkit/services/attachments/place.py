"""Where in the folder a file goes, and as what: a pattern with the facts of its message."""

from __future__ import annotations

from datetime import datetime
from string import Formatter

import msgspec

from gmailkit.errors import UsageError
from gmailkit.mime.filename import safe_name
from gmailkit.model.mail import Attachment, Mail

PLAIN = "{filename}"
FIELDS = (
    *("date", "from.email", "from.name", "from.domain", "subject", "message"),
    *("filename", "stem", "suffix"),
)
_MOST_SEGMENTS = 8
_Piece = tuple[str, str, str]  # text, the field behind it, and how a date is written


class Pattern(msgspec.Struct, frozen=True):
    """Segments of a path, each of pieces; what a message says never makes one segment two."""

    segments: tuple[tuple[_Piece, ...], ...]

    @classmethod
    def read(cls, text: str) -> Pattern:
        """As "{date:%Y}/{from.domain}/{filename}". Raises UsageError."""
        segments = text.split("/")
        if not all(segment.strip(" .") for segment in segments) or len(segments) > _MOST_SEGMENTS:
            raise _wrong(text, "is no place inside a folder")
        found = cls(tuple(tuple(_pieces(text, segment)) for segment in segments))
        last = {field for _, field, _ in found.segments[-1]}
        if not ("filename" in last or {"stem", "suffix"} <= last):
            raise _wrong(text, "does not end with the name of the file")
        return found

    def place(
        self, mail: Mail, attachment: Attachment, *, message: str, date: datetime
    ) -> list[str]:
        """The segments for one file: each is one safe name."""
        name = safe_name(attachment.filename, content_type=attachment.content_type)
        facts = {**_facts(mail, message), **_names(name), "": ""}

        def said(field: str, how: str) -> str:
            return _one(date.strftime(how or "%Y-%m-%d")) if field == "date" else facts[field]

        made = ("".join(b + said(f, how) for b, f, how in segment) for segment in self.segments)
        return [safe_name(each) for each in made]


def _facts(mail: Mail, message: str) -> dict[str, str]:
    sender = mail.sender
    email = sender.email if sender else ""
    said = {
        "from.email": email,
        "from.name": (sender.name if sender else "") or email,
        "from.domain": email.rpartition("@")[2],
        "subject": mail.subject,
        "message": message,
    }
    return {key: _one(value) for key, value in said.items()}


def _one(value: str) -> str:
    """A value is no path, and where nothing is said there is a name all the same."""
    return value.replace("/", "_").replace("\\", "_").strip() or "none"


def _names(name: str) -> dict[str, str]:
    stem, dot, ending = name.rpartition(".")
    return {"filename": name, "stem": stem if dot else name, "suffix": f".{ending}" if dot else ""}


def _pieces(whole: str, segment: str) -> list[_Piece]:
    try:
        parsed = list(Formatter().parse(segment))
    except ValueError as error:
        raise _wrong(whole, "has a brace that is never closed") from error
    found = []
    for before, field, how, conversion in parsed:
        if field is not None and (field not in FIELDS or conversion or (how and field != "date")):
            raise _wrong(whole, f"names {{{field}{':' + how if how else ''}}}, which there is not")
        found.append((before, field or "", how or ""))
    return found


def _wrong(text: str, why: str) -> UsageError:
    names = ", ".join(f"{{{field}}}" for field in FIELDS)
    hint = f"There are {names}; a date is written as in {{date:%Y}}."
    return UsageError(f"The pattern {text!r} {why}.", hint=hint)
