"""One SQLite connection for all threads of a sandbox; several sandboxes may share the file."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.errors import UsageError
from gmailkit.paths import PRIVATE_FILE, private_folder

BUSY_SECONDS = 20
_TRIES = 1000


class Database:
    """`path` None keeps everything in memory. Raises UsageError where the file is not ours."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._inside = False
        self._first: Callable[[], None] | None = None
        if path is not None:
            _create_private(path)
        self._connection = sqlite3.connect(
            path or ":memory:",
            check_same_thread=False,
            isolation_level=None,
            timeout=BUSY_SECONDS,
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare(path)
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise UsageError(
                f"Cannot use {path} as the state of a sandbox: {error}.",
                hint="Name a file you may write to, on a disk with space.",
            ) from error
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise UsageError(
                f"{path} is not the state of a sandbox: {error}.",
                hint="Name another file, or remove this one to start over.",
            ) from error
        except UsageError:
            self._connection.close()
            raise

    def before_next_use(self, act: Callable[[], None] | None) -> None:
        """Whoever asks next, for anything, waits for `act`; None calls it off."""
        with self._lock:
            self._first = act

    def forget(self, *, but: str) -> None:
        """Empty every table but that one. Numbers go on: none is given a second time."""
        with self.change():
            for (table,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
                if table not in (but, "sqlite_sequence"):
                    self.run(f'DELETE FROM "{table}"')  # noqa: S608 - a name of the schema

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._hold():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        with self._hold():
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def number(self, sql: str, *values: object) -> int:
        found = self.row(sql, *values)
        return int(found[0] or 0) if found else 0

    def run(self, sql: str, *values: object) -> int:
        """Rows changed."""
        with self.change():
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, values: Sequence[Sequence[object]]) -> None:
        with self.change():
            self._connection.executemany(sql, values)

    @contextmanager
    def change(self) -> Iterator[None]:
        """All or nothing, for the thread that holds it; an inner one joins the outer."""
        with self._hold():
            if self._inside:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._inside = True
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._inside = False

    @contextmanager
    def _hold(self) -> Iterator[None]:
        with self._lock:
            if self._first is not None:
                act, self._first = self._first, None
                act()
            yield

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _prepare(self, path: Path | None) -> None:
        from gmailkit.sandbox.state import schema  # it gathers the rooms' tables, and they use us

        known = self._version(path) is not None
        if path is not None:
            self._write_ahead()
        if known:
            return
        with self.change():
            if self._version(path) is None:  # another sandbox may have been quicker
                for statement in schema.TABLES.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(
                    "INSERT INTO meta VALUES ('version', ?)", (str(schema.VERSION),)
                )

    def _write_ahead(self) -> None:
        """Readers and a writer do not wait for each other. The switch itself has to be waited for,
        which SQLite leaves to us.
        """
        for _ in range(_TRIES - 1):
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError:
                SYSTEM_CLOCK.sleep(BUSY_SECONDS / _TRIES)
        else:
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def _version(self, path: Path | None) -> int | None:
        from gmailkit.sandbox.state import schema

        tables = {row[0] for row in self.rows("SELECT name FROM sqlite_master")}
        if not tables:
            return None
        if "meta" not in tables:
            raise UsageError(
                f"{path} is a database, but not the state of a sandbox.",
                hint="Name another file.",
            )
        version = self.number("SELECT value FROM meta WHERE key = 'version'")
        if version in schema.UPGRADES:
            self._upgrade(version)
        elif version != schema.VERSION:
            raise UsageError(
                f"{path} was written by another version of the sandbox.",
                hint="Remove it to start over; the practice mailbox: gmailkit sandbox reset.",
            )
        return schema.VERSION

    def _upgrade(self, version: int) -> None:
        """Nothing that a file holds is changed: it only gets the tables it lacks."""
        from gmailkit.sandbox.state import schema

        with self.change():
            if self.number("SELECT value FROM meta WHERE key = 'version'") != version:
                return  # another sandbox was quicker
            for statement in schema.UPGRADES[version].split(";"):
                self._connection.execute(statement)
            self.run("UPDATE meta SET value = ? WHERE key = 'version'", str(schema.VERSION))


def _create_private(path: Path) -> None:
    """The file holds mail and a client secret: only its owner may read it."""
    private_folder(path.absolute().parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    except OSError as error:
        raise UsageError(
            f"Cannot open the sandbox's state {path}: {error.strerror}.",
            hint="Name a file in a folder you may write to.",
        ) from error
