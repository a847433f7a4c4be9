"""Messages as a Parquet file, with the columns of `jsonl`: for DuckDB, pandas, polars and others.

DuckDB writes it. Rows wait in a database of its own beside, on the disk, so memory stays flat.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.mime.parse import parse
from gmailkit.model.item import Can, Item, Ref
from gmailkit.paths import PRIVATE_FOLDER
from gmailkit.services.export.rows import facts_with_text
from gmailkit.stores.door import Step, unwatched
from gmailkit.stores.matching import LOOKED_AT
from gmailkit.stores.reading import pieces_of
from gmailkit.stores.whole import WholeFile

if TYPE_CHECKING:
    from types import ModuleType

TYPES = {
    "received": "TIMESTAMPTZ",
    "date": "TIMESTAMPTZ",
    "from": "VARCHAR",
    "to": "VARCHAR[]",
    "cc": "VARCHAR[]",
    "subject": "VARCHAR",
    "labels": "VARCHAR[]",
    "flags": "VARCHAR[]",
    "size": "BIGINT",
    "attachments": "STRUCT(filename VARCHAR, content_type VARCHAR, size BIGINT)[]",
    "message_id": "VARCHAR",
    "thread": "VARCHAR",
    "sha256": "VARCHAR",
    "bcc": "VARCHAR[]",
    "text": "VARCHAR",
}
_BATCH_ROWS, _BATCH_SIZE = 500, 4 << 20  # characters of JSON
_ROW_GROUP = 2_048  # rows that are held at once as the file is written; no fewer are taken
# MB that DuckDB may take: so many, and so many times the largest run of rows that it writes at once
# or the longest row that it reads (measured: five times, and ten).
_MEMORY, _TIMES, _TIMES_A_ROW = 64, 6, 12
# It is handed no path but ours, and loads nothing that it does not have inside.
_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "memory_limit": f"{_MEMORY}MB",
    "threads": "1",
}


class ParquetTarget:
    """A row for each message, also of two that are equal; the file is made whole.

    Raises CannotWrite (there is such a file already), UsageError (DuckDB is not installed).
    """

    can = Can.LABELS | Can.FLAGS | Can.DATE | Can.THREADS | Can.WRITE

    def __init__(self, path: Path, *, step: Step = unwatched) -> None:
        self._duckdb = _duckdb()
        self.name = f"parquet:{path.absolute()}"
        self._whole = WholeFile(path, step=step)
        self._folder = self._whole.path.with_name(f".{path.name}.rows")
        self._rows: list[str] = []
        self._size = self._count = self._longest = 0
        self._together = self._most_together = 0  # characters of the rows that are written at once
        self._database: Any = None
        self._finished = False
        try:
            with self._writing():
                self._database = self._begun()
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> ParquetTarget:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._discard()

    def find(self, item: Item) -> Iterator[Ref]:
        return iter(())

    def add(self, item: Item) -> Ref:
        mail = parse(item.content.part(0, LOOKED_AT))
        facts = facts_with_text(item, mail)
        row = json.dumps({column: facts[column] for column in TYPES}, ensure_ascii=False)
        self._rows.append(row.encode(errors="replace").decode())
        self._size += len(row)
        self._count += 1
        self._longest = max(self._longest, len(row))
        self._together = len(row) + (self._together if self._count % _ROW_GROUP else 0)
        self._most_together = max(self._most_together, self._together)
        if len(self._rows) >= _BATCH_ROWS or self._size >= _BATCH_SIZE:
            self._put_down()
        return Ref(str(self._count))

    def flush(self) -> None:
        """Nothing is safe before the whole file is."""

    def _put_down(self) -> None:
        with self._writing():
            self._whole.step()
            self._make_room()
            self._database.execute(_INSERT, ["[" + ",".join(self._rows) + "]"])
        self._rows.clear()
        self._size = 0

    def _make_room(self) -> None:
        """A message of fifty megabytes of text is one row."""
        rows = max(_TIMES * self._most_together, _TIMES_A_ROW * self._longest)
        needed = _MEMORY + rows // 1_000_000
        self._database.execute(f"SET memory_limit = '{needed}MB'")

    def _finish(self) -> None:
        if self._rows:
            self._put_down()
        made = self._folder / "rows.parquet"
        with self._writing():
            self._make_room()
            how = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
            self._database.execute(f"COPY mail TO {_quoted(str(made))} {how}")
            for piece in pieces_of(made):
                self._whole.step()
                self._whole.file.write(piece)
        self._whole.finish()
        self._finished = True

    def _begun(self) -> Any:
        self._tidy()  # of a run that was killed
        self._folder.mkdir(mode=PRIVATE_FOLDER)
        database = self._duckdb.connect(config=_CONFIG)
        # What it puts aside would lie in the folder that the caller works in.
        database.execute(f"SET temp_directory = {_quoted(str(self._folder / 'aside'))}")
        file = _quoted(str(self._folder / "rows.duckdb"))
        # Small groups, not compressed: else it holds a hundred thousand rows to compress them.
        database.execute(f"ATTACH {file} AS rows (ROW_GROUP_SIZE {_ROW_GROUP}); USE rows")
        database.execute("SET force_compression = 'uncompressed'")
        columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
        database.execute(f"CREATE TABLE mail ({columns})")
        return database

    def _discard(self) -> None:
        if self._database:
            self._database.close()
        if not self._finished:
            self._whole.discard()
        self._tidy()

    def _tidy(self) -> None:
        if self._folder.is_dir() and not self._folder.is_symlink():
            shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn what a disk refuses into CannotWrite; DuckDB has words of its own for that."""
        path = self._whole.path
        with self._whole.writing():
            try:
                yield
            except (
                self._duckdb.IOException,
                self._duckdb.OutOfMemoryException,
                self._duckdb.TransactionException,  # a write that failed as it was committed
                self._duckdb.FatalException,  # what follows one that failed
            ) as error:
                why = str(error).splitlines()[0].rstrip(".")
                raise CannotWrite(
                    f"Cannot write {path}: {why}.",
                    path=path,
                    hint="Free some space, or choose jsonl, which takes less memory.",
                ) from error


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _shape() -> str:
    """What `from_json` makes of a row; dates are read from text afterwards, so none stops it."""
    shapes: dict[str, object] = dict(TYPES)
    for name, kind in TYPES.items():
        if kind == "TIMESTAMPTZ":
            shapes[name] = "VARCHAR"
        elif kind == "VARCHAR[]":
            shapes[name] = ["VARCHAR"]
    shapes["attachments"] = [{"filename": "VARCHAR", "content_type": "VARCHAR", "size": "BIGINT"}]
    return json.dumps([shapes])


def _column(name: str) -> str:
    said = f'each."{name}"'
    return f"TRY_CAST({said} AS TIMESTAMPTZ)" if TYPES[name] == "TIMESTAMPTZ" else said


_INSERT = (
    f"INSERT INTO mail SELECT {', '.join(map(_column, TYPES))}"  # noqa: S608 - all of it is ours
    f" FROM (SELECT unnest(from_json(?, {_quoted(_shape())})) AS each)"
)


def _duckdb() -> ModuleType:
    try:
        import duckdb
    except ImportError as error:
        raise UsageError(
            "Writing Parquet needs DuckDB.",
            hint="pip install 'gmailkit[analytics]', or choose jsonl or csv.",
        ) from error
    return duckdb
