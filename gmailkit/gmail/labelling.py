"""Labels themselves, and snapshots of which message bears which."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected
from gmailkit.model.label import Label
from gmailkit.services import labels

if TYPE_CHECKING:
    from gmailkit.record.snapshots import Snapshot
    from gmailkit.services.labels.difference import Difference
    from gmailkit.services.labels.rollback import Rollback, RollbackPlan
    from gmailkit.services.labels.snapshots import SnapshotPlan

OnProgress = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    """Nobody is told."""


class Labelling(Connected):
    """Needs gmail.modify, to look gmail.readonly. Changes go through the journal."""

    def create_label(
        self, name: str, *, background: str | None = None, text: str | None = None
    ) -> Label:
        """Make a label, with a colour of Gmail's palette if given."""
        c = self._connection
        return labels.definitions.create_label(
            c.client, c.journal, name, background=background, text=text
        )

    def rename_label(self, name: str, new: str) -> tuple[Label, ...]:
        """Rename a label and those nested under it."""
        c = self._connection
        return labels.definitions.rename_label(c.client, c.journal, name, new)

    def delete_label(self, name: str) -> Label:
        """Delete a label; its messages stay, and `undo` puts it back on them."""
        c = self._connection
        return labels.definitions.delete_label(c.client, c.journal, name)

    def color_label(self, name: str, *, background: str, text: str | None = None) -> Label:
        """Colour a label."""
        c = self._connection
        return labels.definitions.color_label(
            c.client, c.journal, name, background=background, text=text
        )

    def plan_label_snapshot(self) -> SnapshotPlan:
        """What a snapshot will cost."""
        return labels.snapshots.plan_snapshot(self._connection)

    def label_snapshot(
        self,
        name: str = "",
        *,
        plan: SnapshotPlan | None = None,
        on_progress: OnProgress = _quiet,
    ) -> Snapshot:
        """Keep which message bears which label now, of all messages; Conflict for a name taken.

        >>> gmail.label_snapshot("before")
        """
        c = self._connection
        plan = plan or labels.snapshots.plan_snapshot(c)
        return labels.snapshots.take(c, plan, name=name, on_progress=on_progress)

    def label_snapshots(self) -> list[Snapshot]:
        """All that are kept, newest first. Asks nobody."""
        return self._connection.snapshots.list()

    def find_label_snapshot(self, name: str) -> Snapshot:
        """By name or number; NotFound when there is none. Asks nobody."""
        return self._connection.snapshots.find(name)

    def delete_label_snapshot(self, name: str) -> Snapshot:
        """By name or number; NotFound when there is none. Asks nobody."""
        store = self._connection.snapshots
        found = store.find(name)
        store.delete(found)
        return found

    def label_difference(
        self, before: str, after: str = "now", *, on_progress: OnProgress = _quiet
    ) -> AbstractContextManager[Difference]:
        """Two snapshots compared, by name or number; "now" is the mailbox as it is.

        >>> with gmail.label_difference("before") as found:
        ...     print(found.labels, sum(1 for each in found.messages()))
        """
        return labels.difference.difference(
            self._connection, before, after, on_progress=on_progress
        )

    def plan_label_rollback(
        self, snapshot: str, *, query: str | None = None, on_progress: OnProgress = _quiet
    ) -> RollbackPlan:
        """What would make the labels of all messages, or those of `query`, what they were."""
        return labels.rollback.plan_rollback(
            self._connection, snapshot, query=query, on_progress=on_progress
        )

    def roll_back_labels(self, plan: RollbackPlan, *, on_progress: OnProgress = _quiet) -> Rollback:
        """Carry out such a plan; `undo` takes it back."""
        return labels.rollback.roll_back(self._connection, plan, on_progress=on_progress)
