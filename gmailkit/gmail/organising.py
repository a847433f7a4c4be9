"""Labels of messages, the Trash, and what was changed taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.chosen import Chosen, choice, names
from gmailkit.gmail.connected import Connected
from gmailkit.services import changes

if TYPE_CHECKING:
    from gmailkit.backup.crypt.given import Identity
    from gmailkit.query.builder import Q
    from gmailkit.record.journal import Change, State, Touched
    from gmailkit.services.changes.deleting import Deletion, DeletionPlan
    from gmailkit.services.changes.offloading import Offloaded, OffloadPlan
    from gmailkit.services.changes.plan import ChangePlan, LabelChange
    from gmailkit.services.changes.recovering import Recovery
    from gmailkit.services.changes.taking_back import UndoPlan
    from gmailkit.services.changes.trashed import TrashReport

OnProgress = Callable[[int, int], None]


def _quiet(done: int, total: int) -> None:
    """Nobody is told."""


class Organising(Connected):
    """Needs gmail.modify. Every change is written in the journal before it is made."""

    def plan_label(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        add: str | Iterable[str] = (),
        remove: str | Iterable[str] = (),
        create: bool = False,
        threads: bool = False,
    ) -> ChangePlan:
        """What `label` would do, with the ids frozen; nothing is changed.

        With `threads` the whole conversations of those messages change, and `ids` may be those of
        conversations; here as in the other plans. `apply` carries it out.
        """
        query, chosen = choice(messages, ids)
        return changes.plan.plan_change(
            self._connection,
            query=query,
            ids=chosen,
            add=names(add),
            remove=names(remove),
            create=create,
            threads=threads,
        )

    def plan_verb(
        self,
        verb: str,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        threads: bool = False,
    ) -> ChangePlan:
        """What `archive`, `trash` and so on would do; nothing is changed."""
        query, chosen = choice(messages, ids)
        return changes.verbs.plan_verb(
            self._connection, verb, query=query, ids=chosen, threads=threads
        )

    def plan_move(
        self,
        label: str,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        create: bool = False,
        threads: bool = False,
    ) -> ChangePlan:
        """What `move` would do; nothing is changed."""
        query, chosen = choice(messages, ids)
        return changes.verbs.plan_move(
            self._connection, label, query=query, ids=chosen, create=create, threads=threads
        )

    def plan_sweep(self, query: str | Q, *, keep: int) -> ChangePlan:
        """What `sweep` would do; nothing is changed."""
        return changes.verbs.plan_sweep(self._connection, str(query), keep=keep)

    def apply(self, plan: ChangePlan, *, on_progress: OnProgress = _quiet) -> LabelChange:
        """Carry out a plan: its ids that are not so yet change, recorded in the journal before."""
        return changes.plan.apply_change(self._connection, plan, on_progress=on_progress)

    def label(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        add: str | Iterable[str] = (),
        remove: str | Iterable[str] = (),
        create: bool = False,
    ) -> LabelChange:
        """Add and remove labels, by name, on all messages of a query, or on those given.

        `create` makes missing labels. What is so already is neither changed nor counted; here as in
        all verbs.

        >>> gmail.label("from:ci is:unread", add=["CI"], remove=["INBOX"], create=True)
        """
        plan = self.plan_label(messages, ids=ids, add=add, remove=remove, create=create)
        return self.apply(plan)

    def archive(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Out of the inbox; how many."""
        return self.apply(self.plan_verb("archive", messages, ids=ids)).count

    def trash(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Move to Trash, where Gmail deletes after 30 days; how many."""
        return self.apply(self.plan_verb("trash", messages, ids=ids)).count

    def untrash(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Take out of Trash; how many. A query is searched in Trash.

        What gmailkit itself took out of the inbox with `trash` is put back there.
        """
        return self.apply(self.plan_verb("untrash", messages, ids=ids)).count

    def mark_read(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Mark as read; how many."""
        return self.apply(self.plan_verb("read", messages, ids=ids)).count

    def mark_unread(
        self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None
    ) -> int:
        """Mark as unread; how many."""
        return self.apply(self.plan_verb("unread", messages, ids=ids)).count

    def star(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Star; how many. `label(..., remove="STARRED")` takes the star off."""
        return self.apply(self.plan_verb("star", messages, ids=ids)).count

    def mark_important(
        self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None
    ) -> int:
        """Mark as important, which Gmail learns from; how many."""
        return self.apply(self.plan_verb("important", messages, ids=ids)).count

    def mark_spam(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Move to Spam, which Gmail learns from; how many."""
        return self.apply(self.plan_verb("spam", messages, ids=ids)).count

    def move(
        self,
        label: str,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        create: bool = False,
    ) -> int:
        """Out of the inbox, under a label; how many."""
        return self.apply(self.plan_move(label, messages, ids=ids, create=create)).count

    def sweep(self, query: str | Q, *, keep: int) -> int:
        """Move all but the newest `keep` that match to Trash; how many."""
        return self.apply(self.plan_sweep(query, keep=keep)).count

    def plan_delete(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        backup: Path | str | None,
        threads: bool = False,
        identity: Identity = None,
    ) -> DeletionPlan:
        """What `delete_forever` would delete; nothing is. A query is searched in Trash, and other
        messages have to lie there.

        Each has to be safe in the folder `backup`; None waives that. With `threads` all in Trash
        that is of the same conversations. Needs mail.google.com.
        """
        query, chosen = choice(messages, ids)
        folder = None if backup is None else Path(backup)
        return changes.deleting.plan_delete(
            self._connection,
            query=query,
            ids=chosen,
            backup=folder,
            threads=threads,
            identity=identity,
        )

    def delete_forever(self, plan: DeletionPlan, *, on_progress: OnProgress = _quiet) -> Deletion:
        """DELETE FOR GOOD what was planned; nobody can bring it back, `undo` neither.

        With a backup each message is read there and from Gmail and compared before; where one is
        not safe nothing is deleted, and PartialError names it.
        """
        return changes.deleting.delete_forever(self._connection, plan, on_progress=on_progress)

    def plan_offload(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        threads: bool = False,
        backup: Path | str,
        identity: Identity = None,
    ) -> OffloadPlan:
        """What `offload` would do; nothing is changed. Only messages that are in the folder
        `backup` are part of it.
        """
        query, chosen = choice(messages, ids)
        return changes.offloading.plan_offload(
            self._connection,
            query=query,
            ids=chosen,
            threads=threads,
            backup=Path(backup),
            identity=identity,
        )

    def offload(self, plan: OffloadPlan, *, on_progress: OnProgress = _quiet) -> Offloaded:
        """Move to Trash what was planned and is read back whole out of the backup; never deletes.

        Each message is read there first. PartialError names those that stay.
        """
        return changes.offloading.offload(self._connection, plan, on_progress=on_progress)

    def trash_report(self) -> TrashReport:
        """What lies in Trash, and when Gmail deletes it, as far as the journal knows."""
        return changes.trashed.trash_report(self._connection)

    def changes(
        self, *, states: Iterable[State] = (), limit: int | None = None
    ) -> Iterator[Change]:
        """What gmailkit changed in this mailbox from this machine, newest first. Asks nobody.

        "begun" are those that were cut short: `recover` finishes them.
        """
        return self._connection.journal.changes(states=states, limit=limit)

    def change(self, number: int) -> Change:
        """One of them; NotFound when there is none."""
        return self._connection.journal.find(number)

    def touched(self, change: Change) -> Iterator[Touched]:
        """The messages of a change, each with what it bore before of the labels that it is about.

        Asks nobody.
        """
        return self._connection.journal.touched(change)

    def plan_undo(self, number: int | None = None) -> UndoPlan:
        """What `undo` would do; nothing is changed. Without a number: the last that can be undone.

        Raises Conflict for one that is undone, cut short, or for good.
        """
        c = self._connection
        return changes.undo.plan_undo(c.client, c.journal, number, allowed=c.check_allowed)

    def undo(self, number: int | None = None, *, on_progress: OnProgress = _quiet) -> UndoPlan:
        """Take a change back; what was done. What somebody changed since is left alone.

        The undo is a change too, and can be undone. Where nothing is left to take back (`empty`),
        nothing is recorded.
        """
        c = self._connection
        return changes.undo.undo(
            c.client, c.journal, number, allowed=c.check_allowed, on_progress=on_progress
        )[1]

    def recover(self, number: int, *, roll_back: bool = False) -> Recovery:
        """Finish a change that was cut short, or take back what was made of it; with what nobody
        can tell of it.
        """
        c = self._connection
        return changes.recovering.recover(
            c.client, c.journal, number, roll_back=roll_back, allowed=c.check_allowed
        )
