"""Attachments, from where they lie."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import BinaryIO, cast

from gmailkit.errors import UsageError
from gmailkit.mime.filename import safe_name
from gmailkit.model.mail import Attachment
from gmailkit.services.sending.words import File, Files
from gmailkit.services.sending.writing.kind import kind_of

MOST_BYTES = 36_700_160  # media upload of messages.send and drafts.create (discovery document)

_LINE = 76  # bytes of base64 on a line, which a CR and an LF end
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Room:
    """How many bytes of a message are left, counted as they will travel, in base64."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._taken = 0

    def take(self, size: int, what: str) -> None:
        """Raises UsageError when `size` more bytes do not fit any more."""
        lines = -(-size * 4 // (3 * _LINE))
        self._taken += lines * (_LINE + 2)
        if self._taken > self._most:
            raise too_large(self._taken, what)

    @property
    def left(self) -> int:
        """The bytes of one more file that would fit."""
        return (self._most - self._taken) * 3 // 4


def read_all(attach: Files, room: Room | None = None) -> tuple[Attachment, ...]:
    """Raises UsageError for what cannot be read, and for what makes the message too large, before
    it is read.
    """
    room = room or Room()
    return tuple(_attachment(each, room) for each in _found(attach))


def read_file(path: Path, room: Room, *, what: str = "attachment") -> bytes:
    """The bytes of a regular file; UsageError, in a sentence that begins with `what` it is."""
    try:
        _check_regular(path, what)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            room.take(size, f"The {what} {path}")
            return file.read(size + room.left + 1)  # it may have grown; `write` looks again
    except OSError as error:
        raise UsageError(
            f"Cannot read the {what} {path}: {error.strerror}.", hint="Check the path."
        ) from error
    except ValueError:  # a NUL in the name
        raise UsageError(f"{str(path)!r} is no path.", hint="Check the path.") from None


def too_large(size: int, what: str = "") -> UsageError:
    whole = f"{what} makes the message" if what else "The message is"
    return UsageError(
        f"{whole} too large: {size / 1e6:.1f} MB as it travels, and Gmail takes "
        f"{MOST_BYTES / 1e6:.1f} MB in all.",
        hint="Attachments grow by a third on the way; share a link instead.",
    )


def _found(attach: Files) -> Iterator[File]:
    """One by one, with globs replaced by the files they match."""
    for each in listed(attach):
        if isinstance(each, str | Path):
            yield from _matches(Path(each).expanduser())
        else:
            yield each


def listed(attach: Files) -> Iterable[File]:
    """One alone is a list of one."""
    if isinstance(attach, str | Path | Attachment) or hasattr(attach, "read"):
        return (cast("File", attach),)
    if isinstance(attach, tuple) and len(attach) == 2 and isinstance(attach[1], bytes):
        return (cast("File", attach),)
    return cast("Iterable[File]", attach)


def _matches(path: Path) -> list[Path]:
    """What a pattern stands for; a file of that very name goes first."""
    text = str(path)
    if "\0" in text or not has_magic(text) or path.exists():
        return [path]
    found = [Path(each) for each in sorted(glob(text, recursive=True))]  # noqa: PTH207 - or absolute
    files = [each for each in found if not each.is_dir()]
    if not files:
        raise UsageError(f"No file matches {text}.", hint="Check the path.")
    return files


def _attachment(given: File, room: Room) -> Attachment:
    if isinstance(given, Attachment):
        room.take(given.size, f"The attachment {given.filename}")
        return given
    if isinstance(given, Path | str):
        path = Path(given)
        return named(path.name, read_file(path, room))
    if isinstance(given, tuple):
        name, content = given
        room.take(len(content), f"The attachment {name}")
        return named(name, content)
    if hasattr(given, "read"):
        return _from_open_file(given, room)
    raise UsageError(
        f"An attachment is a path, (name, bytes), an Attachment or an open file, not "
        f"{type(given).__name__}.",
    )


def named(name: str, content: bytes) -> Attachment:
    """With a name that is safe to save under, and a type by name and content.

    A line break or another control character in the name stays, for `mime.check` to refuse.
    """
    kind = kind_of(name, content)
    safe = name if _CONTROL.search(name) else safe_name(name, content_type=kind)
    return Attachment(filename=safe, content=content, content_type=kind)


def _from_open_file(file: BinaryIO, room: Room) -> Attachment:
    name = getattr(file, "name", "")
    name = Path(name).name if isinstance(name, str) else ""  # a descriptor's is a number
    shown = name or "open file"
    try:
        content = file.read(room.left + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"Cannot read the attachment {shown}: {why}.") from error
    if not isinstance(content, bytes):
        raise UsageError(
            f"The attachment {shown} is open as text.", hint='Open it for bytes: open(path, "rb").'
        )
    room.take(len(content), f"The attachment {shown}")
    return named(name.strip("<>"), content)  # "<stdin>"


def _check_regular(path: Path, what: str) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise UsageError(f"{path} is a folder.", hint="Attach the files in it, or a zip of it.")
    if not stat.S_ISREG(mode):
        raise UsageError(
            f"The {what} {path} is a pipe or a device, not a file.",
            hint="Write it to a file first; on the command line, -a - attaches standard input.",
        )
