"""What Gmail's history tells of messages, and what a backup has to do about it. No call is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from gmailkit.model.history import History
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.message import Message


class Fate(msgspec.Struct):
    """History's last word on one message: whether it is gone, and of each label that was changed
    whether it bears it now. `shown` are the labels that stood beside its last record, None where
    there were none; Google calls them nothing to rely on.
    """

    gone: bool = False
    labels: dict[LabelId, bool] = msgspec.field(default_factory=dict)
    shown: frozenset[LabelId] | None = None


class Known(msgspec.Struct, frozen=True):
    """What a backup knows of a message: the labels it bore last, and whether it was found gone.
    None where a host that cannot read the backup does not know them.
    """

    labels: frozenset[LabelId] | None
    gone: bool = False


class Todo(msgspec.Struct, frozen=True):
    """`read` are not saved yet, newest first. `labels`: what these bear from now on. `gone` are
    saved, and Gmail has them no more. Of `unsure` history tells one thing and shows another, or too
    little: Gmail has to be asked.
    """

    read: tuple[MessageId, ...]
    labels: Mapping[MessageId, frozenset[LabelId]]
    gone: tuple[MessageId, ...]
    unsure: tuple[MessageId, ...]


def fates(records: Iterable[History]) -> dict[MessageId, Fate]:
    """The last word on each message. Records may come in any order and more than once."""
    found: dict[MessageId, Fate] = {}
    for record in sorted(records, key=lambda record: record.id):
        for added in record.messages_added:
            if fate := _of(added.message, found):
                fate.gone = False
        for more in record.labels_added:
            if fate := _of(more.message, found):
                fate.labels.update(dict.fromkeys(more.label_ids, True))
        for fewer in record.labels_removed:
            if fate := _of(fewer.message, found):
                fate.labels.update(dict.fromkeys(fewer.label_ids, False))
        for deleted in record.messages_deleted:
            if fate := _of(deleted.message, found):
                fate.gone = True
    return found


def _of(message: Message | None, found: dict[MessageId, Fate]) -> Fate | None:
    if message is None:
        return None
    fate = found.pop(message.id, None) or Fate()
    found[message.id] = fate  # the one told of last stands last
    if message.label_ids:
        fate.shown = frozenset(message.label_ids)
    return fate


def todo(
    told: Mapping[MessageId, Fate],
    saved: Callable[[MessageId], Known | None],
    *,
    hidden: frozenset[LabelId],
) -> Todo:
    """What is to be done so that the backup is as history tells. A message that is not saved and
    bears one of `hidden` stays where it is.
    """
    read: list[MessageId] = []
    labels: dict[MessageId, frozenset[LabelId]] = {}
    gone: list[MessageId] = []
    unsure: list[MessageId] = []
    for id, fate in told.items():
        known = saved(id)
        if fate.gone:
            if known and not known.gone:
                gone.append(id)
        elif known is None:
            if hidden.isdisjoint(_applied(fate.shown or frozenset(), fate.labels)):
                read.append(id)
        elif known.gone or (known.labels is None and fate.labels):
            unsure.append(id)
        elif known.labels is None:
            continue
        else:
            now = _applied(known.labels, fate.labels)
            if fate.shown not in (None, now):
                unsure.append(id)
            elif now != known.labels:
                labels[id] = now
    return Todo(tuple(reversed(read)), labels, tuple(gone), tuple(unsure))


def _applied(before: frozenset[LabelId], changes: Mapping[LabelId, bool]) -> frozenset[LabelId]:
    put = {label for label, there in changes.items() if there}
    return (before | put) - (changes.keys() - put)
