"""Messages that are saved, brought up to what Gmail has of them now: labels, and whether at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.services.backup.account import Account
from gmailkit.services.backup.comparing import Compared, compared
from gmailkit.services.backup.history import fates, todo
from gmailkit.services.backup.matrix import Matrix

DRAFT = LabelId("DRAFT")
OF_USERS = "Label_"  # how the ids of labels begin that a person made
ASKED_EACH = 100  # messages that a listing lacks are asked for one by one, more by another listing


class Told(msgspec.Struct, frozen=True):
    """What history told: where it goes on, messages that are `new` to the backup (newest first),
    and of all the `ids` it spoke of, saved or not, those that are `gone`. `drafts`: one was
    written, sent or thrown away.
    """

    history: int
    new: tuple[MessageId, ...]
    ids: frozenset[MessageId]
    gone: frozenset[MessageId]
    drafts: bool


class Following:
    """What it noted is counted: `deleted`, `relabelled`."""

    def __init__(self, client: Client, account: Account, hidden: frozenset[LabelId]) -> None:
        self._client = client
        self._account = account
        self._hidden = hidden
        self.deleted = 0
        self.relabelled = 0

    def by_history(self, since: int) -> Told | None:
        """Do what history tells since then; None where it does not reach so far, or has a gap.

        2 units for each 500 changes, and a messages.get where it contradicts itself.
        """
        try:
            changes = self._client.history.list(since)
            told = fates(changes)
        except NotFound:
            return None
        if changes.gap or changes.history_id is None:
            return None
        plan = todo(told, self._account.known, hidden=self._hidden)
        drafts = any(
            DRAFT in fate.labels or DRAFT in (fate.shown or ()) for fate in told.values()
        ) or any(self._may_be_a_draft(id) for id in plan.gone)
        for id in plan.gone:
            self._gone(id)
        for id, labels in plan.labels.items():
            self._relabel(id, labels)
        self.by_asking(plan.unsure)
        gone = frozenset(id for id, fate in told.items() if fate.gone)
        new = tuple(id for id in plan.read if id not in self._account.let_go)
        return Told(changes.history_id, new, frozenset(told), gone, drafts)

    def by_asking(self, ids: Collection[MessageId]) -> set[MessageId]:
        """Ask for each of these, which are saved; those that Gmail has. A messages.get each."""

        def labels_of(id: MessageId) -> frozenset[LabelId]:
            return frozenset(self._client.messages.get(id, format="minimal").label_ids)

        there: set[MessageId] = set()
        for id, answer in fetch(ids, labels_of):
            try:
                now = answer.result()
            except NotFound:
                self._gone(id)
            else:
                self._relabel(id, now)
                there.add(id)
        return there

    def by_listing(
        self, listed: Matrix, labels: Collection[LabelId], again: Callable[[], Matrix]
    ) -> Compared:
        """Compare with a listing of all messages and of `labels`; what it lacks is gone when
        Gmail says so of the message itself, or where that are many a second listing lacks them too,
        and Gmail says so of a hundred throughout: one page may miss what another deletion has
        shifted, and a listing may end too soon.
        """
        looked = frozenset(labels)
        every = DRAFT in looked  # Gmail's own labels are listed always, so these are all there are

        def was_listed(label: LabelId) -> bool:
            return label in looked or (every and label.startswith(OF_USERS))

        found = compared(
            listed,
            self._account.all(),
            looked=was_listed,
            hidden=self._hidden,
            let_go=self._account.let_go,
        )
        for id, now in found.labels.items():
            self._relabel(id, now)
        self.by_asking(found.back)
        if len(found.vanished) <= ASKED_EACH:
            self.by_asking(found.vanished)
        else:
            second = again()
            self._many_gone([id for id in found.vanished if second.of(id) is None])
        return found

    def _many_gone(self, ids: Sequence[MessageId]) -> None:
        """No listing holds these. Where any of them is there, listings prove nothing."""
        sample = ids[:: -(-len(ids) // ASKED_EACH) or 1]
        asked = frozenset(sample)
        others = [id for id in ids if id not in asked]
        if self.by_asking(sample):
            self.by_asking(others)
        else:
            for id in others:
                self._gone(id)

    def tell(self, labels: Mapping[MessageId, frozenset[LabelId]]) -> None:
        """Note what these bear, where it cannot be said whether that is new."""
        for id, now in labels.items():
            self._account.relabel(id, now)

    def _relabel(self, id: MessageId, labels: frozenset[LabelId]) -> None:
        known = self._account.known(id)
        if known is None or known.gone or known.labels != labels:
            self._account.relabel(id, labels)
            self.relabelled += 1

    def _gone(self, id: MessageId) -> None:
        known = self._account.known(id)
        if known is None or not known.gone:
            self._account.is_gone(id)
            self.deleted += 1

    def _may_be_a_draft(self, id: MessageId) -> bool:
        known = self._account.known(id)
        return known is not None and (known.labels is None or DRAFT in known.labels)
