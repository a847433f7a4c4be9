"""Lists that were asked to stop and went on writing: what they sent to Trash, and a filter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gmailkit.errors import UsageError
from gmailkit.model.filter import FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.model.shape import to_json
from gmailkit.query.builder import Q
from gmailkit.record.departures import By, Departure
from gmailkit.record.journal import Call, Change
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.changes.make import Delta, relabel
from gmailkit.services.cheapest import modify_units
from gmailkit.services.connect import Connection
from gmailkit.services.lists.mailings import OnProgress, mailings
from gmailkit.services.lists.sources import key_of, search_of
from gmailkit.services.lists.standing import departures
from gmailkit.wire.methods import find

# Days. Gmail requires senders of much mail to honour one click within two days. By mail a person
# may have to read it: ten is what the law of the USA (CAN-SPAM) gives in working days.
GRACE: dict[By, int] = {"one-click": 2, "mail": 10}
MOST = 500  # messages of one list that are looked at
TRASH = LabelId("TRASH")
_MAKE = "settings.filters.create"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingOn:
    """A list that wrote on: when it was asked, the messages that came after the grace, newest
    first, and what a filter of its mail would match.
    """

    departure: Departure
    ids: tuple[str, ...]
    last: datetime
    criteria: FilterCriteria


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencePlan:
    """What would be done to those that went on; `filters` are those that there are not yet.
    `waiting` lists were asked too, and their grace is not over, or they write no more.
    """

    lists: tuple[GoingOn, ...]
    filters: tuple[FilterCriteria, ...] = ()
    waiting: int = 0
    units: int = 0

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(id for each in self.lists for id in each.ids))


def plan_silence(
    connection: Connection,
    *,
    grace: int | None = None,
    filters: bool = True,
    on_progress: OnProgress = lambda done, total: None,
) -> SilencePlan:
    """Who went on; nothing is changed. 5 units for each list that was left, 20 for each message
    that is new.

    `grace` is in days (`GRACE` without); without `filters` none would be made.
    """
    if grace is not None and grace < 0:
        raise UsageError(f"A grace of {grace} days is none.", hint="Give 0 or more.")
    asked_ = [each for each in departures(connection) if each.state == "asked"]
    looked = (_going_on(connection, each, grace, on_progress) for each in asked_)
    found = [each for each in looked if each]
    there = connection.client.settings.filters.list() if found and filters else ()
    known = [each.criteria for each in there if TRASH in each.action.add_label_ids]
    new = [each.criteria for each in found if filters and each.criteria not in known]
    prices = connection.client.prices
    count = len({id for each in found for id in each.ids})
    return SilencePlan(
        lists=tuple(found),
        filters=tuple(new),
        waiting=len(asked_) - len(found),
        units=modify_units(count, prices) + len(new) * find(_MAKE).price(prices),
    )


def silence(
    connection: Connection,
    plan: SilencePlan,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Change | None:
    """Their mail to Trash, that to come too: one change, which `undo` takes back. None where there
    is nothing to do.

    Filters need gmail.settings.basic: Refused before anything is done where the sign-in lacks it.
    """
    if not plan.lists:
        return None
    if plan.filters:
        connection.check_allowed(_MAKE)
    return relabel(
        connection.client,
        connection.journal,
        f"silence {', '.join(each.departure.name for each in plan.lists)}",
        [Delta(plan.ids, frozenset({TRASH}))],
        names={TRASH: TRASH},
        calls=[Call(method=_MAKE, body=_body(each)) for each in plan.filters],
        on_progress=on_progress,
    )


def _going_on(
    connection: Connection, departure: Departure, grace: int | None, on_progress: OnProgress
) -> GoingOn | None:
    """A search for a list may find its neighbours, or not all of its mail (Open): so it is looked
    for by who wrote as well, and then at what each message says.
    """
    days = GRACE[departure.by] if grace is None else grace
    since = departure.time + timedelta(days=days)
    whose = search_of(departure.list)
    if departure.address:
        whose |= Q.sender(departure.address)
    client, query = connection.client, str(whose & Q.after(since))
    ids = [ref.id for ref in find_refs(client, asked(client, query), limit=MOST)]
    own = [
        each
        for each in mailings(client, connection.cache, ids, on_progress=on_progress)
        if key_of(each) == departure.list and each.date >= since
    ]
    if not own:
        return None
    return GoingOn(
        departure=departure,
        ids=tuple(each.id for each in own),
        last=max(each.date for each in own),
        criteria=_criteria(departure.list),
    )


def _criteria(key: str) -> FilterCriteria:
    if key.startswith("from:"):
        return FilterCriteria(from_=key.removeprefix("from:"))
    return FilterCriteria(query=str(search_of(key)))


def _body(criteria: FilterCriteria) -> dict[str, object]:
    return {"criteria": to_json(criteria), "action": {"addLabelIds": [TRASH]}}
