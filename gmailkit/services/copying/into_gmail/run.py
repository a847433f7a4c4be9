"""A plan carried out: stopped at any point, the next run goes on and adds nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gmailkit.client.client import Client
from gmailkit.errors import Failure, NotFound, PartialError
from gmailkit.model.counted import count_text
from gmailkit.model.ids import LabelId
from gmailkit.model.item import Item, Ref
from gmailkit.record.copies import Copies, UnderWay
from gmailkit.record.journal import Step, Touched
from gmailkit.services.connect import Connection
from gmailkit.services.copying.into_gmail.labels import LabelsOfPlan
from gmailkit.services.copying.into_gmail.plan import IMPORT, LIST, IntoGmail, under_way
from gmailkit.services.copying.run import Copied, LogOfCopies, OnPassed, OnSettled, copy
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.gmail import Conversations, GmailTarget, name_of_mailbox
from gmailkit.stores.protocol import Source

BRINGING = (IMPORT, LIST, "messages.get")  # the methods it takes beside those for labels

KEPT = "What was refused lies in the quarantine folder as it is."
NOT_KEPT = "Name a quarantine folder to have what is refused kept there."

_INBOX, _TRASH = LabelId("INBOX"), LabelId("TRASH")
# Before it is brought a message is as good as in Trash: so taking that back, and that back again,
# are what the journal does with any other change of labels.
_STEPS = (Step(remove=(_TRASH,)), Step(remove=(_TRASH,), add=(_INBOX,)))

_DRAFTS_STAY = "Drafts that came with it stay: gmailkit drafts list"
_LABELS_STAY = "The labels that were made for it are change {}: they stay."


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What came of it; `number` is that of the journal, for `undo`, None where nothing was to be
    added. `renamed` are labels whose names Gmail refused although the plan did not foresee it, and
    what they are called. `lost` were taken by Gmail and are not there when all is counted at the
    end.
    """

    copied: Copied
    number: int | None
    renamed: Mapping[str, str]
    lost: tuple[Failure, ...]


def bring(
    connection: Connection,
    source: Source,
    plan: IntoGmail,
    *,
    wanted: str,
    what: str,
    quarantine: Path | None = None,
    is_over: Callable[[], bool] = lambda: False,
    on_settled: OnSettled = lambda receipt: None,
    on_progress: OnPassed = lambda passed: None,
) -> Brought:
    """Put the messages of the plan into the mailbox, under the labels they had.

    `wanted` as it was for the plan; `what` is for the journal, in words. `on_settled` hears what
    became of each message. What Gmail refuses lies in `quarantine` then. Taking it back moves
    messages to Trash; drafts stay. One at a time is made into a mailbox.
    """
    for method in BRINGING:
        connection.check_allowed(method)
    client = connection.client
    with ExitStack() as resources:
        copies = resources.enter_context(connection.copies())
        resources.enter_context(copies.alone())
        labels = LabelsOfPlan(connection, plan)
        mailbox = name_of_mailbox(connection.address)
        number = copies.open(source.name, mailbox, wanted)
        line = _Line(connection, copies, number, plan, labels, what)
        threads = (source.name, mailbox)
        target = GmailTarget(
            client.unrecorded,  # all of it is that one change
            connection.address,
            labels=lambda: labels.ids,
            conversations=Conversations(
                find=partial(copies.thread, *threads), note=partial(copies.note_thread, *threads)
            ),
            mark=lambda: labels.mark,
        )
        copied = copy(
            source,
            target,
            plan.refs,
            log=LogOfCopies(copies, number, on_adding=line.begin),
            total=len(plan.refs),
            is_over=is_over,
            quarantine=partial(opened, resources, quarantine) if quarantine else None,
            on_added=line.note,
            on_settled=on_settled,
            on_passed=on_progress,
        )
        lost = tuple(_lost(client, copies, number, labels.mark))
        copies.finish(number)
        line.end()
    return Brought(copied=copied, number=line.change, renamed=labels.renamed, lost=lost)


def complain(done: Brought, *, words: str, gone: str, hint: str, kept: bool) -> None:
    """Raises PartialError where something was not brought. `words` say in one what was to be done
    ("restored"), `gone` of a message that the source has no more; `hint` is for what could not be
    read.
    """
    copied, lost = done.copied, done.lost
    unread = [*copied.failed, *(Failure(ref, gone) for ref in copied.gone)]
    if not (copied.refused or unread or lost):
        return
    said = []
    if copied.refused:
        refused = count_text(len(copied.refused), "message was", "messages were")
        said.append(f"{refused} refused by Gmail")
    if unread:
        said.append(f"{len(unread):,} could not be read")
    if lost:
        taken = count_text(len(lost), "that Gmail took is", "that Gmail took are")
        said.append(f"{taken} gone again")
        hint = "Run the same command again: it looks for each message anew."
    if copied.refused:
        hint = KEPT if kept else NOT_KEPT
    raise PartialError(
        f"{' and '.join(said)}; {count_text(copied.added, 'was', 'were')} {words}, "
        f"{count_text(copied.present, 'was', 'were')} there.",
        done=copied.added,
        failed=(*copied.refused, *unread, *lost),
        hint=hint,
    )


def _lost(client: Client, copies: Copies, number: int, mark: LabelId | None) -> Iterator[Failure]:
    """What was added and is not there when all is done: counted by its label, 5 units for 500, and
    looked for once more, since a list may lag behind. Without a mark nothing is counted.
    """
    if not mark:
        return
    labels = (mark, LabelId("DRAFT"))  # drafts bear no other
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


def opened(resources: ExitStack, quarantine: Path) -> EmlStore:
    """The folder of what a target does not take, closed with the `resources` of the copy."""
    return resources.enter_context(EmlStore(quarantine, write=True))


class _Line:
    """The line of the journal for it: one, however many runs it takes, and none before a message is
    about to be added. The labels are made before it, so that undo takes back the mail first.
    """

    def __init__(
        self,
        connection: Connection,
        copies: Copies,
        number: int,
        plan: IntoGmail,
        labels: LabelsOfPlan,
        what: str,
    ) -> None:
        self._journal = connection.journal
        self._copies = copies
        self._number = number
        self._plan = plan
        self._labels = labels
        self._what = what
        self.change: int | None = None
        if begun := under_way(connection, copies, number):
            self._go_on(begun.change)

    def begin(self) -> int:
        """Its number; to be called before each message is added."""
        made = self._labels.make()
        number = self._begun() if self.change is None else self.change
        if made:
            self._journal.leave(number, _LABELS_STAY.format(made))
        return number

    def _begun(self) -> int:
        change = self._journal.begin(self._what, steps=_STEPS, watched=(_INBOX, _TRASH))
        self._journal.end(change.number)  # each message is written down as it comes
        way = UnderWay(mark=self._plan.mark, change=change.number, since=change.time.isoformat())
        self._copies.set_out(self._number, way)
        return self._go_on(change.number)

    def note(self, came: Ref, item: Item) -> None:
        """For `undo`; Gmail puts no labels on drafts."""
        if "draft" in item.flags:
            self._journal.leave(self.begin(), _DRAFTS_STAY)
        else:
            step = 1 if _INBOX in item.labels else 0
            self._journal.touch(self.begin(), [Touched(came, step, frozenset({_TRASH}))])

    def end(self) -> None:
        if self.change is not None:
            self._journal.want(self.change, 0)

    def _go_on(self, change: int) -> int:
        self.change = change
        self._journal.want(change, self._plan.before + len(self._plan.refs))
        return change
