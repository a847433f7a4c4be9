"""Attachments, from where they lie."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from gmailkit.errors import UsageError
from gmailkit.model.mail import Attachment
from gmailkit.services.sending.words import Files

MOST_BYTES = 36_700_160  # media upload of messages.send and drafts.create (discovery document)


def read_all(attach: Files) -> tuple[Attachment, ...]:
    """Raises UsageError for what cannot be read, or makes the message too large, before reading."""
    attachments: list[Attachment] = []
    room = MOST_BYTES
    for each in (attach,) if isinstance(attach, str | Path | Attachment) else attach:
        attachment = each if isinstance(each, Attachment) else _read(Path(each).expanduser(), room)
        room -= attachment.size
        if room < 0:
            raise too_large(MOST_BYTES - room)
        attachments.append(attachment)
    return tuple(attachments)


def _read(path: Path, room: int) -> Attachment:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder.", hint="Attach the files in it, or a zip of it.")
        if path.stat().st_size > room:
            raise too_large(path.stat().st_size, path)
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"Cannot read the attachment {path}: {error.strerror}.", hint="Check the path."
        ) from error
    kind, encoding = mimetypes.guess_type(path.name)
    return Attachment(
        filename=path.name,
        content=content,
        content_type=kind if kind and not encoding else "application/octet-stream",
    )


def too_large(size: int, path: Path | None = None) -> UsageError:
    what = f"The attachment {path} makes the message" if path else "The message is"
    return UsageError(
        f"{what} too large: {size / 1e6:.1f} MB, and Gmail takes {MOST_BYTES / 1e6:.1f} MB in all.",
        hint="Attachments grow by a third on the way; share a link instead.",
    )
