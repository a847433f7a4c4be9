"""A mailbox as it was listed, held against what a backup knows of it. No call is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import msgspec

from gmailkit.model.ids import LabelId, MessageId
from gmailkit.services.backup.history import Known
from gmailkit.services.backup.matrix import Ids, Matrix


class Compared(msgspec.Struct):
    """`missing` are to be saved, in the order of the listing; `labels`: what these bear by the
    listing. `back` were found gone and are listed again, `vanished` are saved and not listed.
    So many are wanted, listed and saved: `held`; so many are listed, not wanted and not saved:
    `left_out`; so many that would be wanted were `let_go`. Of the `untold` the backup does not tell
    what they bore: what they bear now.
    """

    missing: Ids = msgspec.field(default_factory=Ids)
    labels: dict[MessageId, frozenset[LabelId]] = msgspec.field(default_factory=dict)
    back: list[MessageId] = msgspec.field(default_factory=list)
    vanished: list[MessageId] = msgspec.field(default_factory=list)
    held: int = 0
    left_out: int = 0
    let_go: int = 0
    untold: dict[MessageId, frozenset[LabelId]] = msgspec.field(default_factory=dict)


def compared(
    listed: Matrix,
    saved: Iterable[tuple[MessageId, Known]],
    *,
    looked: Callable[[LabelId], bool],
    hidden: frozenset[LabelId],
    let_go: Collection[str] = (),
) -> Compared:
    """`looked` tells whether a label was listed: of others the listing says nothing. What bears
    one of `hidden` is not wanted, nor is what was `let_go`, unless it is saved.
    """
    found = Compared()
    hidden_and_saved = 0
    for id, known in saved:
        bears = listed.of(id)
        if bears is None:
            if not known.gone:
                found.vanished.append(id)
            continue
        listed.mark(id)
        if hidden.isdisjoint(bears):
            found.held += 1
        else:
            hidden_and_saved += 1
        if known.gone:
            found.back.append(id)
            continue
        if known.labels is None:
            found.untold[id] = bears
            continue
        now = bears | {label for label in known.labels if not looked(label)}
        if now != known.labels:
            found.labels[id] = now
    unsaved = Ids(id for id in listed.unmarked() if not hidden & listed.bears(id))
    found.missing = Ids(id for id in unsaved if id not in let_go) if let_go else unsaved
    found.let_go = len(unsaved) - len(found.missing)
    found.left_out = len(listed) - found.held - hidden_and_saved - len(unsaved)
    return found
