"""The index of a backup: SQLite, derived from the packs and the events.

It may be deleted at any time; the next writer builds it again. It uses a rollback journal and no
WAL: at rest it is one file, which can be read on read-only media and over NFS, where WAL cannot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gmailkit.backup import history, tables
from gmailkit.backup.connection import IndexFile, explained
from gmailkit.backup.events import AnyEvent
from gmailkit.backup.history import Change, LabelState
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Same, labels_json
from gmailkit.backup.stream import EVENTS, MESSAGES, End, Place, Stream
from gmailkit.errors import BackupDamaged

_PAGE = 500  # rows read at once: a reader never holds a writer up for longer
_ACCOUNT = "account = (SELECT key FROM accounts WHERE address = ?)"
_EVER = (1 << 63) - 1
_FAR = 1 << 47  # milliseconds: no calendar goes further


class Index(IndexFile):
    """What is saved, and where it lies; not for two threads at once.

    Every method raises BackupDamaged when SQLite finds the file broken; changing ones raise
    CannotWrite when it cannot be written and BackupLocked when a reader never lets go.
    """

    _seen = tables.NOW
    _until = _EVER

    def look_back(self, millis: int) -> None:
        """From now on tell of what was known at that moment."""
        self._seen = tables.as_of(millis)
        self._until = millis

    def made(self) -> str:
        """Which index this is: one that was built again has other keys and another id."""
        with explained(self.path, change=False):
            (id,) = self._sql.execute("SELECT id FROM made").fetchone()
        return str(id)

    def losses(self) -> object:
        """Other than it was, when messages or events were found lost since."""
        with explained(self.path, change=False):
            return self._sql.execute("SELECT id, losses FROM made").fetchall()

    def known(self, account: str) -> set[str]:
        """Ids of the account's messages."""
        sql = f"SELECT id FROM {self._seen} WHERE {_ACCOUNT}"  # noqa: S608 - ours
        with explained(self.path, change=False):
            return {id for (id,) in self._sql.execute(sql, (account,))}

    def count(self, account: str) -> int:
        """How many messages of the account Gmail still has, as far as that is known."""
        sql = f"SELECT count(*) - count(gone) FROM {self._seen} WHERE {_ACCOUNT}"  # noqa: S608
        with explained(self.path, change=False):
            (count,) = self._sql.execute(sql, (account,)).fetchone()
        return int(count)

    def has(self, account: str, id: str) -> bool:
        """Asked for each message that is saved: SQLite looks at its files once between commits,
        unless others write meanwhile, whom that would stop."""
        sql = "SELECT 1 FROM messages WHERE account = ? AND id = ?"
        with explained(self.path, change=False):
            if self.lone and not self._sql.in_transaction:
                self._sql.execute("BEGIN")
            key = self._keys.get(account) or self._key(account)
            return self._sql.execute(sql, (key, id)).fetchone() is not None

    def _key(self, account: str) -> int:
        """0 for one that nothing is from; kept once it is known, for it never changes."""
        sql = "SELECT key FROM accounts WHERE address = ?"
        row = self._sql.execute(sql, (account,)).fetchone()
        if row and not self._changing:
            self._keys[account] = row[0]
        return row[0] if row else 0

    def find(self, account: str, id: str) -> Entry | None:
        with explained(self.path, change=False):
            sql = tables.entries(self._seen) + tables.KEY
            row = self._sql.execute(sql, (account, id)).fetchone()
            return tables.entry(row) if row else None

    def as_saved(self, account: str, id: str) -> Entry | None:
        """A message with the labels that it bore when it was saved."""
        with explained(self.path, change=False):
            sql = tables.entries(tables.AS_SAVED) + tables.KEY
            row = self._sql.execute(sql, (account, id)).fetchone()
            return tables.entry(row) if row else None

    def holder(self, same: Same) -> Entry | None:
        """The message whose record holds the bytes of others, whatever moment is looked at."""
        return next(iter(self._now(tables.KEY, same.account, same.id)), None)

    def holding(self, sha256: str) -> list[Entry]:
        """Messages in whose records such bytes stand."""
        digest = bytes.fromhex(sha256)
        with explained(self.path, change=False):  # most have none: that is asked quickly
            keys = self._sql.execute(tables.HOLDING, (digest[:5], digest)).fetchall()
        return [entry for key in keys for entry in self._now("WHERE seen.key = ?", *key)]

    def sharing(self, entry: Entry) -> list[Entry]:
        """Messages whose bytes stand in that one's record."""
        return self._now(tables.SHARING, entry.account, entry.id)

    def unheld(self) -> list[Entry]:
        """Messages whose bytes stand in a record that is not there."""
        return self._now(tables.UNHELD)

    def _now(self, where: str, *values: object) -> list[Entry]:
        with explained(self.path, change=False):
            rows = self._sql.execute(f"{tables.entries(tables.NOW)} {where}", values)
            return [tables.entry(row) for row in rows.fetchall()]

    def shared(self) -> tuple[int, int]:
        """How many messages stand in the record of another, and their bytes."""
        sql = "SELECT count(*), coalesce(sum(length), 0) FROM messages WHERE same_id IS NOT NULL"
        with explained(self.path, change=False):
            count, size = self._sql.execute(sql).fetchone()
        return int(count), int(size)

    def unverified(self, account: str) -> list[str]:
        """Ids of messages that came from elsewhere, and whose bytes may not be Gmail's."""
        sql = f"SELECT id FROM messages WHERE {_ACCOUNT} AND origin IS NOT NULL"  # noqa: S608
        with explained(self.path, change=False):
            return [id for (id,) in self._sql.execute(sql, (account,))]

    def entries(self) -> Iterator[Entry]:
        """All entries in the order in which they lie in the packs."""
        return self._in_order(self._seen)

    def _in_order(self, seen: str, *, pack: int | None = None) -> Iterator[Entry]:
        sql = f"""{tables.entries(seen)} WHERE (pack, offset, position) > (?, ?, ?) AND pack <= ?
            ORDER BY pack, offset, position LIMIT {_PAGE}"""
        last = (pack if pack is not None else -1, -1, -1)
        until = pack if pack is not None else _EVER
        while True:
            with explained(self.path, change=False):
                rows = self._sql.execute(sql, (*last, until)).fetchall()
                page = [tables.entry(row) for row in rows]
            yield from page
            if len(page) < _PAGE:
                return
            before, last = last, (page[-1].pack, page[-1].offset, page[-1].position)
            if last <= before:
                raise BackupDamaged(f"{self.path} is out of order.")

    def added_since(self, number: int) -> Iterator[tuple[int, Entry]]:
        """Messages that came after the one of that number, each with its own, in their order."""
        sql = f"""{tables.entries(self._seen, "seen.key")}
            WHERE seen.key > ? ORDER BY seen.key LIMIT {_PAGE}"""
        while True:
            with explained(self.path, change=False):
                rows = self._sql.execute(sql, (number,)).fetchall()
                page = [(int(key), tables.entry(row)) for key, *row in rows]
            yield from page
            if len(page) < _PAGE:
                return
            number = page[-1][0]

    def changed_since(self, number: int) -> Iterator[Change]:
        sql = f"""SELECT label_states.key, address, id FROM label_states
            JOIN messages ON messages.key = message JOIN accounts ON accounts.key = account
            WHERE label_states.key > ? ORDER BY label_states.key LIMIT {_PAGE}"""  # noqa: S608
        while True:
            with explained(self.path, change=False):
                page = [Change(*row) for row in self._sql.execute(sql, (number,))]
            yield from page
            if len(page) < _PAGE:
                return
            number = page[-1].number

    def accounts(self) -> tuple[str, ...]:
        """The addresses of the mailboxes that anything is from."""
        with explained(self.path, change=False):
            rows = self._sql.execute("SELECT address FROM accounts ORDER BY address").fetchall()
        return tuple(address for (address,) in rows)

    def oldest_first(self, account: str) -> Iterator[str]:
        """Ids of the account's messages by their dates."""
        sql = f"""SELECT date_ms, id FROM {self._seen} WHERE {_ACCOUNT}
            AND (date_ms, id) > (?, ?) ORDER BY date_ms, id LIMIT {_PAGE}"""  # noqa: S608 - ours
        last: tuple[int, str] = (-(1 << 63), "")
        while True:
            with explained(self.path, change=False):
                page = self._sql.execute(sql, (account, *last)).fetchall()
            yield from (id for _, id in page)
            if len(page) < _PAGE:
                return
            if page[-1] <= last:
                raise BackupDamaged(f"{self.path} is out of order.")
            last = page[-1]

    def gone(self, account: str) -> dict[str, int]:
        """Ids of the messages that Gmail has no more, and when that was found."""
        sql = f"SELECT id, gone FROM {self._seen} WHERE {_ACCOUNT} AND gone IS NOT NULL"  # noqa: S608
        with explained(self.path, change=False):
            return dict(self._sql.execute(sql, (account,)))

    def label_states(self, account: str, id: str) -> tuple[LabelState, ...]:
        with explained(self.path, change=False):
            return history.states(self._sql, account, id, self._until)

    def latest(self, account: str, kind: str, name: str) -> Place | None:
        """Where the newest event of that kind and name lies."""
        with explained(self.path, change=False):
            return history.latest(self._sql, account, kind, name, self._until)

    def tells(self, event: AnyEvent, place: Place) -> bool:
        """Whether it knows what an event says."""
        with explained(self.path, change=False):
            return history.tells(self._sql, event, place)

    def places(self, kind: str) -> list[Place]:
        """Where the events of a kind lie that are not of one message, in their order."""
        with explained(self.path, change=False):
            return history.places(self._sql, kind)

    def first(self) -> int:
        """When the first message was saved, milliseconds since 1970; 0 where nobody wrote it down,
        or there is none."""
        sql = "SELECT coalesce((SELECT saved FROM messages ORDER BY key LIMIT 1), 0)"
        with explained(self.path, change=False):
            (first,) = self._sql.execute(sql).fetchone()
        return first if isinstance(first, int) and first < _FAR else 0

    def newest(self) -> int:
        """The last moment at which anything was saved, milliseconds since 1970; 0 for never."""
        with explained(self.path, change=False):
            return history.newest(self._sql)

    def ends(self, stream: Stream) -> dict[int, End]:
        """How far each file of a stream is known."""
        sql = "SELECT number, length, digest FROM files WHERE stream = ? ORDER BY number"
        with explained(self.path, change=False):
            rows = self._sql.execute(sql, (stream.folder,))
            ends = {number: End(length, digest) for number, length, digest in rows}
        for number, end in ends.items():
            sized = isinstance(number, int) and isinstance(end.length, int)
            if not sized or not isinstance(end.digest, bytes):
                raise BackupDamaged(f"{self.path} is wrong about the end of a pack.")
        return ends

    def pack(self, number: int) -> tuple[End | None, list[Entry]]:
        """How far a pack is known and what lies in it, as it was saved; both at one moment of a
        running backup."""
        with explained(self.path, change=False):
            self._roll_back()
            self._sql.execute("BEGIN")
        try:
            entries = list(self._in_order(tables.AS_SAVED, pack=number))
            return self.ends(MESSAGES).get(number), entries
        finally:
            self._roll_back()

    def add(self, entries: Sequence[Entry], ends: Mapping[int, End], *, lost: bool = False) -> int:
        """Take in messages whose bytes are safe on disk, and how far packs are known now.

        Known messages are left as they are, but for one that was damaged and written again: it
        has its new place then. Returns how many were new. `lost` when others that lay
        between them are not there.
        """
        with self.at_once():
            sets = {(labels_json(entry.labels),) for entry in entries}
            self._sql.executemany("INSERT OR IGNORE INTO label_sets (labels) VALUES (?)", sets)
            accounts = {(entry.account,) for entry in entries}
            accounts |= {(entry.same.account,) for entry in entries if entry.same}
            self._sql.executemany("INSERT OR IGNORE INTO accounts (address) VALUES (?)", accounts)
            before = self._sql.total_changes
            self._sql.executemany(tables.INSERT, map(tables.row, entries))
            new = self._sql.total_changes - before
            if new < len(entries):
                for entry in entries:
                    history.enter_again(self._sql, entry)
                    self._move(entry)
            if lost:
                history.forget_cursors(self._sql)
            self._set_ends(MESSAGES, ends)
        return new

    def note(
        self,
        events: Sequence[tuple[AnyEvent, Place]],
        ends: Mapping[int, End],
        *,
        lost: bool = False,
    ) -> None:
        """Take in events that are safe on disk, and how far their files are known now; `lost` as
        for messages."""
        with self.at_once():
            history.enter(self._sql, events)
            if lost:
                history.forget_cursors(self._sql)
            self._set_ends(EVENTS, ends)

    def _move(self, entry: Entry) -> None:
        """To the later place of what is, by its stamp, the same message written again."""
        saved = self.as_saved(entry.account, entry.id)
        if saved and saved.is_replaced_by(entry):
            self._sql.execute(tables.MOVE, tables.moved(entry))

    def forget(self, pack: int, end: End) -> list[tuple[str, str]]:
        """Drop what lies beyond `end` of a pack; (account, id) of each."""
        entries = self._in_order(tables.NOW, pack=pack)
        lost = [e for e in entries if e.offset + e.frame_length > end.length]
        with self.at_once():
            history.forget(self._sql, lost)
            self._sql.execute(
                "DELETE FROM files WHERE stream = ? AND number = ?", (MESSAGES.folder, pack)
            )
            if end.length:
                self._set_ends(MESSAGES, {pack: end})
        return [(entry.account, entry.id) for entry in lost]

    def forget_unheld(self) -> int:
        """Drop the messages whose bytes nothing holds any more, so that they are fetched again; how
        many those are."""
        if lost := self.unheld():
            with self.at_once():
                self._sql.execute(tables.AWAIT)
                history.forget(self._sql, lost)
        return len(lost)

    def has_back(self) -> bool:
        """Whether a message that was forgotten so could be read again: what held its bytes was
        saved once more. Its own record and events only an index made anew has.
        """
        with explained(self.path, change=False):
            return self._sql.execute(tables.COME_BACK).fetchone() is not None

    def _set_ends(self, stream: Stream, ends: Mapping[int, End]) -> None:
        self._sql.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
            [(stream.folder, number, end.length, end.digest) for number, end in ends.items()],
        )
