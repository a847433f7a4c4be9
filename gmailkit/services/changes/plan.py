"""Changing the labels of many messages: first a plan that touches nothing, then just that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gmailkit.client.client import Client
from gmailkit.errors import UsageError
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.label import Label
from gmailkit.query.labels import without
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import Everything
from gmailkit.services.changes.make import Delta, OnProgress, relabel
from gmailkit.services.changes.states import as_gmail_does
from gmailkit.services.cheapest import modify_units
from gmailkit.services.connect import Connection
from gmailkit.services.labels import LabelNames
from gmailkit.services.labels.definitions import with_labels
from gmailkit.services.labels.names import check_new
from gmailkit.services.quota import estimate
from gmailkit.services.search import envelopes, find_ids
from gmailkit.services.whole import whole_conversations
from gmailkit.wire.methods import find

SAMPLE = 10
LOOKED_AT = 30  # messages whose headers are read, spread over all, for what a plan tells of them
SENDERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of the messages of a plan, from the headers of `looked` of them.

    `size` in bytes of all of them, estimated where not all were looked at; `senders` are the most
    frequent addresses, with how many of `looked` they sent. `oldest` and `newest` are exact for
    what one search has found, since Gmail lists by date.
    """

    looked: int = 0
    size: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    senders: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlan:
    """What would change. `ids` are frozen: mail that arrives later is not touched.

    `create` are label names that would be made first; `sample` the newest few messages; `units`
    what the change costs by the price table of the settings, and `seconds` it takes within the
    quota at least. `gone` are ids that were asked for and belong to no message (any more); `apply`
    leaves them out and says so. `drafts` match too, but Gmail puts no labels on drafts: they are
    not among `ids`. `back_to_inbox` are those of `ids` that get INBOX again besides. `label_ids`
    are those of the names in `add` and `remove` that exist: a label that is renamed before `apply`
    is still the one meant. `why` is the search. Where whole conversations change, they are so many
    `conversations`, and so many of `ids` match the search (None: none was made).
    """

    ids: tuple[MessageId, ...]
    add: tuple[str, ...]
    remove: tuple[str, ...]
    create: tuple[str, ...]
    sample: tuple[Envelope, ...]
    facts: Facts
    units: int
    seconds: float | None = None
    gone: tuple[str, ...] = ()
    drafts: tuple[MessageId, ...] = ()
    back_to_inbox: frozenset[str] = frozenset()
    label_ids: Mapping[str, LabelId] = field(default_factory=dict)
    what: str = ""
    why: str = ""
    conversations: int | None = None
    match: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChange:
    """What was changed; `count` is without the messages that were so already. `number` is that of
    the journal, for `undo`; None when nothing was changed. `open` are the numbers of changes of the
    same words that were cut short before: for `recover`.
    """

    count: int
    add: tuple[str, ...]
    remove: tuple[str, ...]
    created: tuple[str, ...]
    number: int | None
    open: tuple[int, ...] = ()


def plan_change(
    connection: Connection,
    *,
    query: str | None = None,
    ids: Iterable[str] = (),
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    create: bool = False,
    what: str = "",
    threads: bool = False,
    within: LabelId | None = None,
) -> ChangePlan:
    """Which messages would change and how; by `query`, or exactly `ids`; with `threads` the whole
    conversations of those (`within` as in `whole_conversations`).

    NotFound for a label that does not exist (unless `create`, for `add`), UsageError when there
    is nothing to add or remove, one label is in both, or the query leaves nothing out (an empty
    one, or `*`, which Gmail ignores): a slip of the keyboard must not change a whole mailbox.
    """
    if query is not None:
        check_narrow(query)
    client = connection.client
    names = LabelNames.of(client)
    adding, removing, missing = _resolve(names, add, remove, create=create)
    whole = None
    asked = query if query is None or not missing else _as_it_is(query, missing)
    if query is not None and asked is None:
        found: Iterable[MessageId] = ()
    elif threads:
        whole = whole_conversations(connection, query=asked, ids=ids, within=within)
        found = whole.ids
    else:
        found = find_ids(client, asked) if asked is not None else map(MessageId, ids)
    frozen, drafts = _without_drafts(client, dict.fromkeys(found))
    sample, facts = looked_at(connection, frozen)
    shown = {envelope.id for envelope in sample}
    gone = {id for id in frozen[:SAMPLE] if id not in shown}
    frozen = tuple(id for id in frozen if id not in gone)
    units = modify_units(len(frozen), client.prices)
    units += len(missing) * find("labels.create").price(client.prices)
    return ChangePlan(
        ids=frozen,
        add=(*adding, *missing),
        remove=tuple(removing),
        create=missing,
        sample=sample,
        facts=facts,
        units=units,
        seconds=estimate(connection, units).seconds,
        gone=tuple(sorted(gone.union(whole.gone if whole else ()))),
        drafts=drafts,
        label_ids={name: names.get(name).id for name in (*adding, *removing)},
        what=what,
        why=query or "",
        conversations=whole.conversations if whole else None,
        match=whole.match if whole else None,
    )


def _as_it_is(query: str, missing: tuple[str, ...]) -> str | None:
    """The search while no message bears the labels that will be made; None: it finds nothing."""
    node = without(parse(query), missing)
    return None if node is None else to_text(node)


def check_narrow(query: str) -> None:
    """UsageError for a query that leaves nothing out without saying so."""
    if isinstance(parse(query), Everything):
        raise UsageError(
            "That query means every message there is.",
            hint="If you do mean all mail, say so: in:anywhere, or in:inbox for the inbox.",
        )


def apply_change(
    connection: Connection,
    plan: ChangePlan,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> LabelChange:
    """Make the change; recorded before, in calls of 1,000 ids. Running it twice does no harm.

    PartialError names messages that are gone, the others are changed. (In a call of many Gmail
    passes over those in silence.)
    """
    # A label of the plan may have been made meanwhile, by another run that was stopped.
    names, calls = with_labels(connection.client, plan.create)
    ids = plan.label_ids
    add = frozenset(names.now(ids.get(name), name).id for name in plan.add)
    remove = frozenset(names.now(ids.get(name), name).id for name in plan.remove)
    add, remove = as_gmail_does(add, remove)
    what = plan.what or in_words(plan.add, plan.remove)
    begun = connection.journal.changes(states=("begun",))
    cut_short = tuple(each.number for each in begun if each.what == what)
    done = relabel(
        connection.client,
        connection.journal,
        what,
        _deltas(plan, add, remove),
        why=plan.why,
        names=names.named((*add, *remove)),
        gone=plan.gone,
        calls=calls,
        on_progress=on_progress,
    )
    return LabelChange(
        count=done.count if done else 0,
        add=plan.add,
        remove=plan.remove,
        created=tuple(str(call.body["name"]) for call in done.calls) if done else (),
        number=done.number if done else None,
        open=cut_short,
    )


def in_words(add: Sequence[str], remove: Sequence[str]) -> str:
    """A change of labels: "add CI, remove INBOX"."""
    return ", ".join([*(f"add {name}" for name in add), *(f"remove {name}" for name in remove)])


def _deltas(plan: ChangePlan, add: frozenset[LabelId], remove: frozenset[LabelId]) -> list[Delta]:
    back = tuple(id for id in plan.ids if id in plan.back_to_inbox)
    others = tuple(id for id in plan.ids if id not in plan.back_to_inbox)
    deltas = (Delta(others, add, remove), Delta(back, add | {LabelId("INBOX")}, remove))
    return [delta for delta in deltas if delta.ids]


def _without_drafts(
    client: Client, ids: Iterable[MessageId]
) -> tuple[tuple[MessageId, ...], tuple[MessageId, ...]]:
    """The messages, and the drafts among them.

    Gmail refuses a label for one draft, and passes over drafts in a call of many without a word.
    """
    wanted = tuple(ids)
    if not wanted:
        return (), ()
    drafts = {ref.id for ref in client.messages.list(label_ids=[LabelId("DRAFT")])}
    return (
        tuple(id for id in wanted if id not in drafts),
        tuple(id for id in wanted if id in drafts),
    )


def looked_at(
    connection: Connection, ids: tuple[MessageId, ...]
) -> tuple[tuple[Envelope, ...], Facts]:
    """The first few messages, and what is told of all."""
    spread = dict.fromkeys(ids[:SAMPLE])
    more = LOOKED_AT - SAMPLE
    if len(ids) > SAMPLE:
        rest = len(ids) - SAMPLE - 1
        places = range(more) if rest >= more else range(rest + 1)
        last = max(len(places) - 1, 1)
        spread |= dict.fromkeys(ids[SAMPLE + place * rest // last] for place in places)
    read = list(envelopes(connection.client, connection.cache, spread))
    if not read:
        return (), Facts()
    dates = [envelope.date for envelope in read]
    senders = Counter(each.sender.email.casefold() for each in read if each.sender)
    shown = frozenset(ids[:SAMPLE])
    return tuple(each for each in read if each.id in shown), Facts(
        looked=len(read),
        size=sum(each.size for each in read) * len(ids) // len(read),
        oldest=min(dates),
        newest=max(dates),
        senders=tuple(senders.most_common(SENDERS)),
    )


def _resolve(
    names: LabelNames, add: Iterable[str], remove: Iterable[str], *, create: bool
) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Names as Gmail spells them: to add, to remove, to make."""
    wanted = list({name.strip().casefold(): name.strip() for name in add}.values())
    adding: list[Label] = []
    missing: list[str] = []
    for name in wanted:
        label = names.find(name)
        if label is None and create:
            check_new(name)
            missing.append(name)
        else:
            adding.append(label or names.get(name))
    removing = [names.get(name) for name in dict.fromkeys(remove)]
    if not wanted and not removing:
        raise UsageError("No label to add or remove.", hint="Give --add NAME or --remove NAME.")
    if both := {label.name for label in adding} & {label.name for label in removing}:
        raise UsageError(f'"{both.pop()}" is both to be added and to be removed.')
    return [label.name for label in adding], [label.name for label in removing], tuple(missing)
