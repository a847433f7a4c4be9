"""The one loop that moves mail from store to store; backups, exports and restores are such copies.

A source may read ahead over all that is wanted: it is asked once, for everything.

Where a target cannot tell by itself what it has taken, each message is written down just before it
is added: a run that was killed is then completed, no message is there twice, and what was there
before is told from what came.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from typing import Protocol

import msgspec

from gmailkit.errors import (
    CannotDo,
    CannotWrite,
    Failure,
    GmailKitError,
    NotFound,
    TimeSpent,
    UsageError,
)
from gmailkit.model.counted import count_text
from gmailkit.model.item import Item, Ref
from gmailkit.record.copies import Copies, Receipt
from gmailkit.stores.protocol import Fetched, Source, Target, Unchanging

# Between two times that the target makes sure of what it took. A backup makes sure of as much by
# itself, and then has done it already.
BATCH = 50  # messages
BATCH_BYTES = 4 << 20
UNDER_WAY = 2 * BATCH  # messages that a source may still give when the time is over


class Passed(msgspec.Struct, frozen=True):
    """How far a copy is: of `total` messages `done` were looked at, with so many bytes."""

    done: int
    total: int
    bytes: int


class Copied(msgspec.Struct):
    """What became of the messages: `present` were in the target before, `unlike` of these under
    other labels or marks, which stay; `refused` are those it does not take, `failed` those that
    could not be read, `gone` those that were deleted meanwhile.
    """

    added: int = 0
    present: int = 0
    unlike: int = 0
    bytes: int = 0
    gone: list[Ref] = msgspec.field(default_factory=list)
    refused: list[Failure] = msgspec.field(default_factory=list)
    failed: list[Failure] = msgspec.field(default_factory=list)

    @property
    def looked_at(self) -> int:
        others = len(self.gone) + len(self.refused) + len(self.failed)
        return self.added + self.present + others


OnPassed = Callable[[Passed], None]
OnAdded = Callable[[Ref, Item], None]
OnSettled = Callable[[Receipt], None]


class Log(Protocol):
    """What is written down of one copy, so that a run which was killed is completed."""

    def unsettled(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        """Those of `refs` that no run has brought there."""

    def begin(self, ref: Ref, item: Item) -> None:
        """It is about to be added, and was not there."""

    def was_begun(self, ref: Ref) -> bool: ...

    def is_of_another(self, there: Ref, ref: Ref) -> bool:
        """Whether another message of the copy became that one of the target."""

    def end(self, receipts: Iterable[Receipt]) -> None:
        """What became of them, once the target has made sure of it."""


class LogOfCopies(msgspec.Struct, frozen=True):
    """One copy of `copies`, for a target that does not keep equal messages once. `on_adding` is
    called before each message is added.
    """

    copies: Copies
    number: int
    on_adding: Callable[[], object] = lambda: None

    def unsettled(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        return self.copies.unsettled(self.number, refs)

    def begin(self, ref: Ref, item: Item) -> None:
        self.on_adding()
        self.copies.begin(self.number, ref)

    def was_begun(self, ref: Ref) -> bool:
        return self.copies.was_begun(self.number, ref)

    def is_of_another(self, there: Ref, ref: Ref) -> bool:
        return self.copies.is_of_another(self.number, there, ref)

    def end(self, receipts: Iterable[Receipt]) -> None:
        self.copies.end(self.number, receipts)


class LogOfOneRun:
    """For a target whose own files tell what came: no more than which of equal messages are taken.

    Nothing is written down; a run that was killed begins anew, and finds what it had brought.
    """

    def __init__(self) -> None:
        self._came: set[str] = set()

    def unsettled(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        return iter(refs)

    def begin(self, ref: Ref, item: Item) -> None: ...

    def was_begun(self, ref: Ref) -> bool:
        return False

    def is_of_another(self, there: Ref, ref: Ref) -> bool:
        return there in self._came

    def end(self, receipts: Iterable[Receipt]) -> None:
        self._came.update(receipt.came for receipt in receipts)


def copy(
    source: Source,
    target: Target,
    refs: Iterable[Ref],
    *,
    log: Log | None = None,
    total: int = 0,
    copied: Copied | None = None,
    is_over: Callable[[], bool] = lambda: False,
    quarantine: Callable[[], Target] | None = None,
    on_added: OnAdded = lambda came, item: None,
    on_settled: OnSettled = lambda receipt: None,
    on_passed: OnPassed = lambda passed: None,
) -> Copied:
    """Bring these messages of `source` into `target`, each once, however often it is run.

    One at a time is held, beside what the source reads ahead. `on_added` hears of each that was
    added before that is logged, so maybe twice of one; `on_settled` what became of each, once that
    is sure. What the target does not take goes into `quarantine`, which is opened for the first of
    these. It is counted in `copied`, where that has counted others before, of `total`.

    When the time `is_over` nothing more is begun, what is under way comes, and TimeSpent is raised.
    Raises what the stores raise for good: CannotWrite, Unreachable, TryLater (BudgetSpent is one);
    what was added stays, and the next run goes on.
    """
    done = copied or Copied()
    run = _Run(
        source, target, log, quarantine, on_added, on_settled, on_passed, is_over, total, done
    )
    try:
        run.all(log.unsettled(refs) if log else refs)
    except GmailKitError as error:
        error.add(run.words())
        raise
    if run.under_way and is_over():
        raise TimeSpent(
            f"The time of this run is over: {run.words()}.",
            hint="Run the same command again: it goes on where it stopped.",
        )
    return done


class _Run(msgspec.Struct):
    source: Source
    target: Target
    log: Log | None
    quarantine: Callable[[], Target] | None
    on_added: OnAdded
    on_settled: OnSettled
    on_passed: OnPassed
    is_over: Callable[[], bool]
    total: int
    copied: Copied
    under_way: int = 0  # messages that the source was, or would have been, asked for
    late: int = 0  # those that came nevertheless when the time was over
    kept: Target | None = None
    unsure: int = 0  # of those that were added
    bytes: int = 0  # of what nobody is sure of yet, as what follows
    receipts: list[Receipt] = msgspec.field(default_factory=list)
    fresh: set[Ref] = msgspec.field(default_factory=set)  # what those became

    def all(self, refs: Iterable[Ref]) -> None:
        try:
            with closing(self._coming(refs)) as coming:
                for ref, got in coming:
                    self._pass(ref, got)
                    if len(self.receipts) >= BATCH or self.bytes >= BATCH_BYTES:
                        self._make_sure()
                    if self.under_way > UNDER_WAY and self.is_over():  # it began a whole folder
                        self.late += 1
                    if self.late >= UNDER_WAY:
                        break
        except BaseException:  # what was added before something broke is there
            with suppress(GmailKitError):  # what broke is told
                self._make_sure()
            raise
        self._make_sure()

    def words(self) -> str:
        """How far it came, for people: what nobody is sure of does not count."""
        came = self.copied.added - self.unsure
        left = self.total - self.copied.looked_at + self.unsure
        words = f"{count_text(came, 'message was', 'messages were')} copied"
        return f"{words}, {count_text(left, 'is', 'are')} left" if self.total else words

    def _coming(self, refs: Iterable[Ref]) -> Generator[Fetched]:
        """To be closed with whatever reads ahead."""
        yield from self.source.fetch(self._while_it_may(refs))

    def _while_it_may(self, refs: Iterable[Ref]) -> Iterator[Ref]:
        for ref in refs:
            self.under_way += 1
            if self.is_over():
                return
            yield ref

    def _pass(self, ref: Ref, got: Item | GmailKitError) -> None:
        self.under_way -= 1
        if isinstance(got, NotFound):
            self.copied.gone.append(ref)
        elif isinstance(got, GmailKitError):
            self.copied.failed.append(Failure.of(ref, got))
        else:
            try:
                receipt = self._take(ref, got)
            except UsageError as error:  # its bytes could not be read to their end
                self.copied.failed.append(Failure.of(ref, error))
            else:
                self.receipts.append(receipt)
                self.fresh.add(Ref(receipt.came))
                self.bytes += got.content.size
                self.copied.bytes += got.content.size
        self.on_passed(Passed(self.copied.looked_at, self.total, self.copied.bytes))

    def _make_sure(self) -> None:
        """Where that fails nothing is settled, and nobody tries again."""
        receipts, self.receipts = self.receipts, []
        if not receipts:
            return
        self.target.flush()
        if self.kept:
            self.kept.flush()
        if self.log:
            self.log.end(receipts)
        self.unsure = self.bytes = 0
        self.fresh.clear()
        for receipt in receipts:
            self.on_settled(receipt)

    def _take(self, ref: Ref, item: Item) -> Receipt:
        found = set[Ref]()
        for there in self.target.find(item):
            found.add(there)
            if not self._is_of_another(there, ref):
                return self._there(ref, there, item)
        if self.log:
            self.log.begin(ref, item)
        try:
            came = self.target.add(item)
        except CannotWrite:
            raise
        except CannotDo as error:
            self.copied.refused.append(Failure.of(ref, error))
            return Receipt(ref=ref, state="refused", came=self._keep(item), why=error.message)
        if came in found:  # the target keeps equal ones once
            self.copied.present += 1
            return Receipt(ref=ref, state="present", came=came)
        return self._added(ref, came, item)

    def _there(self, ref: Ref, there: Ref, item: Item) -> Receipt:
        """It was there before, unless a killed run had begun to add it: then that run did."""
        if self.log and self.log.was_begun(ref):
            return self._added(ref, there, item)
        self.copied.present += 1
        if isinstance(self.target, Unchanging) and not self.target.says(item):
            self.copied.unlike += 1
        return Receipt(ref=ref, state="present", came=there)

    def _added(self, ref: Ref, came: Ref, item: Item) -> Receipt:
        self.on_added(came, item)
        self.copied.added += 1
        self.unsure += 1
        return Receipt(ref=ref, state="added", came=came)

    def _keep(self, item: Item) -> str:
        """In quarantine; its name there."""
        if self.quarantine and self.kept is None:
            self.kept = self.quarantine()
        return self.kept.add(item) if self.kept else ""

    def _is_of_another(self, there: Ref, ref: Ref) -> bool:
        """Two equal messages of the source are two in a target that keeps them apart."""
        if there in self.fresh:
            return True
        return self.log is not None and self.log.is_of_another(there, ref)
