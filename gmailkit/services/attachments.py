"""Saving attachments of many messages into one folder, safely named, never overwriting."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.errors import CannotWrite, Failure, NotFound, PartialError, ServerFault
from gmailkit.mime.filename import safe_name
from gmailkit.mime.parse import parse
from gmailkit.model.ids import MessageId
from gmailkit.model.mail import Attachment, Mail

IN_FLIGHT = 4  # whole messages are held meanwhile
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
# What a file system without hard links says.
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
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
    client: Client,
    ids: Iterable[str],
    *,
    to: Path,
    on_read: Callable[[int], None] | None = None,
) -> Iterator[Saved]:
    """Save what is attached to messages (20 units each), as they arrive; lazy.

    A name that is taken by other content gets a number. Raises CannotWrite when the folder or the
    disk refuses (what was saved stays), and at the end PartialError that names the messages which
    are gone or could not be read. `on_read` hears how many messages were read so far.
    """
    failed: list[Failure] = []
    done = 0
    with (
        _folder(to) as folder,
        closing(fetch_raw(client.messages, ids, in_flight=IN_FLIGHT)) as coming,
    ):
        for id, result in coming:
            try:
                _, raw = result.result()
            except (NotFound, ServerFault) as error:
                failed.append(Failure.of(id, error))
                continue
            yield from _save_all(folder, to, MessageId(id), parse(raw.bytes))
            done += 1
            if on_read:
                on_read(done)
    if failed:
        raise PartialError(
            f"{len(failed)} messages could not be read; the attachments of {done} were saved.",
            done=done,
            failed=failed,
            hint="Run the same command again: what is saved is not saved twice.",
        )


def _save_all(folder: int, path: Path, id: MessageId, mail: Mail) -> Iterator[Saved]:
    for attachment in mail.attachments:
        name, new = _save(folder, path, attachment)
        yield Saved(
            path=path / name,
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
    part = f".{secrets.token_hex(8)}.part"
    _write_new(folder, part, content)
    try:
        os.link(part, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _write_new(folder, name, content)  # a memory stick, say: then a crash may leave half a file
    finally:
        os.unlink(part, dir_fd=folder)


def _write_new(folder: int, name: str, content: bytes) -> None:
    """A new file with that content, or none."""
    with os.fdopen(os.open(name, _WRITE, PLAIN_FILE, dir_fd=folder), "wb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            os.unlink(name, dir_fd=folder)
            raise


def _same(folder: int, name: str, content: bytes) -> bool:
    """Whether a plain file of that name has that content; anything else there is another."""
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError:
        return False
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        same_size = stat.S_ISREG(status.st_mode) and status.st_size == len(content)
        return same_size and file.read() == content


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
