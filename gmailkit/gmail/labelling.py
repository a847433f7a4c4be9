"""Labels themselves, and snapshots of which message bears which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected
from gmailkit.model.label import Label
from gmailkit.services import labels

if TYPE_CHECKING:
    from gmailkit.record.journal import Change
    from gmailkit.record.snapshots import Snapshot
    from gmailkit.services.labels.applying import LabelsPlan
    from gmailkit.services.labels.definitions import LabelsChange
    from gmailkit.services.labels.difference import Difference
    from gmailkit.services.labels.merging import LabelMerge
    from gmailkit.services.labels.rollback import Rollback, RollbackPlan
    from gmailkit.services.labels.snapshots import SnapshotPlan

OnProgress = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    """Nobody is told."""


class Labelling(Connected):
    """Needs gmail.modify, to look gmail.readonly. Changes go through the journal."""

    def create_label(
        self, name: str, *, background: str | None = None, text: str | None = None
    ) -> LabelsChange:
        """Make a label, with a colour of Gmail's palette if given.

        >>> gmail.create_label("Receipts").label.id
        """
        c = self._connection
        return labels.definitions.create_label(
            c.client, c.journal, name, background=background, text=text
        )

    def rename_label(self, name: str, new: str) -> LabelsChange:
        """Rename a label and those nested under it. Rules of files that name them are told, and
        stay as they are.
        """
        return labels.definitions.rename_label(self._connection, name, new)

    def delete_label(self, name: str) -> LabelsChange:
        """Delete a label; its messages stay, and `undo` puts it back on them."""
        c = self._connection
        return labels.definitions.delete_label(c.client, c.journal, name)

    def color_label(self, name: str, *, background: str, text: str | None = None) -> LabelsChange:
        """Colour a label."""
        c = self._connection
        return labels.definitions.color_label(
            c.client, c.journal, name, background=background, text=text
        )

    def plan_label_merge(self, source: str, into: str) -> LabelMerge:
        """What it takes to put all messages of `source` under `into` and delete the first."""
        return labels.merging.plan_merge(self._connection, source, into)

    def merge_labels(self, plan: LabelMerge, *, on_progress: OnProgress = _quiet) -> Change:
        """Carry out such a plan; `undo` takes it back."""
        return labels.merging.merge(self._connection, plan, on_progress=on_progress)

    def unused_labels(self) -> tuple[Label, ...]:
        """Those that are on no message, and that no filter gives."""
        return labels.unused.unused(self._client)

    def delete_unused_labels(self, found: Iterable[Label]) -> Change | None:
        """Delete them, but those that came into use meanwhile; None when all did."""
        return labels.unused.delete_unused(self._connection, found)

    def plan_labels(self, file: str | Path, *, prune: bool = False) -> LabelsPlan:
        """What would make the labels what a labels.toml says; `prune`: and delete all others."""
        wanted = labels.wanted.read_file(Path(file))
        return labels.applying.plan_labels(self._connection, wanted, prune=prune)

    def apply_labels(self, plan: LabelsPlan, *, source: str = "labels") -> Change:
        """Carry out such a plan; `undo` takes it back. `source` is what the journal calls it."""
        return labels.applying.apply_labels(self._connection, plan, source=source)

    def export_labels(self) -> str:
        """The labels as the text of a labels.toml."""
        return labels.wanted.write_wanted(self._client.labels.list())

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
