"""Changing the labels of many messages: first a plan that touches nothing, then just that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from gmailkit.client.client import Client
from gmailkit.client.messages import BATCH
from gmailkit.errors import Failure, NotFound, PartialError, UsageError
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.label import Label
from gmailkit.query.parse import parse
from gmailkit.query.tree import Everything
from gmailkit.record.envelopes import EnvelopeCache
from gmailkit.record.journal import Journal
from gmailkit.services.cheapest import modify_by_batch, modify_units
from gmailkit.services.labels import LabelNames
from gmailkit.services.search import envelopes, find_ids
from gmailkit.wire.methods import find

SAMPLE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlan:
    """What would change. `ids` are frozen: mail that arrives later is not touched.

    `create` are label names that would be made first; `sample` the newest few messages; `units`
    what the change costs by the price table of the settings. `gone` are ids that were asked for and
    belong to no message (any more); `apply` leaves them out and says so. `drafts` match too, but
    Gmail puts no labels on drafts: they are not among `ids`. `label_ids` are those of the names in
    `add` and `remove` that exist: a label that is renamed before `apply` is still the one meant.
    """

    ids: tuple[MessageId, ...]
    add: tuple[str, ...]
    remove: tuple[str, ...]
    create: tuple[str, ...]
    sample: tuple[Envelope, ...]
    units: int
    gone: tuple[str, ...] = ()
    drafts: tuple[MessageId, ...] = ()
    label_ids: Mapping[str, LabelId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelChange:
    """What was changed."""

    count: int
    add: tuple[str, ...]
    remove: tuple[str, ...]
    created: tuple[str, ...]


def plan_label(
    client: Client,
    cache: EnvelopeCache,
    *,
    query: str | None = None,
    ids: Iterable[str] = (),
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    create: bool = False,
) -> LabelPlan:
    """Which messages would change and how; by `query`, or exactly `ids`.

    NotFound for a label that does not exist (unless `create`, for `add`), UsageError when there
    is nothing to add or remove, one label is in both, or the query leaves nothing out (an empty
    one, or `*`, which Gmail ignores): a slip of the keyboard must not change a whole mailbox.
    """
    if query is not None and isinstance(parse(query), Everything):
        raise UsageError(
            "That query means every message there is.",
            hint="If you do mean all mail, say so: in:anywhere, or in:inbox for the inbox.",
        )
    names = LabelNames.of(client)
    adding, removing, missing = _resolve(names, add, remove, create=create)
    found = find_ids(client, query) if query is not None else (MessageId(id) for id in ids)
    frozen, drafts = _without_drafts(client, dict.fromkeys(found))
    sample = tuple(envelopes(client, cache, frozen[:SAMPLE]))
    gone = set(frozen[:SAMPLE]) - {envelope.id for envelope in sample}
    frozen = tuple(id for id in frozen if id not in gone)
    return LabelPlan(
        ids=frozen,
        add=(*adding, *missing),
        remove=tuple(removing),
        create=missing,
        sample=sample,
        units=modify_units(len(frozen), client.prices)
        + len(missing) * find("labels.create").price(client.prices),
        gone=tuple(sorted(gone)),
        drafts=drafts,
        label_ids={name: names.get(name).id for name in (*adding, *removing)},
    )


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


def in_trash(query: str) -> str:
    """The same search, in Trash alone."""
    return f"in:trash ({query})" if query.strip() else "in:trash"


def apply_label(client: Client, journal: Journal, plan: LabelPlan) -> LabelChange:
    """Make the change; recorded before, in calls of 1,000 ids. Running it twice does no harm.

    PartialError names messages that are gone, the others are changed. (In a call of many Gmail
    passes over those in silence.)
    """
    names = LabelNames.of(client)
    # A label of the plan may have been made meanwhile, by another run that was stopped.
    missing = [name for name in plan.create if not names.find(name)]
    ids = plan.label_ids
    present = [names.now(ids.get(name), name).id for name in plan.add if name not in missing]
    removing = names.named(names.now(ids.get(name), name).id for name in plan.remove)
    journal.write(
        f"label: create {', '.join(plan.create)}" if plan.create else "label",
        ids=plan.ids,
        add=names.named(present),
        remove=removing,
    )
    made = [client.labels.create(name) for name in missing]
    adding = [*present, *(label.id for label in made)]
    gone = list(plan.gone)
    for some in _chunks(plan.ids, BATCH):
        gone += _modify(client, some, adding, list(removing))
    if gone:
        raise PartialError(
            f"{len(gone)} of {len(plan.ids) + len(plan.gone)} messages are not there.",
            done=len(plan.ids) + len(plan.gone) - len(gone),
            failed=[Failure(id, "no message of this mailbox has that id") for id in gone],
            hint="Deleted meanwhile, or mistyped? `gmailkit search` lists ids.",
        )
    return LabelChange(
        count=len(plan.ids),
        add=plan.add,
        remove=plan.remove,
        created=tuple(label.name for label in made),
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
            missing.append(name)
        else:
            adding.append(label or names.get(name))
    removing = [names.get(name) for name in dict.fromkeys(remove)]
    if not wanted and not removing:
        raise UsageError("No label to add or remove.", hint="Give --add NAME or --remove NAME.")
    if both := {label.name for label in adding} & {label.name for label in removing}:
        raise UsageError(f'"{both.pop()}" is both to be added and to be removed.')
    return [label.name for label in adding], [label.name for label in removing], tuple(missing)


def _modify(
    client: Client, ids: tuple[MessageId, ...], add: list[LabelId], remove: list[LabelId]
) -> list[MessageId]:
    """Change them; those that turned out to be gone."""
    if modify_by_batch(len(ids), client.prices):
        client.messages.batch_modify(ids, add_label_ids=add, remove_label_ids=remove)
        return []
    gone: list[MessageId] = []
    for id in ids:
        try:
            client.messages.modify(id, add_label_ids=add, remove_label_ids=remove)
        except NotFound as error:
            if error.status == 400:  # a label that is gone, not the message
                raise
            gone.append(id)
    return gone


def _chunks(ids: tuple[MessageId, ...], size: int) -> Iterator[tuple[MessageId, ...]]:
    coming = iter(ids)
    while chunk := tuple(islice(coming, size)):
        yield chunk
