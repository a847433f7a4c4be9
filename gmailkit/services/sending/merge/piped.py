"""A table from standard input. It comes once and is needed again: by the run after the plan, and by
the next run where this one is stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.paths import private_folder, write_private
from gmailkit.services.connect import Connection
from gmailkit.services.sending.merge.options import TableFormat

STDIN = "stdin"  # the table's name, and so a part of the merge's
_START = 4_096  # bytes that tell what it is


@contextmanager
def spooled(stream: BinaryIO, *, table_format: TableFormat | None = None) -> Iterator[Path]:
    """The table in a file that nobody else can read, and that goes at the end. Without a format
    its content tells which it has.

    Raises UsageError where there is none, CannotWrite where the disk is full.
    """
    with TemporaryDirectory(prefix="gmailkit-") as folder:
        path = Path(folder) / STDIN
        try:
            with path.open("xb") as file:
                shutil.copyfileobj(stream, file)
            with path.open("rb") as file:
                start = file.read(_START)
        except OSError as error:
            raise CannotWrite(
                f"Cannot keep the table in {folder}: {error.strerror}.",
                path=path,
                hint="Free some space, or set TMPDIR to another folder.",
            ) from error
        yield path.rename(path.with_suffix(f".{table_format or _format_of(start)}"))


def place_of(connection: Connection, name: str, path: Path) -> Path:
    """Where a merge keeps this table while something in it has not been sent; `path` itself when it
    lies there already.
    """
    tables = connection.state_folder / "tables"
    if is_kept(connection, path):
        return path
    with path.open("rb") as file:
        digest = file_digest(file, sha256)
    digest.update(name.encode())
    return tables / digest.hexdigest()[:20] / path.name


def is_kept(connection: Connection, path: Path) -> bool:
    return path.resolve().is_relative_to((connection.state_folder / "tables").resolve())


def keep(path: Path, place: Path) -> None:
    """Before the first message leaves. Raises CannotWrite."""
    if path != place:
        private_folder(place.parent)
        write_private(place, path.read_bytes())


def drop(place: Path) -> None:
    """Nothing in it is left to be sent."""
    with suppress(OSError):  # in a folder of its own, or beside what is not ours to remove
        place.unlink(missing_ok=True)
        place.parent.rmdir()


def _format_of(start: bytes) -> TableFormat:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise UsageError(
            "There is no table on standard input.",
            hint="Pipe it in: sqlite3 -csv -header people.db 'SELECT ...' | gmailkit merge ...",
        )
    if text.startswith(b"["):
        raise UsageError(
            "Standard input is one JSON array, not an object a line.", hint="Try jq -c '.[]'."
        )
    if text.startswith(b"PK\x03\x04"):
        return "xlsx"
    return "jsonl" if text.startswith(b"{") else "csv"
