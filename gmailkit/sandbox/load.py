"""Mail of one's own for the sandbox: a file, a folder of them, or an mbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gmailkit.errors import UsageError
from gmailkit.mime.mbox import read_mbox

_FROM_LINE = b"From "


def load(path: Path) -> Iterator[bytes]:
    """The messages at `path`, one after another, their bytes as they are.

    `path` is one message (`.eml`), an mbox file (`.mbox`, or whatever begins with a "From " line)
    or a folder, which is searched below for both kinds in the order of their paths. A file named
    `.eml` is always one message: some begin with the "From " line of the mbox they once lay in.

    Raises UsageError, before the first message, for a path that does not exist or a folder that
    holds no mail.
    """
    if path.is_dir():
        return _messages(_mail_files(path))
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}.", hint="Check the path to import.")
    return _messages([path])


def _mail_files(folder: Path) -> list[Path]:
    files = sorted(f for f in folder.rglob("*") if _kind(f) in (".eml", ".mbox") and f.is_file())
    if not files:
        raise UsageError(
            f"The folder {folder} holds no mail.",
            hint="Mail files end in .eml (one message) or .mbox (many).",
        )
    return files


def _messages(files: list[Path]) -> Iterator[bytes]:
    for file in files:
        if _is_mbox(file):
            with file.open("rb") as mbox:
                yield from read_mbox(mbox)
        else:
            yield file.read_bytes()


def _is_mbox(file: Path) -> bool:
    if _kind(file) in (".eml", ".mbox"):
        return _kind(file) == ".mbox"
    with file.open("rb") as opened:
        return opened.read(len(_FROM_LINE)) == _FROM_LINE


def _kind(file: Path) -> str:
    return file.suffix.lower()
