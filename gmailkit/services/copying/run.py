"""The one loop that moves mail: backup, export and restore are copies.

A message is written down before it is added, and again once the target has made sure of it; so one
that a killed run had begun is looked for in the target before it is added, and no message is there
twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from gmailkit.errors import CannotDo, CannotWrite, Failure, GmailKitError, NotFound
from gmailkit.model.item import Item, Ref
from gmailkit.record.copies import Copies, Receipt, State
from gmailkit.stores.protocol import Source, Target

BATCH = 50  # messages between two times that the target makes sure of what it took


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """How far a copy is, or how it ended: of `total` messages of this run, `done` were looked at.

    `present` were in the target before; `refused` are those it does not take, `failed` those that
    could not be read, `gone` those that were deleted meanwhile. `before`: finished by earlier runs.
    """

    total: int = 0
    done: int = 0
    before: int = 0
    added: int = 0
    present: int = 0
    bytes: int = 0
    gone: tuple[Ref, ...] = ()
    refused: tuple[Failure, ...] = ()
    failed: tuple[Failure, ...] = ()


OnCopied = Callable[[Copied], None]
OnAdded = Callable[[Receipt, Item], None]


def copy(
    source: Source,
    target: Target,
    refs: Iterable[Ref],
    *,
    copies: Copies,
    total: int = 0,
    quarantine: Callable[[], Target] | None = None,
    change: Callable[[Item], Item] = lambda item: item,
    batch: int = BATCH,
    on_added: OnAdded = lambda receipt, item: None,
    on_progress: OnCopied = lambda copied: None,
) -> Copied:
    """Bring these messages of `source` into `target`, each once, however often it is run.

    One at a time is held. `on_added` hears of each that was added before that is recorded, so maybe
    twice of one. `change` is made to each on the way (never to its bytes). What the target does not
    take goes into `quarantine`, which is opened for the first of these. Raises what the stores
    raise for good: CannotWrite, Unreachable, TryLater; what was added stays, and the next run goes
    on.
    """
    number = copies.open(source.name, target.name)
    run = _Run(
        source, target, copies, number, quarantine, change, on_added, on_progress, total=total
    )
    coming = iter(refs)
    while page := list(islice(coming, batch)):
        run.page(page)
    return run.copied()


@dataclass(slots=True)
class _Run:
    source: Source
    target: Target
    copies: Copies
    number: int
    quarantine: Callable[[], Target] | None
    change: Callable[[Item], Item]
    on_added: OnAdded
    on_progress: OnCopied
    total: int = 0
    done: int = 0
    before: int = 0
    bytes: int = 0
    kept: Target | None = None
    fresh: set[Ref] = field(default_factory=set)  # what the page became, before that is recorded
    counts: dict[State, int] = field(default_factory=dict)
    gone: list[Ref] = field(default_factory=list)
    refused: list[Failure] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    def copied(self) -> Copied:
        return Copied(
            total=self.total,
            done=self.done,
            before=self.before,
            added=self.counts.get("added", 0),
            present=self.counts.get("present", 0),
            bytes=self.bytes,
            gone=tuple(self.gone),
            refused=tuple(self.refused),
            failed=tuple(self.failed),
        )

    def page(self, refs: list[Ref]) -> None:
        new = list(self.copies.unsettled(self.number, refs))
        self.before += len(refs) - len(new)
        unsure = self.copies.begin(self.number, new)
        receipts: list[Receipt] = []
        self.fresh.clear()
        try:
            for receipt in self._taken(new, unsure):
                self.fresh.add(Ref(receipt.came))
                receipts.append(receipt)
        finally:  # what was added before something broke is there
            self.target.flush()
            if self.kept:
                self.kept.flush()
            self.copies.end(self.number, receipts)

    def _taken(self, refs: list[Ref], unsure: frozenset[Ref]) -> Iterator[Receipt]:
        for ref, got in self.source.fetch(refs):
            if isinstance(got, NotFound):
                self.gone.append(ref)
            elif isinstance(got, GmailKitError):
                self.failed.append(Failure.of(ref, got))
            else:
                item = self.change(got)
                receipt = self._take(ref, item, unsure=ref in unsure)
                if receipt.state == "added":
                    self.on_added(receipt, item)
                self.bytes += got.content.size
                self.counts[receipt.state] = self.counts.get(receipt.state, 0) + 1
                yield receipt
            self.done += 1
            self.on_progress(self.copied())

    def _take(self, ref: Ref, item: Item, *, unsure: bool) -> Receipt:
        found: set[Ref] = set()
        for there in self.target.find(item):
            found.add(there)
            if not self._is_of_another(there, ref):
                ours = unsure and self.target.is_marked(there)
                return Receipt(ref=ref, state="added" if ours else "present", came=there)
        try:
            came = self.target.add(item)  # one of them where the target keeps equal ones once
            return Receipt(ref=ref, state="present" if came in found else "added", came=came)
        except CannotWrite:
            raise
        except CannotDo as error:
            self.refused.append(Failure.of(ref, error))
            return Receipt(ref=ref, state="refused", came=self._keep(item), why=error.message)

    def _keep(self, item: Item) -> str:
        """In quarantine; its name there."""
        if self.quarantine and self.kept is None:
            self.kept = self.quarantine()
        return self.kept.add(item) if self.kept else ""

    def _is_of_another(self, there: Ref, ref: Ref) -> bool:
        """Two equal messages of the source are two in a target that keeps them apart."""
        return there in self.fresh or self.copies.is_of_another(self.number, there, ref)
