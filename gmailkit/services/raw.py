"""A message's exact bytes into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gmailkit.errors import CannotWrite
from gmailkit.model.content import Content
from gmailkit.paths import private

if TYPE_CHECKING:
    from gmailkit.client.client import Client


def save_raw(client: Client, id: str, to: str | Path | BinaryIO) -> int:
    """Read the message (20 units) and write it to `to`, a new file or an open one; its size.

    However large it is, a few megabytes are held. Raises NotFound, and CannotWrite when the path
    is taken or the disk refuses; then no file is left.
    """
    _, content = client.messages.get_raw(id)
    with content:
        if isinstance(to, str | Path):
            new_file(content, Path(to).expanduser())
        else:
            content.copy_to(to)
        return content.size


def new_file(content: Content, path: Path) -> None:
    """Raises CannotWrite when the path is taken or the disk refuses; then no file is left."""
    try:
        with open(path, "xb", opener=private) as file:
            try:
                content.copy_to(file)
                file.flush()
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError as error:
        raise taken(path) from error
    except OSError as error:
        raise CannotWrite(
            f"Cannot write {path}: {error.strerror}.",
            path=path,
            hint="Free some space or choose another place.",
        ) from error


def taken(path: Path) -> CannotWrite:
    return CannotWrite(f"{path} is there already.", path=path, hint="Name another.")
