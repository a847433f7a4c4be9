"""Filters: what is done to mail that arrives, with labels by name."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from gmailkit.client.client import Client
from gmailkit.errors import Refused, UsageError
from gmailkit.model.filter import Filter, FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.model.shape import from_json, to_json
from gmailkit.query.parse import parse
from gmailkit.services.labels.names import WRITABLE, LabelNames
from gmailkit.services.settings.change import Changes, Raw, SettingChange, Step
from gmailkit.services.settings.forwarding import check_accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRule:
    """A filter in people's words: `add` and `remove` are names of labels; "" as `id` is none yet.

    A label that is gone, or that the sign-in may not look up, shows by its id.
    """

    id: str = ""
    criteria: FilterCriteria
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    forward: str = ""


class FilterSettings:
    """Looking takes gmail.readonly, changing gmail.settings.basic; names of labels, gmail.readonly
    (making one, gmail.labels).
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def list(self) -> tuple[FilterRule, ...]:
        """All filters. 1 unit, and 1 for the names of labels."""
        found = self._changes.client.settings.filters.list()
        return _rules(self._changes.client, found)

    def create(
        self,
        criteria: FilterCriteria,
        *,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        forward: str = "",
        create: bool = False,
    ) -> SettingChange:
        """Make a filter for mail to come; mail that is there stays as it is. 5 units.

        Remove INBOX to archive, UNREAD to mark as read, SPAM for "never spam"; `create` makes a
        label of `add` that does not exist (5 units). NotFound for an unknown label or address to
        forward to; UsageError for no criteria, no action, or more than one label of your own;
        QueryError for a search that would silently find nothing. Idle if there is one like it (1
        unit to know).
        """
        _check(criteria)
        client = self._changes.client
        labels = _Labels(client, add, remove, create=create)
        forward = check_accepted(client, forward) if forward else ""
        if not (labels.add or labels.create or labels.remove or forward):
            raise UsageError("The filter does nothing.", hint="Name a label, or --archive.")
        rule = FilterRule(
            criteria=criteria,
            add=(*labels.add.values(), *labels.create),
            remove=tuple(labels.remove.values()),
            forward=forward,
        )

        return self._changes.make(
            SettingChange(
                what="make a filter",
                after=rule,
                create="".join(labels.create),
                idle=not labels.create and self._is_there(criteria, labels, forward),
            ),
            Step(
                method="settings.filters.create",
                body=lambda made: _body(criteria, labels, forward, made),
                kind=Filter,
            ),
        )

    def _is_there(self, criteria: FilterCriteria, labels: _Labels, forward: str) -> bool:
        wanted = criteria, set(labels.add), set(labels.remove), forward
        return any(
            wanted
            == (
                each.criteria,
                set(each.action.add_label_ids),
                set(each.action.remove_label_ids),
                each.action.forward,
            )
            for each in self._changes.client.settings.filters.list()
        )

    def delete(self, id: str) -> SettingChange:
        """Delete a filter; what it did stays. 6 units."""
        client = self._changes.client
        former = client.call("settings.filters.get", id=id)
        (before,) = _rules(client, [from_json(former, Filter)])
        return self._changes.make(
            SettingChange(what=f"delete the filter {id}", before=before),
            Step(method="settings.filters.delete", params={"id": id}, former=former),
        )


class _Labels:
    """Labels of a filter: id to name, as Gmail spells it. Those in `create` are not there yet."""

    def __init__(
        self, client: Client, add: Iterable[str], remove: Iterable[str], *, create: bool
    ) -> None:
        self._client = client
        self._listed: LabelNames | None = None
        self.create: tuple[str, ...] = ()
        self.remove = dict(map(self._known, remove))
        self.add: dict[LabelId, str] = {}
        for name in add:
            if create and name.upper() not in WRITABLE and not self._names.find(name):
                self.create = (*self.create, name.strip())
            else:
                self.add |= dict([self._known(name)])
        self._check()

    def _known(self, name: str) -> tuple[LabelId, str]:
        if (own := name.strip().upper()) in WRITABLE:
            return LabelId(own), own
        label = self._names.get(name)
        return label.id, label.name

    @property
    def _names(self) -> LabelNames:
        if self._listed is None:
            self._listed = LabelNames.of(self._client)
        return self._listed

    def _check(self) -> None:
        mine = [*self.create, *(name for id, name in self.add.items() if id not in WRITABLE)]
        if len(mine) > 1:
            raise UsageError(
                f"A filter adds one label of your own at most, not {len(mine)}: {', '.join(mine)}.",
                hint="Make a filter for each.",
            )
        if both := [self.add[id] for id in self.add if id in self.remove]:
            raise UsageError(f'"{both[0]}" is both to be added and to be removed.')


def _body(
    criteria: FilterCriteria, labels: _Labels, forward: str, made: tuple[LabelId, ...]
) -> Raw:
    """The filter as Gmail takes it; `made` are the labels that were not there before."""
    action: dict[str, object] = {
        "addLabelIds": [*labels.add, *made],
        "removeLabelIds": list(labels.remove),
        "forward": forward,
    }
    said = {key: value for key, value in action.items() if value}
    return {"criteria": to_json(criteria), "action": said}


def _check(criteria: FilterCriteria) -> None:
    if criteria in (FilterCriteria(), FilterCriteria(exclude_chats=True)):
        raise UsageError("The filter matches everything.", hint="Say which mail, as with --from.")
    for query in (criteria.query, criteria.negated_query):
        if query:
            parse(query)


def _rules(client: Client, filters: Iterable[Filter]) -> tuple[FilterRule, ...]:
    found = tuple(filters)
    mine = any(
        id not in WRITABLE
        for each in found
        for id in (*each.action.add_label_ids, *each.action.remove_label_ids)
    )
    names = LabelNames(())
    if mine:
        with suppress(Refused):  # gmail.settings.basic alone does not show labels
            names = LabelNames.of(client)
    return tuple(
        FilterRule(
            id=each.id,
            criteria=each.criteria,
            add=tuple(map(names.name, each.action.add_label_ids)),
            remove=tuple(map(names.name, each.action.remove_label_ids)),
            forward=each.action.forward,
        )
        for each in found
    )
