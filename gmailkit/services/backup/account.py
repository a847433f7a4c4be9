"""One account's part of a backup folder: what is known of it, and what is noted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from gmailkit.backup.events import Cursor, Drafts, Gone, LabelList, Labels, Run, Setting
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.model.draft import Draft
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.label import Label
from gmailkit.model.shape import to_json
from gmailkit.services.backup.history import Known
from gmailkit.services.backup.wanted import Covers
from gmailkit.services.labels import LabelNames


class Account:
    """`address` case-folded. What is noted is safe after the next `flush` of the folder. `let_go`
    are ids of messages that a compaction left out: taken only where they are asked for.
    """

    def __init__(self, folder: Backup, address: str, names: LabelNames) -> None:
        self.folder = folder
        self.address = address
        self._names = names
        self.let_go = folder.let_go(address)
        self._bears: dict[str, frozenset[LabelId]] = {}  # what this run learned, where it is blind

    def known(self, id: str) -> Known | None:
        entry = self.folder.find(self.address, id)
        return self._known(entry) if entry else None

    @property
    def count(self) -> int:
        """How many messages are saved that Gmail still has."""
        return self.folder.count(self.address)

    def holds_any(self) -> bool:
        return next(self.all(), None) is not None

    def all(self) -> Iterator[tuple[MessageId, Known]]:
        """Every message that was ever saved."""
        for entry in self.folder.entries():
            if self.folder.is_of(entry, self.address):
                yield MessageId(entry.id), self._known(entry)

    def _known(self, entry: Entry) -> Known:
        gone = entry.gone is not None
        if self.folder.blind:
            return Known(self._bears.get(entry.id), gone)
        return Known(frozenset(map(LabelId, entry.labels)), gone)

    def relabel(self, id: str, labels: Collection[LabelId]) -> None:
        """It bears these now; if it was found gone it is back."""
        names: dict[str, str] = {label: self._names.name(label) for label in sorted(labels)}
        if self.folder.blind:
            self._bears[id] = frozenset(labels)
        self.folder.note(Labels(account=self.address, id=id, labels=names))

    def is_gone(self, id: str) -> None:
        self.folder.note(Gone(account=self.address, id=id))

    @property
    def cursor(self) -> Cursor | None:
        return self.folder.latest(self.address, Cursor)

    def go_on_from(self, history: int, covers: Covers) -> None:
        """At the end of a run it is safe together with what `end` tells: a cursor without the list
        of what could not be read would lose that.
        """
        self.folder.flush()
        before = self.cursor
        if before is None or (before.history, before.covers) != (str(history), covers):
            self.folder.note(Cursor(account=self.address, history=str(history), covers=covers))

    @property
    def last_run(self) -> Run | None:
        return self.folder.latest(self.address, Run)

    def end(self, run: Run) -> None:
        self.folder.note(run)

    def take_labels(self, labels: Iterable[Label]) -> int:
        """Keep how the labels are defined; a message that bears one which was renamed or deleted
        bears it so. How many those are.
        """
        listed = {label.id: label for label in labels}
        before = self.folder.latest(self.address, LabelList)
        shown = tuple(_plain(listed[id]) for id in sorted(listed))
        if before and before.labels == shown:
            return 0
        old = {str(each["id"]): each for each in before.labels} if before else {}
        moved = {
            LabelId(id)
            for id, each in old.items()
            if id not in listed or listed[LabelId(id)].name != each.get("name", "")
        }
        count = 0
        if moved:
            for id, known in self.all():
                if known.labels and not known.gone and not moved.isdisjoint(known.labels):
                    self.relabel(id, known.labels - (moved - listed.keys()))
                    count += 1
        self.folder.note(LabelList(account=self.address, labels=shown))
        return count

    def take_setting(self, name: str, value: object) -> bool:
        """Keep it unless it is as it was; whether it was kept."""
        before = self.folder.latest(self.address, Setting, name)
        if before and before.value == value:
            return False
        self.folder.note(Setting(account=self.address, name=name, value=value))
        return True

    def take_drafts(self, drafts: Iterable[Draft]) -> None:
        now: dict[str, str] = {draft.id: draft.message.id for draft in drafts if draft.message}
        before = self.folder.latest(self.address, Drafts)
        if before is None or before.drafts != now:
            self.folder.note(Drafts(account=self.address, drafts=now))


def _plain(label: Label) -> dict[str, object]:
    """As Gmail gives it, without counts."""
    plain = to_json(label)
    assert isinstance(plain, dict)  # noqa: S101 - for the type checker
    return plain
