"""Which message bears which label, all of a mailbox: by listing the ids of each label.

A listing is no moment: what changed while it ran is looked up in Gmail's history and put right, so
that a snapshot is the mailbox as it was at its end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from msgspec.structs import replace

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.errors import Conflict, NotFound, UsageError
from gmailkit.model.history import History
from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label
from gmailkit.record.snapshots import Snapshot, Snapshots
from gmailkit.services.cheapest import label_matrix_units
from gmailkit.services.connect import Connection
from gmailkit.services.quota import estimate
from gmailkit.wire.methods import find

NOW = "now"
_AT_ONCE = 5_000  # ids in one transaction
_TRIES = 2
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPlan:
    """What a snapshot costs: about so many `messages`, `lines` to list (a message and a label
    each), `units`, and `seconds` by the quota (None: unpaced).
    """

    messages: int
    labels: tuple[Label, ...]
    lines: int
    units: int
    seconds: float | None


def plan_snapshot(connection: Connection) -> SnapshotPlan:
    """A unit for each label, whose counts are asked for."""
    client = connection.client
    messages = client.get_profile().messages_total
    labels = client.labels.get_many([label.id for label in client.labels.list()])
    carrying = [label.messages_total or 0 for label in labels]
    units = label_matrix_units(messages, carrying, client.prices)
    units += find("history.list").price(client.prices)
    units += 2 * find("labels.list").price(client.prices) + find("getProfile").price(client.prices)
    return SnapshotPlan(
        messages=messages,
        labels=labels,
        lines=messages + sum(carrying),
        units=units,
        seconds=estimate(connection, units).seconds,
    )


def take(
    connection: Connection,
    plan: SnapshotPlan,
    *,
    name: str = "",
    on_progress: OnProgress = lambda done, total: None,
) -> Snapshot:
    """Keep which message bears which label now. Without a name its number is its name.

    Conflict for a name that is taken, and when labels are made and deleted all the while;
    UsageError for a name that means something else. One that is cut short is never seen.
    """
    if name != name.strip() or name.isdigit() or name.casefold() == NOW:
        raise UsageError(
            f'A snapshot cannot be called "{name}".',
            hint="Give it a word; numbers are given by gmailkit, and now is the mailbox itself.",
        )
    store = connection.snapshots
    with store.alone():
        if name:
            store.check_free(name)
        listed = _listed(connection.client, store, plan, on_progress)
        return store.end(listed, name=name, history_id=listed.history_id)


@contextmanager
def opened(
    connection: Connection, name: str, *, on_progress: OnProgress = lambda done, total: None
) -> Iterator[Snapshot]:
    """A snapshot by name or number; with "now" the mailbox as it is, which is kept only so long.

    Raises NotFound.
    """
    store = connection.snapshots
    if name.casefold() != NOW:
        yield store.find(name)
        return
    plan = plan_snapshot(connection)
    with store.alone():
        now = replace(_listed(connection.client, store, plan, on_progress), name=NOW)
        try:
            yield now
        finally:
            store.delete(now)


def since(client: Client, history_id: int) -> set[str]:
    """The messages of which a label changed since, or that are gone. NotFound when Gmail does not
    know that moment any more.
    """
    pairs, gone = _changed(client.history.list(history_id))
    return {id for id, _ in pairs} | gone


def _listed(
    client: Client, store: Snapshots, plan: SnapshotPlan, on_progress: OnProgress
) -> Snapshot:
    """All listed and put right; without a name yet."""
    for _ in range(_TRIES):
        start = client.get_profile().history_id
        labels = client.labels.list()
        snapshot = store.begin(labels)
        _list_all(client, store, snapshot, plan, on_progress)
        try:
            end = _put_right(client, store, snapshot, start)
        except NotFound:
            continue  # Gmail keeps its history for a week, but says that it may be for hours
        after = client.labels.list()
        if {label.id for label in after} == {label.id for label in labels}:
            return replace(snapshot, history_id=end)
    raise Conflict(
        "Labels were made or deleted while they were listed, or Gmail forgot what changed, twice: "
        "there is no snapshot.",
        hint="Try again when whatever changes them has ended.",
    )


def _list_all(
    client: Client,
    store: Snapshots,
    snapshot: Snapshot,
    plan: SnapshotPlan,
    on_progress: OnProgress,
) -> None:
    counts = {label.id: label.messages_total or 0 for label in plan.labels}
    longest = sorted((each.id for each in snapshot.labels), key=lambda id: -counts.get(id, 0))
    lock, done = threading.Lock(), 0

    def listing(label: LabelId | None) -> None:
        nonlocal done
        wanted = [] if label is None else [label]
        ids = (ref.id for ref in client.messages.list(label_ids=wanted, include_spam_trash=True))
        try:
            while some := list(islice(ids, _AT_ONCE)):
                store.add(snapshot, label, some)
                with lock:
                    done += len(some)
                    on_progress(done, max(plan.lines, done))
        except NotFound:
            return  # the label is gone, which is seen at the end

    for _, future in fetch([None, *longest], listing):
        future.result()


def _put_right(client: Client, store: Snapshots, snapshot: Snapshot, start: int) -> int:
    """What changed while it was listed; the moment that it stands for."""
    changes = client.history.list(start)
    pairs, gone = _changed(changes)
    known = {label.id for label in snapshot.labels}
    for label in {label for _, label in pairs if label is None or label in known}:
        for there, put in ((True, store.add), (False, store.remove)):
            ids = [id for (id, each), now in pairs.items() if (each, now) == (label, there)]
            if ids:
                put(snapshot, label, ids)
    if gone:
        store.remove(snapshot, None, gone)
    return changes.history_id or start


def _changed(records: Iterator[History]) -> tuple[dict[tuple[str, LabelId | None], bool], set[str]]:
    """Whether a message bears a label (None: is there) after the last change of it; and which are
    gone. Records may come twice and in any order: their numbers tell which is the last.
    """
    pairs: dict[tuple[str, LabelId | None], tuple[int, bool]] = {}
    gone: set[str] = set()

    def note(at: int, id: str, labels: Sequence[LabelId | None], there: bool) -> None:
        for label in labels:
            if at >= pairs.get((id, label), (0, False))[0]:
                pairs[id, label] = at, there

    for record in records:
        for added in record.messages_added:
            if added.message:
                note(record.id, added.message.id, (None, *added.message.label_ids), True)
        for more in record.labels_added:
            if more.message:
                note(record.id, more.message.id, more.label_ids, True)
        for fewer in record.labels_removed:
            if fewer.message:
                note(record.id, fewer.message.id, fewer.label_ids, False)
        gone.update(deleted.message.id for deleted in record.messages_deleted if deleted.message)
    return {pair: there for pair, (_, there) in pairs.items()}, gone
