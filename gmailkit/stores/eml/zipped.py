"""A zip file of .eml files with their manifest, as `stores.eml` lays them out. Written once, whole.

The same messages in the same order give the same bytes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.paths import PRIVATE_FILE
from gmailkit.stores.dates import file_date
from gmailkit.stores.door import Step, unwatched
from gmailkit.stores.eml.manifest import NAME, Line
from gmailkit.stores.eml.names import path_of
from gmailkit.stores.known import check_names
from gmailkit.stores.whole import WholeFile

_LARGE = 1 << 31  # bytes; from here on the file says sizes in eight bytes
_FIRST, _LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # the dates that a zip can say


class ZipTarget:
    """Equal messages are kept once. Raises CannotWrite (there is such a file already)."""

    can = KEPT | Can.WRITE

    def __init__(self, path: Path, *, step: Step = unwatched) -> None:
        self.name = f"zip:{path.absolute()}"
        self._whole = WholeFile(path, step=step)
        self._zip = zipfile.ZipFile(self._whole.file, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self._lines: dict[str, Line] = {}

    def __enter__(self) -> ZipTarget:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            with self._whole.writing():
                text = b"".join(line.encoded() for line in self._lines.values())
                self._whole.step()
                self._zip.writestr(_info(NAME, None), text)
                self._zip.close()
            self._whole.finish()
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        with suppress(OSError, ValueError):  # or it would write its end when it is forgotten
            self._zip.close()
        self._whole.discard()

    def find(self, item: Item) -> Iterator[Ref]:
        line = self._lines.get(_path(item, item.content.digest))
        if line and item.labels <= set(line.labels) and item.flags <= set(line.flags):
            yield Ref(line.path)

    def add(self, item: Item) -> Ref:
        check_names(item)
        digest = item.content.digest
        path = _path(item, digest)
        before = self._lines.get(path)
        if not before:
            with self._whole.writing():
                self._put(item, path)
        self._lines[path] = Line(
            path=path,
            sha256=digest,
            size=item.content.size,
            labels=sorted(item.labels.union(before.labels if before else ())),
            flags=sorted(item.flags.union(before.flags if before else ())),
            received=item.received,
            thread=item.thread,
        )
        return Ref(path)

    def flush(self) -> None:
        """Nothing is safe before the whole file is."""

    def _put(self, item: Item, path: str) -> None:
        large = item.content.size >= _LARGE
        with self._zip.open(_info(path, file_date(item)), "w", force_zip64=large) as file:
            for piece in item.content.pieces():
                self._whole.step()
                file.write(piece)


def _path(item: Item, digest: str) -> str:
    return str(path_of(item.content, digest))


def _info(name: str, date: int | None) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _clock(date))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3  # Unix, wherever it is made
    info.external_attr = PRIVATE_FILE << 16
    return info


def _clock(date: int | None) -> tuple[int, int, int, int, int, int]:
    """In UTC, so that it is the same on every machine."""
    try:
        at = datetime.fromtimestamp((date or 0) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return _FIRST
    found = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    return min(max(found, _FIRST), _LAST)
