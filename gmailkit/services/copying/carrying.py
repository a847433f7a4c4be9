"""A plan of a copy carried out: stopped at any point, the next run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gmailkit.errors import BudgetSpent, CannotDo, Failure, PartialError
from gmailkit.model.counted import count_text
from gmailkit.model.item import Can, Item, Ref
from gmailkit.record.additions import AdditionLog
from gmailkit.record.copies import Receipt
from gmailkit.services.copying.into_gmail.run import (
    KEPT,
    NOT_KEPT,
    Brought,
    bring,
    complain,
    opened,
)
from gmailkit.services.copying.mapping import Mapped
from gmailkit.services.copying.outcomes import Outcomes, in_order
from gmailkit.services.copying.plan import TOO_LONG, CopyPlan
from gmailkit.services.copying.receipts import Receipts
from gmailkit.services.copying.run import Copied, LogOfOneRun, OnPassed, OnSettled, copy
from gmailkit.services.copying.settling import go_to, what_is_said
from gmailkit.services.places import Places
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.protocol import Fetched, Settling, Source, Undoing
from gmailkit.stores.wrapped import Wrapped

_GONE = "It is not in the source any more."
_AGAIN = "Run the same command again: it takes what is missing."
_HINT = f"All others are there. {_AGAIN}"
_SHORTER = "A label whose name is too long gets a shorter one by --map OLD=NEW."


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDone:
    """What came of it. `number` is that of the journal or, of any other target, among the copies
    into it, for `undo`; None where the target had all of it, or gives nothing back. `renamed` are
    labels that Gmail refused by their names.
    `deleted` counts what was deleted in the source. `more` are offered there by now: another copy
    takes them.
    """

    plan: CopyPlan
    copied: Copied
    number: int | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    deleted: int = 0
    more: int = 0


def copy_mail(
    places: Places,
    plan: CopyPlan,
    *,
    quarantine: Path | None = None,
    receipts: Path | None = None,
    delete_after: float | None = None,
    is_over: Callable[[], bool] = lambda: False,
    on_progress: OnPassed = lambda passed: None,
) -> CopyDone:
    """Copy what the plan names. Equal messages of the target stay as they are, but for labels that
    they get as well.

    What the target refuses lies in the folder `quarantine`; the file `receipts` gets a line of JSON
    for each message. At the end all that was added is looked for in the target. With `delete_after`
    all is read back, and what was found there, whole, so many days ago is deleted in the source,
    where that is a server of POP3. Raises PartialError that names what was refused, could not be
    read, or is not there; the rest is. Raises CannotDo where the source deletes nothing, and
    TimeSpent when the time `is_over` before all came.
    """
    plain = places.source(plan.source)
    settling = plain if isinstance(plain, Settling) else None
    if settling:
        go_to(places, settling, plan.names[0], plan.target)
    elif delete_after is not None:
        check_emptied(places, plan)
    with closing(Outcomes()) as outcomes:
        given = _Given(Mapped(plain, plan.mapping), outcomes)
        job = _Job(places, plan, given, outcomes, is_over)
        with ExitStack() as resources:
            told = resources.enter_context(Receipts(receipts)).note if receipts else _unheard
            kept = partial(opened, resources, quarantine) if quarantine else None
            try:
                brought = job.into_gmail(quarantine, told, on_progress) if plan.into else None
                into = (brought.copied, brought.lost) if brought else None
                copied, lost = into or job.into_files(kept, told, on_progress)
                outcomes.forget(Ref(each.item) for each in lost)  # the next run takes them
            except BudgetSpent as error:
                error.hint = (
                    "Run the same command again: it goes on where it stopped. The plan took "
                    f"{plan.planning:,} of these units, and each run makes one: allow well more."
                )
                raise
            finally:
                if settling:  # the next run leaves out what was settled
                    settling.settle(outcomes.came(), sure=False)
        done = CopyDone(
            plan=plan,
            copied=copied,
            number=brought.number if brought else job.number,
            renamed=brought.renamed if brought else {},
            deleted=_emptied(settling, job, delete_after) if settling else 0,
            more=settling.left() if settling and any(outcomes.came()) else 0,
        )
    if brought:
        complain(brought, words="copied", gone=_GONE, hint=_HINT, kept=quarantine is not None)
    else:
        _complain(done, lost, kept=quarantine is not None)
    return done


def _emptied(source: Settling, job: _Job, delete_after: float | None) -> int:
    """How many were deleted, of what has been in the target for so many days."""
    if delete_after is None:
        return 0
    source.settle(job.sure(), sure=True)
    due = source.due(delete_after)
    source.remove(due)
    return len(due)


def check_emptied(places: Places, plan: CopyPlan) -> None:
    """Raises CannotDo where `delete_after` could delete nothing in the source."""
    if not isinstance(places.source(plan.source), Settling):
        raise CannotDo(
            f"Nothing is deleted in {plan.names[0]}: only a server of POP3 is emptied so.",
            hint="Leave --delete-after away.",
        )


class _Given(Wrapped):
    """A source of which is noted what it gives."""

    def __init__(self, source: Mapped, outcomes: Outcomes) -> None:
        super().__init__(source)
        self._outcomes = outcomes

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref, got in self._source.fetch(refs):
            if isinstance(got, Item):
                self._outcomes.give(ref, _hash(got))
            yield ref, got


@dataclass(slots=True)
class _Job:
    """One copy, and what became of its messages."""

    places: Places
    plan: CopyPlan
    source: _Given
    outcomes: Outcomes
    is_over: Callable[[], bool]
    number: int | None = None  # of what was added to files or a server, for an undo

    def into_gmail(
        self, quarantine: Path | None, told: OnSettled, on_progress: OnPassed
    ) -> Brought:
        assert self.plan.into  # noqa: S101 - for the type checker: the caller looked
        return bring(
            self.places.connection(self.plan.target),
            self.source,
            self.plan.into,
            wanted=self.plan.wanted,
            what=what_is_said(self.plan.names[0]),
            is_over=self.is_over,
            quarantine=quarantine,
            on_settled=partial(self._settle, told),
            on_progress=on_progress,
        )

    def into_files(
        self, quarantine: Callable[[], EmlStore] | None, told: OnSettled, on_progress: OnPassed
    ) -> tuple[Copied, tuple[Failure, ...]]:
        copied = self._carried(quarantine, told, on_progress)
        if not self.outcomes.seek_added():
            return copied, ()
        with self.places.anew(self.plan.target) as there:
            return copied, tuple(self._missing(there))

    def _carried(
        self, quarantine: Callable[[], EmlStore] | None, told: OnSettled, on_progress: OnPassed
    ) -> Copied:
        """What the target and the log know of each message is let go with this, before all is read
        anew.
        """
        log = None
        with ExitStack() as held:
            target = held.enter_context(self.places.target(self.plan.target))
            if isinstance(target, Undoing):
                log = held.enter_context(self._log(target))
            refs = tuple(log.unsettled(self.plan.refs)) if log else self.plan.refs
            copied = copy(
                self.source,
                target,
                refs,
                log=log or LogOfOneRun(),
                total=len(self.plan.refs),
                copied=Copied(present=len(self.plan.refs) - len(refs)),
                is_over=self.is_over,
                quarantine=quarantine,
                on_settled=partial(self._settle, told),
                on_passed=on_progress,
            )
        self.number = (log and log.addition.number) or None
        return copied

    def sure(self) -> Iterator[Ref]:
        """Those that are read from the target as they were given."""
        self.outcomes.seek_all()
        with self.places.anew(self.plan.target) as there:
            self._read(there)
        return self.outcomes.found()

    def _log(self, target: Undoing) -> AdditionLog:
        return self.places.additions(target).log(
            self.source.name, self.plan.wanted, holds=target.holds, listed=target.refs
        )

    def _settle(self, told: OnSettled, receipt: Receipt) -> None:
        self.outcomes.settle(receipt)
        told(receipt)

    def _missing(self, there: Source) -> Iterator[Failure]:
        """What was added and is not there when the target is read anew; of a server, whether it
        lists them. What it does not list is read: once an equal message came, it may lie first in
        another folder, and be called by that.
        """
        if Can.SEARCH in there.can:
            self.outcomes.find_listed(there.refs())
        self._read(there)
        why = f"{there.name} took it, and has no such message."
        return (Failure(ref, why) for ref in self.outcomes.missing())

    def _read(self, there: Source) -> None:
        """All that is looked for, whether it is whole."""
        for name, got in there.fetch(in_order(there, self.outcomes)):
            if isinstance(got, Item):
                self.outcomes.find(name, _hash(got))


def _hash(item: Item) -> bytes:
    """The same whichever line ends it has."""
    return bytes.fromhex(item.content.digest_with_crlf)


def _unheard(receipt: Receipt) -> None: ...


def _complain(done: CopyDone, lost: tuple[Failure, ...], *, kept: bool) -> None:
    copied = done.copied
    gone = [Failure(ref, _GONE) for ref in copied.gone]
    others = (*copied.failed, *gone, *lost)
    if not (copied.refused or others):
        return
    hints = [_HINT]
    if copied.refused:  # another run would be refused the same
        too_long = any(move.called == TOO_LONG for move in done.plan.moves)
        every = (KEPT if kept else NOT_KEPT, too_long and _SHORTER, others and _AGAIN)
        hints = [each for each in every if each]
    count = count_text(len(copied.refused) + len(others), "message was", "messages were")
    raise PartialError(
        f"{count} not copied; {count_text(copied.added, 'was', 'were')},"
        f" and {count_text(copied.present, 'was', 'were')} there before.",
        done=copied.added,
        failed=(*copied.refused, *others),
        hint=" ".join(hints),
    )
