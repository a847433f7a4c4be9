"""`users.labels` of the Gmail API."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.errors import NotFound
from gmailkit.model.ids import LabelId
from gmailkit.model.label import (
    Label,
    LabelColor,
    LabelListVisibility,
    LabelsPage,
    MessageListVisibility,
)
from gmailkit.wire.batch import Call
from gmailkit.wire.call import Wire


class Labels:
    """A label is its id: names change. Last line of each method: its price, least scope."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> tuple[Label, ...]:
        """All labels, system ones first, without counts.

        1 unit; gmail.labels.
        """
        return self._wire.call("labels.list", LabelsPage).labels

    def get(self, id: LabelId) -> Label:
        """One label with its counts, which lag and are approximate.

        1 unit; gmail.labels.
        """
        return self._wire.call("labels.get", Label, id=id)

    def get_many(self, ids: Iterable[LabelId]) -> tuple[Label, ...]:
        """The labels with their counts, fifty in a request; those that are gone are left out.

        1 unit each; gmail.labels.
        """
        calls = [Call("labels.get", Label, {"id": id}) for id in ids]
        labels = []
        for found in self._wire.batch(calls):
            if isinstance(found, Label):
                labels.append(found)
            elif not isinstance(found.error, NotFound):
                raise found.error
        return tuple(labels)

    def create(
        self,
        name: str,
        *,
        color: LabelColor | None = None,
        message_list_visibility: MessageListVisibility | None = None,
        label_list_visibility: LabelListVisibility | None = None,
    ) -> Label:
        """A new label; "A/B" nests under "A". 10,000 at most.

        Conflict when the name exists (in any case), UsageError when Gmail reserves it.
        5 units; gmail.labels.
        """
        body = Label(
            name=name,
            color=color,
            message_list_visibility=message_list_visibility,
            label_list_visibility=label_list_visibility,
        )
        return self._wire.call("labels.create", Label, body=body)

    def patch(
        self,
        id: LabelId,
        *,
        name: str | None = None,
        color: LabelColor | None = None,
        message_list_visibility: MessageListVisibility | None = None,
        label_list_visibility: LabelListVisibility | None = None,
    ) -> Label:
        """Change what is given, leave the rest. Children of a renamed label keep their names.

        5 units; gmail.labels.
        """
        changes = {
            "name": name,
            "color": color,
            "messageListVisibility": message_list_visibility,
            "labelListVisibility": label_list_visibility,
        }
        body = {field: value for field, value in changes.items() if value is not None}
        return self._wire.call("labels.patch", Label, id=id, body=body)

    def update(self, label: Label) -> Label:
        """Replace the whole label `label.id`; one without colour loses its colour.

        5 units; gmail.labels.
        """
        return self._wire.call("labels.update", Label, id=label.id, body=label)

    def delete(self, id: LabelId) -> None:
        """Delete the label for good and take it off all mail; the messages stay.

        A label of the same name made later is another one, on no message.
        5 units; gmail.labels.
        """
        self._wire.do("labels.delete", id=id)
