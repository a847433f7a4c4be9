"""What a mail merge was made from, so that the next run can tell whether that changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from gmailkit.errors import CannotWrite
from gmailkit.paths import folder_name, write_private


class MergeMark(msgspec.Struct, frozen=True, kw_only=True):
    """`digest` is that of the template's text; `template` and `rows` are names of files."""

    name: str
    digest: str
    template: str
    rows: str
    time: datetime


class MergeMarks:
    """One small file for each merge of an account. `folder` is asked for on first use."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder

    def find(self, name: str) -> MergeMark | None:
        return self._read(self._path(name))

    def write(self, mark: MergeMark) -> None:
        """Raises CannotWrite; then nothing of the merge may be sent."""
        write_private(self._path(mark.name), msgspec.json.encode(mark))

    def all(self) -> tuple[MergeMark, ...]:
        """The newest first."""
        found = map(self._read, (self._folder() / "merges").glob("*.json"))
        return tuple(sorted(filter(None, found), key=lambda mark: mark.time, reverse=True))

    def _path(self, name: str) -> Path:
        return self._folder() / "merges" / f"{folder_name(name)}.json"

    def _read(self, path: Path) -> MergeMark | None:
        """None too for a file that is damaged: it is a remark, never the truth."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=MergeMark)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        except OSError as error:
            raise CannotWrite(f"Cannot read {path}: {error.strerror}.", path=path) from error
