"""Which filters are a rule's own: it may replace those, and no others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gmailkit.errors import UsageError
from gmailkit.model.ids import LabelId
from gmailkit.record.ruled import RuleMarks
from gmailkit.services.connect import Connection
from gmailkit.services.rules.files import read_if_any


def owned(connection: Connection, path: Path) -> Mapping[str, str]:
    """The filters that the rules of a file made, and no other file, by the ids they bear today, and
    their rules.

    An undo makes a filter anew, under another id.
    """
    now = connection.journal.now
    marks = _marks(connection)
    others = {now(LabelId(id)) for id in marks.made_by_others(path)}
    made = {now(LabelId(id)): rule for id, rule in marks.made_by(path).items()}
    return {id: rule for id, rule in made.items() if id not in others}


def remember(
    connection: Connection, path: Path, made: Mapping[str, str], *, left: Iterable[str] = ()
) -> None:
    """These belong to these rules from now on, by their ids, and those that are `left` do not. What
    went is remembered too, since an undo may bring it back.
    """
    marks = _marks(connection)
    known = marks.made_by(path)
    others = frozenset(left)
    kept = {
        id: rule
        for id, rule in known.items()
        if not others or connection.journal.now(LabelId(id)) not in others
    }
    if (whole := {**kept, **made}) != known:
        marks.write(path, whole)


@dataclass(frozen=True, slots=True)
class NamingRule:
    """A rule of a file that names a `label`, by its name there."""

    path: Path
    rule: str
    label: str


def naming_rules(connection: Connection, labels: Iterable[str]) -> Iterator[NamingRule]:
    """The rules that name one of these labels, in the files whose rules were made filters here. A
    file that cannot be read is left out.
    """
    names = {label.casefold() for label in labels}
    for path in _marks(connection).files():
        try:
            rules = read_if_any(path).all
        except UsageError:
            continue
        for rule in rules:
            for label in (*rule.action.add, *rule.action.remove):
                if label.casefold() in names:
                    yield NamingRule(path, rule.name, label)


def _marks(connection: Connection) -> RuleMarks:
    return RuleMarks(lambda: connection.state_folder)
