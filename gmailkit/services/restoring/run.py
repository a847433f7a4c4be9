"""A plan carried out: stopped at any point, the next run goes on and adds nothing twice."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gmailkit.errors import PartialError
from gmailkit.model.ids import LabelId
from gmailkit.model.item import Item
from gmailkit.record.copies import Copies, Receipt
from gmailkit.record.journal import Journal, Step, Touched
from gmailkit.services.connect import Connection
from gmailkit.services.copying.run import Copied, OnCopied, copy
from gmailkit.services.labels.definitions import with_labels
from gmailkit.services.restoring.plan import IMPORT, LIST, RestorePlan
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.gmail import Conversations, GmailTarget, name_of_mailbox

_INBOX, _TRASH = LabelId("INBOX"), LabelId("TRASH")
# Before it is restored a message is as good as in Trash: so taking a restore back, and that back
# again, are what the journal does with any other change of labels.
_STEPS = (Step(remove=(_TRASH,)), Step(remove=(_TRASH,), add=(_INBOX,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it; `number` is that of the journal, for `undo`."""

    plan: RestorePlan
    copied: Copied
    number: int


def restore(
    connection: Connection,
    plan: RestorePlan,
    *,
    quarantine: Path | None = None,
    on_progress: OnCopied = lambda copied: None,
) -> Restored:
    """Put the messages of the plan into the mailbox, under the labels they had.

    Taking it back moves them to Trash; drafts stay. Raises PartialError that names what Gmail
    refused, which lies in `quarantine` then, and what could not be read; the rest is there.
    """
    for method in (IMPORT, LIST, "messages.get"):
        connection.check_allowed(method)
    client, journal = connection.client, connection.journal
    with ExitStack() as resources:
        store = resources.enter_context(BackupStore(plan.path, plan.origin))
        copies = resources.enter_context(connection.copies())
        names = with_labels(client, journal, plan.labels, allowed=connection.check_allowed)
        own = {label.name.casefold(): label.id for label in names.labels if label.type != "system"}
        number = copies.open(store.name, name_of_mailbox(connection.address))
        change = _change(journal, copies, number, plan)
        target = GmailTarget(
            client.unrecorded,  # all of it is that one change
            connection.address,
            labels=own,
            conversations=Conversations(
                find=partial(copies.thread, number), note=partial(copies.note_thread, number)
            ),
            mark=names.get(plan.mark).id if plan.mark else None,
        )
        copied = copy(
            store,
            target,
            plan.refs,
            copies=copies,
            total=len(plan.refs),
            quarantine=partial(_opened, resources, quarantine) if quarantine else None,
            on_added=partial(_note, journal, change),
            on_progress=on_progress,
        )
    if copied.refused or copied.failed:
        raise _partial(copied)
    return Restored(plan=plan, copied=copied, number=change)


def _opened(resources: ExitStack, quarantine: Path) -> EmlStore:
    return resources.enter_context(EmlStore(quarantine, write=True))


def _change(journal: Journal, copies: Copies, number: int, plan: RestorePlan) -> int:
    """The line of the journal for this restore: one, however many runs it takes."""
    if change := copies.change(number):
        return change
    what = f"restore {len(plan.refs):,} messages of {plan.origin} from {plan.path}"
    begun = journal.begin(what, steps=_STEPS, watched=(_INBOX, _TRASH))
    journal.end(begun.number)  # each message is written down as it comes
    copies.settle(number, mark=plan.mark, change=begun.number)
    return begun.number


def _note(journal: Journal, change: int, receipt: Receipt, item: Item) -> None:
    """For `undo`; Gmail puts no labels on drafts."""
    if "draft" not in item.flags:
        step = 1 if _INBOX in item.labels else 0
        journal.touch(change, [Touched(receipt.came, step, frozenset({_TRASH}))])


def _partial(copied: Copied) -> PartialError:
    refused = f"{len(copied.refused)} messages were refused by Gmail" if copied.refused else ""
    failed = f"{len(copied.failed)} could not be read from the backup" if copied.failed else ""
    return PartialError(
        f"{' and '.join(filter(None, (refused, failed)))}; {copied.added} were restored.",
        done=copied.added,
        failed=(*copied.refused, *copied.failed),
        hint="Those that were refused lie in the quarantine folder as they were."
        if copied.refused
        else "gmailkit verify names what is damaged.",
    )
