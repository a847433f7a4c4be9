"""A draft as a text that a person edits: header lines, an empty line, the body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from gmailkit.cli.notes import as_notes
from gmailkit.cli.screen import bytes_text
from gmailkit.errors import UsageError
from gmailkit.model.mail import Address, Mail

_GROUPS = {"To": "to", "Cc": "cc", "Bcc": "bcc", "Reply-To": "reply_to"}
_NAMES = ("From", *_GROUPS, "Subject")
_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+")
_LINE = re.compile(r"([A-Za-z-]+)[ \t]*:(.*)")
HINT = "Header lines, such as To: ann@example.com, then an empty line, then the text."


class Form(msgspec.Struct, frozen=True):
    """What stands in it. `body` is as typed, but for the empty lines at its end."""

    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    subject: str
    body: str

    def put_into(self, mail: Mail, *, before: Form) -> Mail:
        """`mail` with all that differs from the form `before`, but the body.

        So what a form cannot say, such as a name that ends with ">", stays.
        """
        names = ("sender", *_GROUPS.values(), "subject")
        new = {name: getattr(self, name) for name in names}
        changed = {k: v for k, v in new.items() if v != getattr(before, k)}
        return replace(mail, **changed)


def write_form(mail: Mail, body: str, *, notes: Iterable[str] = ()) -> str:
    """`notes` are lines for the person alone."""
    lines = as_notes((*notes, *(f"Attached, and kept: {each}" for each in _files(mail))))
    lines.append(f"From: {_written(mail.sender) if mail.sender else ''}".rstrip())
    for name, field in _GROUPS.items():
        lines.append(f"{name}: {', '.join(map(_written, getattr(mail, field)))}".rstrip())
    lines.append(f"Subject: {mail.subject}".rstrip())
    return "\n".join((*lines, "", body.rstrip("\n"), ""))


def read_form(text: str) -> Form:
    """Raises UsageError that names the line which cannot be understood."""
    lines = text.replace("\r\n", "\n").split("\n")
    found: dict[str, str] = {}
    at = 0
    for at, line in enumerate(lines):
        if not line.strip():
            break
        if line.startswith("#"):
            continue
        name, value = _field(line, at + 1, found)
        found[name] = value
    else:
        at = len(lines)
    people = {field: _people(found.get(name, ""), name) for name, field in _GROUPS.items()}
    sender = _people(found.get("From", ""), "From")
    if len(sender) > 1:
        raise UsageError("From: names more than one address.", hint=HINT)
    return Form(
        sender=next(iter(sender), None),
        **people,
        subject=found.get("Subject", "").strip(),
        body="\n".join(lines[at + 1 :]).rstrip("\n"),
    )


def _field(line: str, number: int, found: dict[str, str]) -> tuple[str, str]:
    if line[0] in " \t" and found:  # the line before goes on
        name = list(found)[-1]
        return name, f"{found[name]} {line.strip()}"
    said = _LINE.fullmatch(line)
    name = next((each for each in _NAMES if said and each.lower() == said[1].lower()), "")
    if not said or not name:
        raise UsageError(f"Line {number} is no header of a draft: {line[:60]!r}.", hint=HINT)
    if name in found:
        raise UsageError(f"Line {number} is a second {name}.", hint=HINT)
    return name, said[2].strip()


def _people(value: str, name: str) -> tuple[Address, ...]:
    from gmailkit.mime.address import is_mailable, parse_addresses

    people = parse_addresses(value)
    for each in people:
        if not is_mailable(each.email):
            raise UsageError(f"{name}: {str(each)!r} is no e-mail address.", hint=HINT)
    return people


def _written(address: Address) -> str:
    """Reads back as the same; with a name in quotes where it holds a comma or the like."""
    if not address.name:
        return address.email
    name = address.name
    if not _ATOMS.fullmatch(name) or "=?" in name:
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name} <{address.email}>"


def _files(mail: Mail) -> Iterator[str]:
    for each in mail.attachments:
        yield f"{each.filename or 'a file without a name'} ({bytes_text(each.size)})"
