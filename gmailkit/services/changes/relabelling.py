"""The labels of a change's messages, changed in Gmail as the journal says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from gmailkit.client.client import Client
from gmailkit.client.messages import BATCH
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Change, Journal, Touched
from gmailkit.services.changes.states import INBOX, SPAM, TRASH, states
from gmailkit.services.cheapest import modify_by_batch

OnProgress = Callable[[int, int], None]


def change_labels(
    client: Client,
    journal: Journal,
    change: Change,
    on_progress: OnProgress,
    gone: list[str],
    *,
    left: Collection[str] = (),
) -> None:
    """In calls of 1,000 ids, but those that are `left`. To make it twice does no harm."""
    if not change.count:
        return
    there = {label.id for label in client.labels.list()} - _doomed(journal, change)
    done = 0
    on_progress(0, change.count)
    for step, ids in _chunks(each for each in journal.touched(change) if each.id not in left):
        wanted = change.steps[step]
        add, remove = (
            [id for id in map(journal.now, labels) if id in there]
            for labels in (wanted.add, wanted.remove)
        )
        if not add and not remove:
            continue
        for some in _modify(client, ids, add, remove, gone):
            done += some
            on_progress(done, change.count)


def take_along(client: Client, journal: Journal, change: Change, gone: list[str]) -> None:
    """Messages that came under a label that goes, while the change was made: they would lose it,
    and nobody would know. So would those that were called `gone` and bear it still.
    """
    known: dict[str, int] = {}
    for label in _deleted(change):
        step = _step_of(change, label)
        if step is None:
            continue
        known = known or {each.id: each.step for each in journal.touched(change)}
        bearing = list(_bearing(client, journal.now(label)))
        for id in set(gone) & set(bearing) & set(known):
            gone.remove(id)
            add = [journal.now(each) for each in change.steps[known[id]].add]
            for _ in _modify(client, (id,), add, [], gone) if add else ():
                pass
        late = [id for id in bearing if id not in known]
        for start in range(0, len(late), BATCH):
            _take(client, journal, change, step, label, tuple(late[start : start + BATCH]))


def _take(
    client: Client,
    journal: Journal,
    change: Change,
    step: int,
    label: LabelId,
    ids: tuple[str, ...],
) -> None:
    wanted = change.steps[step]
    labels = {journal.now(each): each for each in wanted.add}
    had = {
        id: frozenset({label, *(labels[each] for each in borne)})
        for id, borne in states(client, ids, labels.keys()).items()
    }
    journal.touch(change.number, (Touched(id, step, borne) for id, borne in had.items()))
    if labels:
        for _ in _modify(client, tuple(had), list(labels), [], []):
            pass


def _bearing(client: Client, label: LabelId) -> Iterator[str]:
    try:
        for ref in client.messages.list(label_ids=[label], include_spam_trash=True):
            yield ref.id
    except NotFound:  # it was deleted, and the answer lost
        return


def _step_of(change: Change, label: LabelId) -> int | None:
    """What is done to messages of just that label; None where nobody said."""
    for step, wanted in enumerate(change.steps):
        if wanted.remove == (label,) or (label in wanted.remove and not wanted.add):
            return step
    return None


def _deleted(change: Change) -> list[LabelId]:
    return [
        LabelId(str(call.params["id"]))
        for call in change.calls
        if call.method == "labels.delete" and not call.made
    ]


def _doomed(journal: Journal, change: Change) -> set[LabelId]:
    """The labels that the change deletes: nobody has to be freed of them."""
    gone = (call.params["id"] for call in change.calls if call.method == "labels.delete")
    return {journal.now(LabelId(str(id))) for id in gone}


def _chunks(touched: Iterator[Touched]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Messages of one step, as many as one call takes."""
    waiting: dict[int, list[str]] = {}
    for each in touched:
        some = waiting.setdefault(each.step, [])
        some.append(each.id)
        if len(some) == BATCH:
            yield each.step, tuple(waiting.pop(each.step))
    for step, some in waiting.items():
        yield step, tuple(some)


def _modify(
    client: Client,
    ids: tuple[str, ...],
    add: list[LabelId],
    remove: list[LabelId],
    gone: list[str],
) -> Iterator[int]:
    """Change them; how many each call has done. Those that turn out to be gone come into `gone`.

    What goes to Spam or Trash leaves the inbox: INBOX is put on after, where it is to stay.
    """
    if INBOX in add and {SPAM, TRASH} & set(add):
        for _ in _modify(client, ids, [each for each in add if each != INBOX], remove, gone):
            pass
        yield from _modify(client, tuple(id for id in ids if id not in gone), [INBOX], [], gone)
        return
    if modify_by_batch(len(ids), client.prices):
        client.messages.batch_modify(ids, add_label_ids=add, remove_label_ids=remove)
        yield len(ids)
        return
    for id in ids:
        try:
            client.messages.modify(id, add_label_ids=add, remove_label_ids=remove)
        except NotFound as error:
            if error.status == 400:  # a label that is gone, not the message
                raise
            gone.append(id)
        yield 1
