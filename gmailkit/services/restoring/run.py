"""A plan carried out: stopped at any point, the next run goes on and adds nothing twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gmailkit.client.client import Client
from gmailkit.errors import Failure, NotFound, PartialError
from gmailkit.model.ids import LabelId
from gmailkit.model.item import Item, Ref
from gmailkit.record.copies import Copies, UnderWay
from gmailkit.record.journal import Journal, Step, Touched
from gmailkit.services.connect import Connection
from gmailkit.services.copying.run import Copied, Log, OnPassed, OnSettled, copy
from gmailkit.services.labels.definitions import with_labels
from gmailkit.services.restoring.labels import Made, make_labels
from gmailkit.services.restoring.plan import IMPORT, LIST, RestorePlan, under_way, wanted_of
from gmailkit.stores.backup import BackupStore
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.gmail import Conversations, GmailTarget, name_of_mailbox

_INBOX, _TRASH = LabelId("INBOX"), LabelId("TRASH")
# Before it is restored a message is as good as in Trash: so taking a restore back, and that back
# again, are what the journal does with any other change of labels.
_STEPS = (Step(remove=(_TRASH,)), Step(remove=(_TRASH,), add=(_INBOX,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it; `number` is that of the journal, for `undo`. `renamed` are labels whose
    names Gmail refused although the plan did not foresee it, and what they are called.
    """

    plan: RestorePlan
    copied: Copied
    number: int
    renamed: Mapping[str, str]


def restore(
    connection: Connection,
    plan: RestorePlan,
    *,
    quarantine: Path | None = None,
    on_settled: OnSettled = lambda receipt: None,
    on_progress: OnPassed = lambda passed: None,
) -> Restored:
    """Put the messages of the plan into the mailbox, under the labels they had.

    `on_settled` hears what became of each. Taking it back moves them to Trash; drafts stay. Raises
    PartialError that names what Gmail refused, which lies in `quarantine` then, what could not be
    read, and what is not there when all is counted at the end; the rest is there. One restore at a
    time is made into a mailbox.
    """
    for method in (IMPORT, LIST, "messages.get"):
        connection.check_allowed(method)
    client, journal = connection.client, connection.journal
    with ExitStack() as resources:
        store = resources.enter_context(
            BackupStore(plan.path, plan.origin, as_of=plan.as_of, identity=plan.key)
        )
        copies = resources.enter_context(connection.copies())
        resources.enter_context(copies.alone())
        made = _labels(connection, plan)
        names, called = made.names, {**plan.renamed, **made.renamed}
        own = {label.name.casefold(): label.id for label in names.labels if label.type != "system"}
        own |= {old.casefold(): names.get(new).id for old, new in called.items()}
        mailbox = name_of_mailbox(connection.address)
        number = copies.open(store.name, mailbox, wanted_of(plan.query, plan.as_of))
        change = _change(connection, copies, number, plan)
        journal.want(change, plan.before + len(plan.refs))
        threads = (store.name, mailbox)
        target = GmailTarget(
            client.unrecorded,  # all of it is that one change
            connection.address,
            labels=own,
            conversations=Conversations(
                find=partial(copies.thread, *threads), note=partial(copies.note_thread, *threads)
            ),
            mark=names.get(plan.mark).id if plan.mark else None,
        )
        copied = copy(
            store,
            target,
            plan.refs,
            log=Log(copies, number),
            total=len(plan.refs),
            quarantine=partial(_opened, resources, quarantine) if quarantine else None,
            on_added=partial(_note, journal, change),
            on_settled=on_settled,
            on_passed=on_progress,
        )
        lost = tuple(_lost(client, copies, number, plan.mark and names.get(plan.mark).id))
        copies.finish(number)
        journal.want(change, 0)
    if copied.refused or copied.failed or copied.gone or lost:
        raise _partial(copied, lost, kept=quarantine is not None)
    return Restored(plan=plan, copied=copied, number=change, renamed=made.renamed)


def _labels(connection: Connection, plan: RestorePlan) -> Made:
    """With those that were missing made, as a change of its own: the mail comes in several runs,
    and what an undo moves to Trash bears them still.
    """
    client, journal = connection.client, connection.journal
    names, calls = with_labels(client, plan.labels, allowed=connection.check_allowed)
    if not calls:
        return Made(names, {})
    what = f"create {'label' if len(calls) == 1 else 'labels'} "
    what += ", ".join(str(call.body["name"]) for call in calls)
    return make_labels(client, journal, what, calls)


def _lost(client: Client, copies: Copies, number: int, mark: str) -> Iterator[Failure]:
    """What was added and is not there when all is done: counted by its label, 5 units for 500, and
    looked for once more, since a list may lag behind. Without a mark nothing is counted.
    """
    if not mark:
        return
    labels = (LabelId(mark), LabelId("DRAFT"))  # drafts bear no other
    there = {
        Ref(ref.id)
        for label in labels
        for ref in client.messages.list(label_ids=[label], include_spam_trash=True)
    }
    for ref, came in copies.added(number):
        if came in there:
            continue
        try:
            client.messages.get(came, format="minimal")
        except NotFound:
            yield Failure(ref, f"Gmail took it as {came}, and has no such message.")


def _opened(resources: ExitStack, quarantine: Path) -> EmlStore:
    return resources.enter_context(EmlStore(quarantine, write=True))


def _change(connection: Connection, copies: Copies, number: int, plan: RestorePlan) -> int:
    """The line of the journal for this restore: one, however many runs it takes."""
    if begun := under_way(connection, copies, number):
        return begun.change
    journal = connection.journal
    what = f"restore mail of {plan.origin} from {plan.path}"
    change = journal.begin(what, steps=_STEPS, watched=(_INBOX, _TRASH))
    journal.end(change.number)  # each message is written down as it comes
    since = change.time.isoformat()
    copies.set_out(number, UnderWay(mark=plan.mark, change=change.number, since=since))
    return change.number


def _note(journal: Journal, change: int, came: Ref, item: Item) -> None:
    """For `undo`; Gmail puts no labels on drafts."""
    if "draft" not in item.flags:
        step = 1 if _INBOX in item.labels else 0
        journal.touch(change, [Touched(came, step, frozenset({_TRASH}))])


def _partial(copied: Copied, lost: tuple[Failure, ...], *, kept: bool) -> PartialError:
    gone = [Failure(ref, "It is not in the backup any more.") for ref in copied.gone]
    unread = [*copied.failed, *gone]
    words, hint = [], "gmailkit verify names what is damaged."
    if unread:
        words.append(f"{len(unread):,} could not be read from the backup")
    if lost:
        words.append(f"{len(lost):,} that Gmail took are gone again")
        hint = "Run the same command again: it looks for each message anew."
    if copied.refused:
        words.insert(0, f"{len(copied.refused):,} messages were refused by Gmail")
        hint = "What was refused lies in the quarantine folder as it is."
        if not kept:
            hint = "Name a quarantine folder to have what is refused kept there."
    return PartialError(
        f"{' and '.join(words)}; {copied.added:,} were restored, {copied.present:,} were there.",
        done=copied.added,
        failed=(*copied.refused, *unread, *lost),
        hint=hint,
    )
