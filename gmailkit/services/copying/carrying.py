"""A plan of a copy carried out: stopped at any point, the next run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gmailkit.errors import Failure, PartialError
from gmailkit.model.item import Can, Item, Ref
from gmailkit.record.copies import Receipt
from gmailkit.services.copying.into_gmail.run import bring, complain
from gmailkit.services.copying.mapping import Mapped
from gmailkit.services.copying.plan import CopyPlan
from gmailkit.services.copying.receipts import Receipts
from gmailkit.services.copying.run import Copied, OnPassed, copy
from gmailkit.services.places import Places
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.protocol import Source

_GONE = "It is not in the source any more."
_HINT = "All others are there. Run the same command again: it takes what is missing."


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDone:
    """What came of it. `number` is that of the journal, for `undo`, None where the target is no
    mailbox of Gmail; `renamed` are labels that Gmail refused by their names.
    """

    plan: CopyPlan
    copied: Copied
    number: int | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)


def copy_mail(
    places: Places,
    plan: CopyPlan,
    *,
    quarantine: Path | None = None,
    receipts: Path | None = None,
    on_progress: OnPassed = lambda passed: None,
) -> CopyDone:
    """Copy what the plan names. Equal messages of the target stay as they are, but for labels that
    they get as well.

    What the target refuses lies in the folder `quarantine`; the file `receipts` gets a line of JSON
    for each message. At the end all that was added is looked for in the target. Raises
    PartialError that names what was refused, could not be read, or is not there; the rest is.
    """
    with ExitStack() as resources:
        source = Mapped(places.source(plan.source), plan.mapping)
        settled = _noted(resources, receipts)
        if plan.into:
            done = bring(
                places.connection(plan.target),
                source,
                plan.into,
                wanted=plan.wanted,
                what=f"copy mail of {plan.names[0]}",
                quarantine=quarantine,
                on_settled=settled,
                on_progress=on_progress,
            )
            complain(done, words="copied", gone=_GONE, hint=_HINT, kept=quarantine is not None)
            number, renamed = done.number, done.renamed
            return CopyDone(plan=plan, copied=done.copied, number=number, renamed=renamed)
        kept = partial(_opened, resources, quarantine) if quarantine else None
        copied, lost = _into_files(places, source, plan, kept, settled, on_progress)
    _complain(copied, lost)
    return CopyDone(plan=plan, copied=copied)


def _noted(resources: ExitStack, path: Path | None) -> Callable[[Receipt], None]:
    if path is None:
        return lambda receipt: None
    return resources.enter_context(Receipts(path)).note


def _into_files(
    places: Places,
    source: Mapped,
    plan: CopyPlan,
    quarantine: Callable[[], EmlStore] | None,
    settled: Callable[[Receipt], None],
    on_progress: OnPassed,
) -> tuple[Copied, tuple[Failure, ...]]:
    added: dict[Ref, tuple[Ref, int]] = {}
    sizes: dict[Ref, int] = {}

    def note(came: Ref, item: Item) -> None:
        sizes[came] = item.content.size

    def settle(receipt: Receipt) -> None:
        if receipt.state == "added":
            added[Ref(receipt.came)] = receipt.ref, sizes.pop(Ref(receipt.came), -1)
        settled(receipt)

    with places.target(plan.target) as target:
        copied = copy(
            source,
            target,
            plan.refs,
            total=len(plan.refs),
            quarantine=quarantine,
            on_added=note,
            on_settled=settle,
            on_passed=on_progress,
        )
    if not added:
        return copied, ()
    with places.anew(plan.target) as there:
        return copied, tuple(_missing(there, added))


def _missing(there: Source, added: Mapping[Ref, tuple[Ref, int]]) -> list[Failure]:
    """What was added and is not there when the target is read anew; of a store that is no files,
    whether it lists them.
    """
    if Can.SEARCH in there.can:
        listed = set(there.refs())
        lost = [ref for came, (ref, _) in added.items() if came not in listed]
    else:
        lost = [
            added[came][0]
            for came, got in there.fetch(added)
            if not isinstance(got, Item) or got.content.size != added[came][1]
        ]
    return [Failure(ref, f"{there.name} took it, and has no such message.") for ref in lost]


def _opened(resources: ExitStack, quarantine: Path) -> EmlStore:
    return resources.enter_context(EmlStore(quarantine, write=True))


def _complain(copied: Copied, lost: tuple[Failure, ...]) -> None:
    gone = [Failure(ref, _GONE) for ref in copied.gone]
    failed = (*copied.refused, *copied.failed, *gone, *lost)
    if failed:
        raise PartialError(
            f"{len(failed):,} messages were not copied; {copied.added:,} were,"
            f" and {copied.present:,} were there before.",
            done=copied.added,
            failed=failed,
            hint=_HINT,
        )
