"""User labels of one mailbox, and the counts of every label."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from sqlite3 import Row

from gmailkit.sandbox.refusal import Refusal, invalid, not_found
from gmailkit.sandbox.state import label_names
from gmailkit.sandbox.state.database import Database
from gmailkit.sandbox.state.history import Change, History
from gmailkit.sandbox.state.settings import Settings
from gmailkit.sandbox.state.system_labels import PLACE, SYSTEM, UNSEEN

MAX_LABELS = 10_000


@dataclass(frozen=True, slots=True)
class UserLabel:
    """Visibilities in Gmail's words; both colours or none."""

    name: str
    id: str = ""
    message_list: str = "show"
    label_list: str = "labelShow"
    background: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    messages: int
    unread: int
    threads: int
    threads_unread: int


class Labels:
    """Every `user` is `User.n`."""

    def __init__(self, database: Database, history: History, settings: Settings) -> None:
        self._db = database
        self._history = history
        self._settings = settings

    def all(self, user: int) -> list[UserLabel]:
        """User labels by their number."""
        rows = self._db.rows("SELECT * FROM labels WHERE user = ?", user)
        return sorted((_label(row) for row in rows), key=lambda label: order(label.id))

    def names(self, user: int) -> dict[str, str]:
        """Id to name, of user labels."""
        rows = self._db.rows("SELECT id, name FROM labels WHERE user = ?", user)
        return {row["id"]: row["name"] for row in rows}

    def id_of(self, user: int, name: str) -> str | None:
        """Of a user label, its name in any letters."""
        row = self._db.row(
            "SELECT id FROM labels WHERE user = ? AND name_key = ?", user, label_names.key(name)
        )
        return str(row["id"]) if row else None

    def get(self, user: int, id: str) -> UserLabel:
        """Refuses 404."""
        row = self._db.row("SELECT * FROM labels WHERE user = ? AND id = ?", user, id)
        if row is None:
            raise not_found()
        return _label(row)

    def check_known(self, user: int, ids: Collection[str]) -> None:
        """Refuses 400 for the first id that is no label of this mailbox."""
        own = self.names(user) if any(id not in PLACE for id in ids) else {}
        for id in ids:
            if id not in PLACE and id not in own:
                raise invalid(f"Invalid label: {id}")

    def add(self, user: int, label: UserLabel) -> UserLabel:
        """With its new id. Refuses 400 for the name, 409 for a duplicate."""
        with self._db.change():
            self._check_name(user, label)
            if len(self.names(user)) >= MAX_LABELS:
                raise invalid("Too many labels.")
            self._db.run("UPDATE users SET labels_made = labels_made + 1 WHERE n = ?", user)
            made = self._db.number("SELECT labels_made FROM users WHERE n = ?", user)
            added = replace(label, id=f"Label_{made}")
            self._db.run("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)", user, *_row(added))
        return added

    def replace(self, user: int, label: UserLabel) -> None:
        """The label of that id becomes `label`. Refuses as `add`, and 404."""
        with self._db.change():
            self.get(user, label.id)
            self._check_name(user, label)
            self._db.run("DELETE FROM labels WHERE user = ? AND id = ?", user, label.id)
            self._db.run("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)", user, *_row(label))

    def remove(self, user: int, id: str) -> None:
        """The label and its use; the mail stays. Refuses 404."""
        with self._db.change():
            self.get(user, id)
            carriers = self._db.rows(
                "SELECT m.n, m.id, m.thread FROM message_labels l"
                " JOIN messages m ON m.n = l.message"
                " WHERE l.label = ? AND m.user = ? ORDER BY m.n",
                id,
                user,
            )
            changes = [Change(row["id"], row["thread"], "labelRemoved", (id,)) for row in carriers]
            for history, row in zip(self._history.record(user, changes), carriers, strict=True):
                self._db.run(
                    "DELETE FROM message_labels WHERE message = ? AND label = ?", row["n"], id
                )
                self._db.run("UPDATE messages SET history = ? WHERE n = ?", history, row["n"])
            self._db.run("DELETE FROM labels WHERE user = ? AND id = ?", user, id)

    def ids_of(self, user: int, names: Iterable[str]) -> dict[str, str]:
        """Id for each of `names` (system ids or user label names); unknown names are made.

        For the sandbox's own loading, so without the rules for names that come from outside.
        """
        known = {label_names.key(name): id for id, name in self.names(user).items()}
        found: dict[str, str] = {}
        for name in names:
            if name in PLACE or name in UNSEEN:
                found[name] = name
                continue
            if label_names.key(name) not in known:
                known[label_names.key(name)] = self.add(user, UserLabel(name)).id
            found[name] = known[label_names.key(name)]
        return found

    def counts(self, user: int, id: str) -> Counts:
        row = self._db.row(
            "SELECT count(*), count(u.label), count(DISTINCT m.thread),"
            " count(DISTINCT CASE WHEN u.label IS NOT NULL THEN m.thread END)"
            " FROM message_labels l JOIN messages m ON m.n = l.message"
            " LEFT JOIN message_labels u ON u.message = m.n AND u.label = 'UNREAD'"
            " WHERE l.label = ? AND m.user = ?",
            id,
            user,
        )
        return Counts(*row) if row else Counts(0, 0, 0, 0)

    def _check_name(self, user: int, label: UserLabel) -> None:
        if not label_names.allowed(label.name, self._language(user)):
            raise invalid("Invalid label name")
        # Open: which "prefix conflicts" Gmail means. Here: a parent that exists in other letters.
        wanted = {label_names.key(name): name for name in label_names.ancestors(label.name)}
        for id, name in self.names(user).items():
            key = label_names.key(name)
            same = key == label_names.key(label.name) and id != label.id
            if same or (key in wanted and wanted[key] != name):
                raise Refusal(409, "Label name exists or conflicts")

    def _language(self, user: int) -> str:
        said = self._settings.find(user, "language") or {}
        return str(said.get("displayLanguage", "en"))


def order(id: str) -> tuple[int, int, str]:
    """System labels as Gmail lists them, then user labels by number."""
    number = id.removeprefix("Label_")
    return PLACE.get(id, len(SYSTEM)), int(number) if number.isdecimal() else 0, id


def _label(row: Row) -> UserLabel:
    return UserLabel(
        row["name"],
        row["id"],
        row["message_list"],
        row["label_list"],
        row["background"],
        row["text"],
    )


def _row(label: UserLabel) -> tuple[str | None, ...]:
    return (
        label.id,
        label.name,
        label_names.key(label.name),
        label.message_list,
        label.label_list,
        label.background,
        label.text,
    )
