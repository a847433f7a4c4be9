"""Labels by name, as people know them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from gmailkit.client.client import Client
from gmailkit.errors import UsageError
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.query.known import check_searched, no_label
from gmailkit.query.labels import is_system

# Gmail's own labels that can be put on and taken off; their ids are their names.
WRITABLE = frozenset(
    map(
        LabelId,
        "INBOX UNREAD STARRED IMPORTANT SPAM TRASH CATEGORY_PERSONAL CATEGORY_SOCIAL "
        "CATEGORY_PROMOTIONS CATEGORY_UPDATES CATEGORY_FORUMS".split(),
    )
)
_DIGITS = re.compile(r"\d+")
LONGEST = 225  # characters of a name
MOST = 10_000  # labels of a person's own in one mailbox
# Collected from Gmail's answers, nowhere documented.
_RESERVED = frozenset(
    """inbox spam trash bin unread starred important sent draft drafts chat chats allmail archive
    archived muted migrated todo todos buzz [gmail]""".split()
)
_LISTED = "`gmailkit labels list` shows the labels there are."


def check_new(name: str) -> None:
    """UsageError for what a label cannot be called, before anything is written down or asked."""
    if reason := bad_name(name):
        raise UsageError(
            f'"{name}" cannot be the name of a label: {reason}.', hint="Nothing was changed."
        )


def bad_name(name: str) -> str:
    """Why Gmail would refuse it; "" for one that it may take."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it has more than {LONGEST} characters"
    if name.casefold() in _RESERVED or is_system(name) or name.casefold().startswith("[gmail]/"):
        return "Gmail keeps it for itself"
    if name.startswith("^") or any(unicodedata.category(each) in ("Cc", "Cs") for each in name):
        return "Gmail refuses some of its characters"
    if any(not part or part != part.strip() for part in name.split("/")):
        return "each part between slashes begins and ends with a character that is no blank"
    return ""


class LabelNames:
    """The labels of a mailbox at one moment; names compare without case, as Gmail compares them.

    Every verb lists them anew (1 unit): a list that is kept would give a name that moved to another
    label meanwhile, and the wrong mail would be changed. Within a long run, an id that is not
    listed has them listed once more: a label may have been made elsewhere.
    """

    def __init__(
        self, labels: Iterable[Label], *, again: Callable[[], Iterable[Label]] | None = None
    ) -> None:
        self._again = again
        self._hidden: set[LabelId] = set()
        self._take(labels)

    def _take(self, labels: Iterable[Label]) -> None:
        self.labels = tuple(labels)
        self._by_name = {label.name.casefold(): label for label in self.labels}
        self._by_id = {label.id: label for label in self.labels}

    @classmethod
    def of(cls, client: Client) -> LabelNames:
        return cls(client.labels.list(), again=client.labels.list)

    def find(self, name: str) -> Label | None:
        return self._by_name.get(name.strip().casefold())

    def now(self, id: LabelId | None, name: str) -> Label:
        """The label of that id, renamed or not; else the one of that name. NotFound for neither."""
        return (self._by_id.get(id) if id else None) or self.get(name)

    def get(self, name: str) -> Label:
        """The label of that name; NotFound names the nearest ones."""
        label = self.find(name)
        if label is None:
            raise no_label(name, self._names, otherwise=_LISTED)
        return label

    def slip_of(self, name: str) -> str:
        """The label that one to be made is spelt much like, as a slip would be; "" for none. A row
        of years or numbers is none.
        """
        wanted = name.strip().casefold()
        near = get_close_matches(wanted, self._by_name, n=1, cutoff=0.85)
        if not near or _DIGITS.sub("", near[0]) == _DIGITS.sub("", wanted):
            return ""
        return self._by_name[near[0]].name

    def check_searched(self, name: str) -> None:
        """NotFound unless `label:name` or `in:name` may mean one of these."""
        check_searched(name, self._names, otherwise=_LISTED)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    def name(self, id: LabelId) -> str:
        """The name of an id; the id itself for one that is not listed (Gmail hides some)."""
        if id not in self._by_id and id not in self._hidden and self._again:
            self._take(self._again())
            if id not in self._by_id:
                self._hidden.add(id)  # asked for once
        label = self._by_id.get(id)
        return label.name if label else id

    def named(self, ids: Iterable[LabelId]) -> Mapping[LabelId, str]:
        return {id: self.name(id) for id in ids}
