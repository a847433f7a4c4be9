"""A finished message, sent as it is as far as Gmail lets it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from gmailkit.compose.advice import advise
from gmailkit.errors import Refused, UsageError
from gmailkit.mime.address import is_mailable
from gmailkit.mime.parse import parse
from gmailkit.model.ids import ThreadId
from gmailkit.model.mail import Address, Mail
from gmailkit.model.outgoing import Outgoing
from gmailkit.services.connect import Connection
from gmailkit.services.sending.writing.aliases import sender_of
from gmailkit.services.sending.writing.files import MOST_BYTES, Room, read_file, too_large

_BARE_LF = re.compile(rb"(?<!\r)\n")
_END_OF_HEADER = re.compile(rb"\r*\n\r*\n")
_BARE_CR = re.compile(rb"\r(?!\r*\n)")


def finished(
    connection: Connection, raw: bytes | Path | BinaryIO, *, thread_id: str | None = None
) -> Outgoing:
    """The message, its line ends made CRLF and nothing else changed.

    Raises UsageError for what is no message, has nobody to go to, or is too large, and for a
    header of two readings. A From that Gmail will replace is a warning, since somebody else's mail
    is often passed on this way.
    """
    content = _with_crlf(_read(raw))
    if len(content) > MOST_BYTES:
        raise too_large(len(content))
    _check_header(content)
    mail = parse(content)
    if not mail.headers:
        raise UsageError(
            "The finished message has no header.", hint="It begins like: To: ann@example.com"
        )
    _check_recipients(mail)
    warnings = (*_replaced(connection, mail.sender), *advise(mail, len(content)))
    return Outgoing(
        mail=_with_real_people(mail),
        raw=content,
        thread_id=ThreadId(thread_id) if thread_id else None,
        finished=True,
        warnings=warnings,
    )


def _with_crlf(content: bytes) -> bytes:
    """LF alone is a line end, and so is CR alone where there is no other (an old Macintosh)."""
    if b"\n" not in content:
        return content.replace(b"\r", b"\r\n")
    return _BARE_LF.sub(b"\r\n", content)


def _check_header(content: bytes) -> None:
    """Where a lone CR is a line end to one reader and a blank to another, a Bcc after it would be
    hidden by the one and shown by the other.
    """
    end = _END_OF_HEADER.search(content)
    if _BARE_CR.search(content[: end.start()] if end else content):
        raise UsageError(
            "The header of the finished message holds a CR that ends no line.",
            hint="Lines end with LF or CRLF; write it anew with those.",
        )


def _read(raw: bytes | Path | BinaryIO) -> bytes:
    if isinstance(raw, bytes):
        return raw
    if isinstance(raw, Path | str):
        return read_file(Path(raw).expanduser(), Room(MOST_BYTES * 2), what="message")
    content = raw.read(MOST_BYTES + 1) if hasattr(raw, "read") else None
    if not isinstance(content, bytes):
        raise UsageError(
            "A finished message is bytes, a path or a file open for bytes.",
            hint='Open it for bytes: open(path, "rb").',
        )
    return content


def _check_recipients(mail: Mail) -> None:
    """Gmail mails everybody that these headers name, or nobody when one of them is no address."""
    everyone = [*mail.to, *mail.cc, *mail.bcc]
    for each in everyone:
        if each.email and not is_mailable(each.email):
            raise UsageError(
                f"The finished message goes to {each.email!r}, which is no e-mail address.",
                hint="Correct its To, Cc or Bcc header.",
            )
    if not any(each.email for each in everyone):
        raise UsageError(
            "The finished message has no recipient.", hint="Give it a To, Cc or Bcc header."
        )


def _with_real_people(mail: Mail) -> Mail:
    """Without the words in To that are no address ("undisclosed-recipients")."""

    def real(people: tuple[Address, ...]) -> tuple[Address, ...]:
        return tuple(each for each in people if each.email)

    return replace(mail, to=real(mail.to), cc=real(mail.cc), bcc=real(mail.bcc))


def _replaced(connection: Connection, sender: Address | None) -> tuple[str, ...]:
    if sender is None:
        return ()
    try:
        sender_of(connection, sender.email)
    except UsageError:
        own = connection.address
        return (f"Gmail will put {own} in the place of From: {sender.email}.",)
    except Refused:  # a sign-in that may only send
        return (f"Gmail will put the own address in the place of {sender.email}, if it is none.",)
    return ()
