"""Labels made by a restore, where Gmail may refuse a name of which nobody knew.

It keeps names for itself in the language of the account ("Enviado", "Da leggere"), and no list says
which (facts collected from Gmail's answers). So a name is tried, and another one taken for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from gmailkit.client.client import Client
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call, Journal
from gmailkit.services.changes.make import make_calls
from gmailkit.services.connect import Connection
from gmailkit.services.copying.into_gmail.naming import other_name
from gmailkit.services.copying.into_gmail.plan import IntoGmail
from gmailkit.services.labels import LabelNames
from gmailkit.services.labels.definitions import with_labels


@dataclass(frozen=True, slots=True)
class Made:
    """The labels there are then, what those are called that Gmail refused, and the number of the
    journal, None where none was to be made.
    """

    names: LabelNames
    renamed: Mapping[str, str]
    number: int | None = None


def make_labels(client: Client, journal: Journal, what: str, calls: Iterable[Call]) -> Made:
    """Make labels by `labels.create`, as one change; one that Gmail refuses by its name gets
    another. Raises UsageError where that is refused as well.
    """
    renamed: dict[str, str] = {}

    def otherwise(call: Call) -> Call:
        name = str(call.body["name"])
        renamed[name] = other_name(name)
        return msgspec.structs.replace(call, body={**call.body, "name": renamed[name]})

    calls = tuple(calls)
    made = make_calls(client, journal, what, calls, otherwise=otherwise) if calls else None
    return Made(LabelNames.of(client), renamed, made.number if made else None)


class LabelsOfPlan:
    """Those of a plan. Where some are missing they are made when the first message is about to be
    added (`make`), so that who adds nothing changes nothing; as a change of its own, since the mail
    comes in several runs, and what an undo moves to Trash bears them still.
    """

    def __init__(self, connection: Connection, plan: IntoGmail) -> None:
        """Raises Refused where they may not be made."""
        self._connection = connection
        self._plan = plan
        allowed = connection.check_allowed
        names, self._calls = with_labels(connection.client, plan.labels, allowed=allowed)
        self._take(Made(names, {}))

    @property
    def mark(self) -> LabelId | None:
        """The id of what all bears that is added; None where there is none, or not yet."""
        return self.ids.get(self._plan.mark.casefold()) if self._plan.mark else None

    def make(self) -> int | None:
        """What is missing; the number in the journal, None where all are there."""
        if not self._calls:
            return None
        calls, self._calls = self._calls, ()
        what = f"create {'label' if len(calls) == 1 else 'labels'} "
        what += ", ".join(str(call.body["name"]) for call in calls)
        made = make_labels(self._connection.client, self._connection.journal, what, calls)
        self._take(made)
        return made.number

    def _take(self, made: Made) -> None:
        """`ids` are by names, case-folded, those that are called otherwise here included."""
        self.renamed = made.renamed
        stand_in = {call.stands_in for call in self._calls}
        own = [label for label in made.names.labels if label.type != "system"]
        self.ids = {each.name.casefold(): each.id for each in own if each.id not in stand_in}
        for old, new in {**self._plan.renamed, **made.renamed}.items():
            if found := self.ids.get(new.casefold()):
                self.ids[old.casefold()] = found
