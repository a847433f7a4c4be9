"""Mail of one's own for the sandbox: a file, a folder of them, or an mbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gmailkit.errors import UsageError
from gmailkit.mime.mbox import read_mbox

_FROM_LINE = b"From "


def load(path: Path) -> Iterator[bytes]:
    """The messages at `path`, one after another, their bytes as they are.

    `path` is one message, an mbox file (named `.mbox`, or beginning with a "From " line), or a
    folder whose `.eml` and `.mbox` files, in subfolders too, come in the order of their paths.
    A file named `.eml` is always one message: some begin with the "From " line of the mbox they
    once lay in.

    Raises UsageError: before the first message for a path that does not exist or a folder that
    holds no mail, later for a file that cannot be read.
    """
    if path.is_dir():
        return _messages(_mail_files(path))
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}.", hint="Check the path to import.")
    return _messages([path])


def _mail_files(folder: Path) -> list[Path]:
    found = (file for file in folder.rglob("*") if _suffix(file) in (".eml", ".mbox"))
    files = sorted(file for file in found if file.is_file())
    if not files:
        raise UsageError(
            f"The folder {folder} holds no mail.",
            hint="It needs .eml or .mbox files in it; name an mbox of another name itself.",
        )
    return files


def _messages(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        try:
            yield from _of_file(file)
        except OSError as error:
            raise UsageError(
                f"The file {file} cannot be read: {error.strerror}.",
                hint="Check its permissions, then import again.",
            ) from error


def _of_file(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        if _is_mbox(file, opened):
            yield from read_mbox(opened)
        else:
            yield opened.read()


def _is_mbox(file: Path, opened: BinaryIO) -> bool:
    if _suffix(file) in (".eml", ".mbox"):
        return _suffix(file) == ".mbox"
    start = opened.read(len(_FROM_LINE))
    opened.seek(0)
    return start == _FROM_LINE


def _suffix(file: Path) -> str:
    return file.suffix.lower()
