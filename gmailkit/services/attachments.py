"""Saving attachments of many messages into one folder, safely named, never overwriting."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.errors import CannotWrite, NotFound
from gmailkit.mime.filename import safe_name
from gmailkit.mime.parse import parse
from gmailkit.model.ids import MessageId
from gmailkit.model.mail import Attachment
from gmailkit.services.search import find_ids

IN_FLIGHT = 4  # whole messages are held meanwhile
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
PLAIN_FILE = 0o644  # never executable, whatever it claims to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One attachment on disk. `new` is False when the same content lay there already.

    `name` is what the sender called it, `path` where it lies.
    """

    path: Path
    message_id: MessageId
    subject: str
    name: str
    size: int
    new: bool


def save_attachments(
    client: Client, query: str, *, to: Path, limit: int | None = None
) -> Iterator[Saved]:
    """Save what is attached to the messages that match (20 units each), as they arrive.

    A name that is taken by other content gets a number. Raises CannotWrite when the folder or the
    disk refuses; what was saved stays.
    """
    ids = find_ids(client, query, limit=limit)
    with (
        _folder(to) as folder,
        closing(fetch(ids, client.messages.get_raw, in_flight=IN_FLIGHT)) as coming,
    ):
        for id, result in coming:
            try:
                _, raw = result.result()
            except NotFound:
                continue
            mail = parse(raw)
            for attachment in mail.attachments:
                name, new = _save(folder, to, attachment)
                yield Saved(
                    path=to / name,
                    message_id=id,
                    subject=mail.subject,
                    name=attachment.filename,
                    size=attachment.size,
                    new=new,
                )


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """A descriptor of the folder: files are made relative to it, so that no link can lead away."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _save(folder: int, path: Path, attachment: Attachment) -> tuple[str, bool]:
    """The name it got, and whether it is new."""
    wanted = safe_name(attachment.filename, content_type=attachment.content_type)
    for number in range(1, 10_000):
        name = _numbered(wanted, number)
        try:
            _write(folder, name, attachment.content)
        except FileExistsError:
            if _same(folder, name, attachment.content):
                return name, False
        except OSError as error:
            raise _cannot_write(path / name, error) from error
        else:
            return name, True
    raise CannotWrite(f"{path} holds 10,000 files called {wanted}.", path=path / wanted)


def _write(folder: int, name: str, content: bytes) -> None:
    """Whole or not at all: written beside under a name of its own, then linked into place."""
    part = f".{hashlib.sha256(os.urandom(16)).hexdigest()[:16]}.part"
    with os.fdopen(os.open(part, _WRITE, PLAIN_FILE, dir_fd=folder), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.link(part, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.unlink(part, dir_fd=folder)


def _same(folder: int, name: str, content: bytes) -> bool:
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EACCES, errno.EISDIR):
            return False
        raise
    with os.fdopen(descriptor, "rb") as file:
        return os.fstat(descriptor).st_size == len(content) and file.read() == content


def _numbered(name: str, number: int) -> str:
    if number == 1:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{number}{dot}{ending}" if stem else f"{name}-{number}"


def _cannot_write(path: Path, error: OSError) -> CannotWrite:
    return CannotWrite(
        f"Cannot write {path}: {error.strerror}.",
        path=path,
        hint="Choose another folder with --to.",
    )
