"""The labels of a mailbox at one moment: ids, and names as people know them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property

from gmailkit.client.client import Client
from gmailkit.client.fetch import begun
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.query.known import check_searched, no_label

_DIGITS = re.compile(r"\d+")
_LISTED = "`gmailkit labels list` shows the labels there are."


class _Listed:
    """Labels by what they are looked for."""

    def __init__(self, labels: Iterable[Label]) -> None:
        self.labels = tuple(labels)
        self.by_name = {label.name.casefold(): label for label in self.labels}
        self.by_id = {label.id: label for label in self.labels}
        own = {label.id for label in self.labels if label.type == "system"}
        self.shown = {x.id: x.id if own & {x.id, x.name} else x.name for x in self.labels}
        self.meant = {shown: id for id, shown in self.shown.items()}


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
        self._given: Callable[[], Iterable[Label]] = lambda: labels

    @cached_property
    def _listed(self) -> _Listed:
        return _Listed(self._given())

    @property
    def labels(self) -> tuple[Label, ...]:
        return self._listed.labels

    @classmethod
    def of(cls, client: Client) -> LabelNames:
        return cls(client.labels.list(), again=client.labels.list)

    @classmethod
    def coming(cls, client: Client) -> LabelNames:
        """The same, listed while something else is asked: where they are first needed they are
        waited for, and what that call raised is raised.
        """
        names = cls((), again=client.labels.list)
        names._given = begun(client.labels.list).result
        return names

    def find(self, name: str) -> Label | None:
        return self._listed.by_name.get(name.strip().casefold())

    def now(self, id: LabelId | None, name: str) -> Label:
        """The label of that id, renamed or not; else the one of that name. NotFound for neither."""
        return (self._listed.by_id.get(id) if id else None) or self.get(name)

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
        near = get_close_matches(wanted, self._listed.by_name, n=1, cutoff=0.85)
        if not near or _DIGITS.sub("", near[0]) == _DIGITS.sub("", wanted):
            return ""
        return self._listed.by_name[near[0]].name

    def check_searched(self, name: str) -> None:
        """NotFound unless `label:name` or `in:name` may mean one of these."""
        check_searched(name, self._names, otherwise=_LISTED)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)

    def name(self, id: LabelId) -> str:
        """The name of an id; the id itself for one that is not listed (Gmail hides some)."""
        if id not in self._listed.by_id and id not in self._hidden and self._again:
            self._listed = _Listed(self._again())
            if id not in self._listed.by_id:
                self._hidden.add(id)  # asked for once
        label = self._listed.by_id.get(id)
        return label.name if label else id

    def named(self, ids: Iterable[LabelId]) -> Mapping[LabelId, str]:
        return {id: self.name(id) for id in ids}

    def shown(self, ids: Iterable[LabelId]) -> frozenset[str]:
        """As items of mail have them: those that a person made by their names, Gmail's own by their
        ids, and so what is called like one of these. All are of one moment.
        """
        some = tuple(ids)
        for id in some:
            self.name(id)  # lists them anew where it is not known
        return frozenset(self._listed.shown.get(id, id) for id in some)

    def meant(self, shown: Iterable[str]) -> dict[str, str]:
        """Ids and names of what `shown` has given."""
        ids = sorted(self._listed.meant.get(each, LabelId(each)) for each in shown)
        return {id: self.name(id) for id in ids}
