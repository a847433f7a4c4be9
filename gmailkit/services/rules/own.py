"""Which filters are a rule's own: it may replace those, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gmailkit.model.ids import LabelId
from gmailkit.record.ruled import RuleMarks
from gmailkit.services.connect import Connection


def owned(connection: Connection, path: Path) -> Mapping[str, str]:
    """The filters that the rules of a file made, by the ids they bear today, and their rules.

    An undo makes a filter anew, under another id.
    """
    made = _marks(connection).made_by(path)
    return {connection.journal.now(LabelId(id)): rule for id, rule in made.items()}


def remember(connection: Connection, path: Path, made: Mapping[str, str]) -> None:
    """These belong to these rules from now on, by their ids. What went is remembered too, since an
    undo may bring it back.
    """
    marks = _marks(connection)
    known = marks.made_by(path)
    if (whole := {**known, **made}) != known:
        marks.write(path, whole)


def _marks(connection: Connection) -> RuleMarks:
    return RuleMarks(lambda: connection.state_folder)
