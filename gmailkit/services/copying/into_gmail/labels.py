"""Labels made by a restore, where Gmail may refuse a name of which nobody knew.

It keeps names for itself in the language of the account ("Enviado", "Da leggere"), and no list says
which (facts collected from Gmail's answers). So a name is tried, and another one taken for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from gmailkit.client.client import Client
from gmailkit.record.journal import Call, Journal
from gmailkit.services.changes.make import make_calls
from gmailkit.services.copying.into_gmail.naming import other_name
from gmailkit.services.labels import LabelNames


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
