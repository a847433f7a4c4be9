"""`users.labels` of the Gmail API."""

from __future__ import annotations

from gmailkit.model.ids import LabelId
from gmailkit.model.label import Label, LabelColor, LabelList
from gmailkit.wire.call import Wire


class Labels:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> tuple[Label, ...]:
        """All labels, system ones first, without counts. 1 unit."""
        return self._wire.call("labels.list", LabelList).labels

    def get(self, id: LabelId) -> Label:
        """One label with its counts. 1 unit."""
        return self._wire.call("labels.get", Label, id=id)

    def create(self, name: str, *, color: LabelColor | None = None) -> Label:
        """Conflict when the name exists (in any case); "A/B" nests under "A". 5 units."""
        return self._wire.call("labels.create", Label, body=Label(name=name, color=color))

    def patch(
        self, id: LabelId, *, name: str | None = None, color: LabelColor | None = None
    ) -> Label:
        """Change what is given, leave the rest. Children of a renamed label keep their names."""
        body: dict[str, object] = {}
        if name is not None:
            body["name"] = name
        if color is not None:
            body["color"] = {
                "textColor": color.text_color,
                "backgroundColor": color.background_color,
            }
        return self._wire.call("labels.patch", Label, id=id, body=body)

    def update(self, label: Label) -> Label:
        """Replace the whole label; one without colour loses its colour. 5 units."""
        return self._wire.call("labels.update", Label, id=label.id, body=label)

    def delete(self, id: LabelId) -> None:
        """Delete the label; its messages stay. 5 units."""
        self._wire.do("labels.delete", id=id)
