"""The labels of a mailbox as folders, under the names and attributes that IMAP shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gmailkit.sandbox.imap.languages import names_in
from gmailkit.sandbox.state import folders as numbered
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import (
    CHAT,
    DRAFT,
    IMPORTANT,
    INBOX,
    SENT,
    SPAM,
    STARRED,
    TRASH,
)
from gmailkit.sandbox.state.users import User

ALL_MAIL = numbered.ALL_MAIL
ROOT = "[Gmail]"
# In the order in which Gmail lists them, with the attribute of each (RFC 6154, RFC 8457).
_SPECIAL = {
    ALL_MAIL: "\\All",
    CHAT: "",
    DRAFT: "\\Drafts",
    IMPORTANT: "\\Important",
    SENT: "\\Sent",
    SPAM: "\\Junk",
    STARRED: "\\Flagged",
    TRASH: "\\Trash",
}
_HIDDEN_AT_FIRST = (CHAT,)


@dataclass(frozen=True, slots=True)
class Folder:
    """`label` is a label's id or ALL_MAIL, "" for a name that only lies above others."""

    name: str
    label: str
    special: str = ""

    @property
    def selectable(self) -> bool:
        return bool(self.label)


@dataclass(frozen=True, slots=True)
class View:
    """What a user has chosen to see through IMAP: ids of labels that are hidden there, those that
    are not subscribed to, and what the special folders lie under ([Google Mail] for some).
    """

    hidden: frozenset[str] = frozenset(_HIDDEN_AT_FIRST)
    unsubscribed: frozenset[str] = frozenset()
    root: str = ROOT

    @classmethod
    def of(cls, state: State, user: User) -> View:
        said = state.settings.find(user.n, "imapView") or {}
        lists = {
            name: frozenset(map(str, value))
            for name, value in said.items()
            if isinstance(value, list)
        }
        default = cls()
        return cls(
            lists.get("hidden", default.hidden),
            lists.get("unsubscribed", default.unsubscribed),
            str(said.get("root", ROOT)),
        )

    def put(self, state: State, user: User) -> None:
        said = {
            "hidden": sorted(self.hidden),
            "unsubscribed": sorted(self.unsubscribed),
            "root": self.root,
        }
        state.settings.put(user.n, "imapView", said)


class Folders:
    """All folders of a user, as they are now. `everything`: whatever the user hides."""

    def __init__(self, state: State, user: User, *, everything: bool = False) -> None:
        self._view = View.of(state, user)
        self._names = names_in(_language(state, user))
        hidden = frozenset() if everything else self._view.hidden
        self._root = self._view.root
        self._all = {folder.name: folder for folder in self._made(state, user, hidden)}
        self._above = _above(self._all)

    def all(self) -> list[Folder]:
        return list(self._all.values())

    def find(self, name: str) -> Folder | None:
        """INBOX in any letters, others as they are."""
        return self._all.get(INBOX if name.upper() == INBOX else name)

    def of_label(self, label: str) -> Folder | None:
        return next((folder for folder in self._all.values() if folder.label == label), None)

    def is_subscribed(self, folder: Folder) -> bool:
        return folder.selectable and folder.label not in self._view.unsubscribed

    def has_children(self, folder: Folder) -> bool:
        return folder.name in self._above

    def is_gmails(self, name: str) -> bool:
        """Whether the name is one that users cannot give."""
        heads = {INBOX, self._root.upper(), ROOT.upper(), "[GOOGLE MAIL]"}
        return name.partition("/")[0].upper() in heads

    def _made(self, state: State, user: User, hidden: frozenset[str]) -> Iterable[Folder]:
        yield Folder(INBOX, INBOX)
        names = state.labels.names(user.n).items()
        own = {name: id for id, name in names if id not in hidden}
        for name in sorted({*own, *_above(own)}, key=str.casefold):
            yield Folder(name, own.get(name, ""))
        yield Folder(self._root, "")
        for label, special in _SPECIAL.items():
            if label not in hidden:
                name = self._names[label]
                yield Folder(f"{self._root}/{name}", label, special)


def _above(names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        parts = name.split("/")
        found.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return found


def _language(state: State, user: User) -> str:
    said = state.settings.find(user.n, "language") or {}
    return str(said.get("displayLanguage", "en"))
