"""The file of rules, and the messages that lie beside it."""

from __future__ import annotations

import os
from pathlib import Path

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Attachment, Mail
from gmailkit.query.document import Document
from gmailkit.rules.read import read_rules
from gmailkit.rules.rule import NEW_MAIL, Rules, Sample


def read_file(path: Path) -> Rules:
    """Raises UsageError for a file that is not there or no file of rules."""
    return read_rules(_text(path), source=str(path))


def read_if_any(path: Path) -> Rules:
    """No rules where there is no file. Raises UsageError as `read_file`."""
    return read_file(path) if path.exists() else Rules(str(path), ())


def append(path: Path, text: str) -> Rules:
    """Put rules at the end of a file, or begin one; what stands there stays as it is.

    The rules of the file as it is then. Raises UsageError where the whole would be none,
    CannotWrite.
    """
    before = _text(path) if path.exists() else ""
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    rules = read_rules(before + gap + text, source=str(path))
    try:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(gap + text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise CannotWrite(f"Cannot write {path}: {error.strerror}.", path=path) from error
    return rules


def document_of(sample: Sample, rules: Path, *, now: float) -> Document:
    """A message as it arrives. Raises UsageError when its file cannot be read."""
    if not sample.file:
        attached = (Attachment("sample.bin", b""),) if sample.has_attachment else ()
        mail = Mail(
            sender=_address(sample.sender),
            to=tuple(filter(None, [_address(sample.to)])),
            subject=sample.subject,
            headers=(("List-Id", sample.list_id),) if sample.list_id else (),
            text=sample.text,
            attachments=attached,
        )
        return Document.of(mail, labels=NEW_MAIL, date=now, size=len(sample.text.encode()))
    path = rules.parent / sample.file
    try:
        raw = path.read_bytes()
    except OSError as error:
        place = f"{rules}, line {sample.line}" if sample.line else str(rules)
        raise UsageError(
            f"{place}: {path} cannot be read: {error.strerror}.",
            hint="The path counts from the folder of the rules.",
        ) from error
    return Document.of(parse(raw), labels=NEW_MAIL, date=now, size=len(raw))


def _address(text: str) -> Address | None:
    from gmailkit.mime.address import parse_addresses

    found = next(iter(parse_addresses(text)), None) if text else None
    return found or (Address("", text) if text else None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(
            f"There is no {path}.",
            hint=f"To begin one from the filters there are: gmailkit rules pull --file {path}",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{path} cannot be read: {why}.") from error
