"""What lies in a folder of attachments, and from which message: one JSON object a line."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

import msgspec

from gmailkit.services.attachments.folder import Folder

NAME = "manifest.jsonl"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One attachment. `path` is relative to the folder, `filename` as the sender wrote it, `size`
    in bytes, `sha256` in hexadecimal digits; several lines may name one path.
    """

    path: str
    filename: str
    content_type: str
    size: int
    sha256: str
    message: str
    date: datetime
    sender: str
    subject: str


class Manifest:
    """Lines that stand there already are not written again."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        folder.add_lines(NAME, b"")  # so that no attachment gets its name, and writes our lines
        text = folder.read(NAME)
        self._torn = bool(text) and not text.endswith(b"\n")
        lines = [line for raw in text.split(b"\n") if (line := _decode(raw))]
        self._known = {(line.path, line.message, line.filename) for line in lines}
        self.places = {line.sha256: line.path for line in lines if _is_inside(line.path)}

    def add(self, line: Line) -> None:
        """Raises CannotWrite."""
        key = (line.path, line.message, line.filename)
        if key not in self._known:
            before = b"\n" if self._torn else b""  # a crash tore the last line
            self._folder.add_lines(NAME, before + msgspec.json.encode(line) + b"\n")
            self._known.add(key)
            self._torn = False


def _is_inside(path: str) -> bool:
    """Whether it leads to no other folder; anybody may have written the line."""
    found = PurePosixPath(path)
    inside = bool(found.parts) and not found.is_absolute() and ".." not in found.parts
    return inside and "\0" not in path


def _decode(raw: bytes) -> Line | None:
    try:
        return msgspec.json.decode(raw, type=Line)
    except msgspec.MsgspecError:
        return None
