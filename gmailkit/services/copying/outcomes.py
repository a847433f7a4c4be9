"""What became of each message of a copy, kept on disk while it runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Protocol

from gmailkit.finding.connection import explained
from gmailkit.model.item import Can, Ref
from gmailkit.record.copies import Receipt
from gmailkit.stores.protocol import Source

_CACHE = 2_000  # kB of memory for what may be hundreds of thousands of messages
_PAGE = 500  # messages written at once


class Outcomes:
    """Names of messages in the source, those that they have in the target, and a hash of what was
    given of each, for a look at the end whether all are there.

    SQLite holds them in a file without a name, so memory stays flat. Every method but `give` raises
    CannotWrite where there is no room for it.
    """

    def __init__(self) -> None:
        self._given: dict[Ref, bytes] = {}  # nobody knows yet what becomes of these
        self._settled: list[tuple[bytes, bytes | None, bytes, bool]] = []
        self._read: list[tuple[bytes, bytes]] = []
        # A store may read ahead in a thread, and asks for names there.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE message (ref BLOB, hash BLOB, came BLOB, added INTEGER,"
            " sought INTEGER DEFAULT 0, found INTEGER DEFAULT 0)"
        )
        self._database.execute("BEGIN")

    def give(self, ref: Ref, hash: bytes) -> None:
        """The source has given this."""
        self._given[ref] = hash

    def settle(self, receipt: Receipt) -> None:
        """Once for each message."""
        hash = self._given.pop(receipt.ref, None)
        if receipt.state == "refused":
            return
        added = receipt.state == "added"
        self._settled.append((_bytes(receipt.ref), hash, _bytes(receipt.came), added))
        if len(self._settled) >= _PAGE:
            self._write()

    def forget(self, refs: Iterable[Ref]) -> None:
        """They have not come after all."""
        self._write()
        self._execute("CREATE INDEX IF NOT EXISTS by_ref ON message (ref)")
        for ref in refs:
            self._execute("DELETE FROM message WHERE ref = ?", _bytes(ref))

    def came(self) -> Iterator[Ref]:
        """Those that are in the target, in the order in which they were settled."""
        return self._refs("SELECT ref FROM message ORDER BY rowid")

    def seek_added(self) -> bool:
        """All that was added is looked for from now on; False where there is none."""
        return self._seek("added")

    def seek_all(self) -> bool:
        """The same of all that is in the target, whoever brought it."""
        return self._seek("1")

    def take(self, names: Collection[Ref]) -> set[Ref]:
        """Which of these names are looked for in the target, and were not taken before."""
        places = ", ".join("?" * len(names))
        taken = self._execute(
            f"UPDATE message SET sought = 0 WHERE sought AND came IN ({places})"  # noqa: S608 - ours
            " RETURNING came",
            *map(_bytes, names),
        )
        return {_ref(name) for (name,) in taken}

    def rest(self) -> Iterator[Ref]:
        """What the target calls those that are looked for and were not taken, sorted."""
        return self._refs("SELECT DISTINCT came FROM message WHERE sought ORDER BY came")

    def find_listed(self, names: Iterable[Ref]) -> None:
        """The target has such: that is enough of those that are looked for."""
        listed = iter(names)
        while page := [(_bytes(name),) for name in islice(listed, _PAGE)]:
            self._each("UPDATE message SET sought = 0, found = 1 WHERE came = ? AND sought", page)

    def find(self, name: Ref, hash: bytes) -> None:
        """It was read there: those that were given so, and are called so, are whole."""
        self._read.append((_bytes(name), hash))
        if len(self._read) >= _PAGE:
            self._write()

    def found(self) -> Iterator[Ref]:
        return self._refs("SELECT ref FROM message WHERE found ORDER BY rowid")

    def missing(self) -> Iterator[Ref]:
        """Those that were added and not found."""
        return self._refs("SELECT ref FROM message WHERE added AND NOT found ORDER BY rowid")

    def close(self) -> None:
        self._database.close()

    def _seek(self, which: str) -> bool:
        self._write()
        self._execute("CREATE INDEX IF NOT EXISTS by_name ON message (came)")
        self._execute(f"UPDATE message SET sought = {which}, found = 0")  # noqa: S608 - ours
        return self._execute("SELECT 1 FROM message WHERE sought").fetchone() is not None

    def _write(self) -> None:
        settled, self._settled = self._settled, []
        read, self._read = self._read, []
        self._each("INSERT INTO message (ref, hash, came, added) VALUES (?, ?, ?, ?)", settled)
        self._each("UPDATE message SET found = 1 WHERE came = ? AND hash = ?", read)

    def _refs(self, statement: str) -> Iterator[Ref]:
        self._write()
        for (name,) in self._execute(statement):
            yield _ref(name)

    def _execute(self, statement: str, *values: bytes) -> sqlite3.Cursor:
        with explained(None):
            return self._database.execute(statement, values)

    def _each(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        with explained(None):
            self._database.executemany(statement, rows)


class Sought(Protocol):
    """Messages of a store that are looked for."""

    def take(self, names: Collection[Ref]) -> set[Ref]:
        """Which of these names are of such, and were not taken before."""

    def rest(self) -> Iterator[Ref]:
        """Those that were not taken, sorted."""


def in_order(there: Source, sought: Sought) -> Iterator[Ref]:
    """As the store reads them fast; at the end those that it calls otherwise by now."""
    listed = iter(there.refs() if Can.SEARCH not in there.can else ())
    while names := dict.fromkeys(islice(listed, _PAGE)):
        taken = sought.take(names)
        yield from (name for name in names if name in taken)
    yield from sought.rest()


def _bytes(name: str) -> bytes:
    """Names of files may be no valid Unicode; sorted so they are in the order of the names."""
    return name.encode("utf-8", "surrogatepass")


def _ref(name: bytes) -> Ref:
    return Ref(name.decode("utf-8", "surrogatepass"))
