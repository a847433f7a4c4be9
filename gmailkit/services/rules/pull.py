"""Filters that no rule makes, written into the file of rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gmailkit.model.ids import LabelId
from gmailkit.rules.write import write_rules
from gmailkit.services.connect import Connection
from gmailkit.services.rules.files import append, read_if_any
from gmailkit.services.rules.own import remember
from gmailkit.services.rules.plan import plan_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """`names` of the rules that were written; `known` filters had a rule already."""

    path: Path
    names: tuple[str, ...]
    known: int


def pull_rules(connection: Connection, path: Path) -> Pulled:
    """Write a rule for each filter that the file does not know, at its end; 2 units.

    What stands in the file stays as it is, comments and all. Each filter is that rule's own from
    then on. Raises UsageError for a file that is none of rules, CannotWrite.
    """
    plan = plan_of(connection, path, read_if_any(path))
    known = len(plan.keep) + len(plan.delete)
    if not plan.left:
        return Pulled(path=path, names=(), known=known)
    system = {id for id, name in plan.names.items() if id == name or id.startswith("CATEGORY_")}

    def name_of(id: str) -> str | None:
        return plan.names.get(LabelId(id)) if id not in system else None

    taken = [rule.name for rule in plan.rules.all]
    filters = [each.filter for each in plan.left]
    text, names = write_rules(filters, name_of=name_of, taken=taken)
    append(path, text)
    made = {each.id: each.rule for each in plan.keep}
    made |= {each.id: name for each, name in zip(plan.left, names, strict=True)}
    remember(connection, path, made)
    return Pulled(path=path, names=names, known=known)
