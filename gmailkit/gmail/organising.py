"""Labels and the Trash."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.gmail.chosen import Chosen, choice, names
from gmailkit.gmail.connected import Connected
from gmailkit.model.label import Label
from gmailkit.query.builder import Q
from gmailkit.services import labels as label_service
from gmailkit.services.label import LabelChange, LabelPlan, apply_label, in_trash, plan_label


class Organising(Connected):
    """Needs gmail.modify."""

    def plan_label(
        self,
        messages: Chosen | None = None,
        *,
        ids: Iterable[str] | None = None,
        add: str | Iterable[str] = (),
        remove: str | Iterable[str] = (),
        create: bool = False,
    ) -> LabelPlan:
        """What `label` would do, with the ids frozen; nothing is changed."""
        query, chosen = choice(messages, ids)
        return plan_label(
            self._client,
            self._connection.cache,
            query=query,
            ids=chosen,
            add=names(add),
            remove=names(remove),
            create=create,
        )

    def apply(self, plan: LabelPlan) -> LabelChange:
        """Carry out a plan: exactly its ids, recorded in the journal before."""
        return apply_label(self._client, self._connection.journal, plan)

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

        Removing INBOX archives, removing UNREAD marks as read. `create` makes missing labels.

        >>> gmail.label("from:ci is:unread", add=["CI"], remove=["INBOX"], create=True)
        """
        plan = self.plan_label(messages, ids=ids, add=add, remove=remove, create=create)
        return self.apply(plan)

    def trash(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Move to Trash, where Gmail deletes after 30 days; how many. Needs gmail.modify."""
        return self.label(messages, ids=ids, add=["TRASH"]).count

    def untrash(self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None) -> int:
        """Take out of Trash; how many. A query is searched in Trash.

        INBOX does not come back by itself.
        """
        return self.apply(self.plan_untrash(messages, ids=ids)).count

    def plan_untrash(
        self, messages: Chosen | None = None, *, ids: Iterable[str] | None = None
    ) -> LabelPlan:
        """What `untrash` would do; nothing is changed."""
        within = in_trash(str(messages)) if isinstance(messages, str | Q) else messages
        return self.plan_label(within, ids=ids, remove=["TRASH"])

    def create_label(
        self, name: str, *, background: str | None = None, text: str | None = None
    ) -> Label:
        """Make a label, with a colour of Gmail's palette if given."""
        c = self._connection
        return label_service.create_label(
            c.client, c.journal, name, background=background, text=text
        )

    def rename_label(self, name: str, new: str) -> tuple[Label, ...]:
        """Rename a label and those nested under it."""
        c = self._connection
        return label_service.rename_label(c.client, c.journal, name, new)

    def delete_label(self, name: str) -> Label:
        """Delete a label; its messages stay."""
        c = self._connection
        return label_service.delete_label(c.client, c.journal, name)

    def color_label(self, name: str, *, background: str, text: str | None = None) -> Label:
        """Colour a label."""
        c = self._connection
        return label_service.color_label(
            c.client, c.journal, name, background=background, text=text
        )
