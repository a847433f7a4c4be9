"""Lists that were asked to stop and went on writing: what they sent to Trash, and a filter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

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
LIKE_IT = 100  # messages that a filter would have taken, looked at before it is made
MOST_SENDERS = 10  # that a filter names
TRASH = LabelId("TRASH")
_MAKE = "settings.filters.create"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingOn:
    """A list that wrote on: when it was asked, the messages that came after the grace, newest
    first, `subject` that of the newest; who `senders` are. `cut`: there are more.

    `criteria` is what a filter of its mail would match; None where none is to be made, and `why`.
    """

    departure: Departure
    ids: tuple[str, ...]
    last: datetime
    subject: str
    senders: tuple[str, ...]
    cut: bool = False
    criteria: FilterCriteria | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencePlan:
    """What would be done to those that went on; `filters` are those that there are not yet.
    `unsure` wrote on too, and nobody can tell whether they were ever asked: they are left alone.
    `waiting` lists were asked, and their grace is not over, or they write no more; `graces` says
    when it is over of each of those that are still within it, the next one first.
    """

    lists: tuple[GoingOn, ...]
    unsure: tuple[GoingOn, ...] = ()
    filters: tuple[FilterCriteria, ...] = ()
    waiting: int = 0
    graces: tuple[datetime, ...] = ()
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
    that is new; of what a filter would have taken, a hundred are looked at.

    `grace` is in days (`GRACE` without); without `filters` none would be made.
    """
    if grace is not None and grace < 0:
        raise UsageError(f"A grace of {grace} days is none.", hint="Give 0 or more.")
    perhaps = [each for each in departures(connection) if _perhaps_asked(each)]
    over = {each.list: _grace_over(each, grace) for each in perhaps}
    looked = (_going_on(connection, each, over[each.list], on_progress) for each in perhaps)
    wrote = [each for each in looked if each]
    named, now = {each.departure.list for each in wrote}, connection.clock.now()
    within = (ends for key, ends in over.items() if key not in named and ends.timestamp() > now)
    found = [each for each in wrote if each.departure.state == "asked"]
    known: list[FilterCriteria] = []
    if found and filters:
        found = [_with_filter(connection, each, on_progress) for each in found]
        there = connection.client.settings.filters.list()
        known = [each.criteria for each in there if TRASH in each.action.add_label_ids]
    new = [each.criteria for each in found if each.criteria and each.criteria not in known]
    prices = connection.client.prices
    count = len({id for each in found for id in each.ids})
    return SilencePlan(
        lists=tuple(found),
        unsure=tuple(each for each in wrote if each.departure.state != "asked"),
        filters=tuple(new),
        waiting=len(perhaps) - len(wrote),
        graces=tuple(sorted(within)),
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


def _perhaps_asked(departure: Departure) -> bool:
    """A mail that was begun goes on under its key; one click that was begun may have arrived."""
    return departure.state in ("asked", "unknown") or (
        departure.state == "begun" and departure.by == "one-click"
    )


def _grace_over(departure: Departure, grace: int | None) -> datetime:
    days = GRACE[departure.by] if grace is None else grace
    return departure.time + timedelta(days=days)


def _going_on(
    connection: Connection, departure: Departure, since: datetime, on_progress: OnProgress
) -> GoingOn | None:
    """A search for a list may find its neighbours, or not all of its mail (Open): so it is looked
    for by who wrote as well, and then at what each message says. Only mail to many counts: of a
    sender without a List-Id a receipt comes from the same address.
    """
    whose = search_of(departure.list)
    if departure.address:
        whose |= Q.sender(departure.address)
    client, query = connection.client, str(whose & Q.after(since))
    refs = find_refs(client, asked(client, query), limit=MOST)
    ids = [ref.id for ref in refs]
    own = [
        each
        for each in mailings(client, connection.cache, ids, on_progress=on_progress)
        if each.bulk and key_of(each) == departure.list and each.date >= since
    ]
    if not own:
        return None
    newest = max(own, key=lambda each: each.date)
    senders = {each.sender.email.casefold() for each in own if each.sender}
    return GoingOn(
        departure=departure,
        ids=tuple(each.id for each in own),
        last=newest.date,
        subject=newest.subject,
        senders=tuple(sorted(senders)),
        cut=refs.cut,
    )


def _with_filter(connection: Connection, found: GoingOn, on_progress: OnProgress) -> GoingOn:
    """What a filter takes nobody looks at again: so it names the list and who writes by it, and
    there is none where it would have taken anything else.
    """
    key, client = found.departure.list, connection.client
    if key.startswith("from:"):
        return replace(found, why="its mail names no list, and a receipt may come from there too")
    if not 0 < len(found.senders) <= MOST_SENDERS:
        return replace(found, why=f"{len(found.senders)} people write by it")
    senders = reduce(or_, map(Q.sender, found.senders))
    query = str(search_of(key) & senders)
    ids = [ref.id for ref in find_refs(client, asked(client, query), limit=LIKE_IT)]
    for each in mailings(client, connection.cache, ids, on_progress=on_progress):
        if key_of(each) != key:
            return replace(found, why=f"it would take mail of {key_of(each)} too")
    return replace(found, criteria=FilterCriteria(query=query))


def _body(criteria: FilterCriteria) -> dict[str, object]:
    return {"criteria": to_json(criteria), "action": {"addLabelIds": [TRASH]}}
