"""Making Gmail's filters what the rules of a file say, as one change of the journal."""

from __future__ import annotations

from gmailkit.errors import Conflict, UsageError
from gmailkit.record.journal import Call, Change
from gmailkit.services.changes.make import make_calls
from gmailkit.services.connect import Connection
from gmailkit.services.labels.definitions import with_labels
from gmailkit.services.rules.own import remember
from gmailkit.services.rules.plan import CREATE, DELETE, RulesPlan, id_of, listed


def apply_rules(connection: Connection, plan: RulesPlan) -> Change | None:
    """Make just what was planned; None where nothing was to be made.

    New filters come before old ones go, while there is room for both. One that is cut short is
    finished by `journal recover`. Raises UsageError for what the plan refuses, Conflict when
    somebody changed the filters meanwhile: then nothing was changed.
    """
    if plan.refused:
        first = plan.refused[0]
        rule = f'Rule "{first.rule}": ' if first.rule else ""
        raise UsageError(
            f"{rule}{first.text.rstrip('.')}. Nothing was changed.",
            hint=f"All there is to say: gmailkit rules plan --file {plan.path}",
        )
    if plan.idle:
        _remember(connection, plan, None)
        return None
    for method in ((CREATE,) if plan.create else ()) + ((DELETE,) if plan.delete else ()):
        connection.check_allowed(method)
    _check_unchanged(connection, plan)
    change = make_calls(
        connection.client,
        connection.journal,
        f"rules apply {plan.path.name}",
        _calls(connection, plan),
    )
    _remember(connection, plan, change)
    return change


def _check_unchanged(connection: Connection, plan: RulesPlan) -> None:
    seen = {each.id for each in (*plan.keep, *plan.left, *plan.delete)}
    if {str(each["id"]) for each in listed(connection)} != seen:
        raise Conflict(
            "The filters were changed meanwhile, elsewhere; nothing was changed here.",
            hint="Run the same command again and look at what it shows.",
        )


def _calls(connection: Connection, plan: RulesPlan) -> list[Call]:
    names, making = with_labels(connection.client, plan.labels, allowed=connection.check_allowed)
    former = {each.id: each.filter for each in plan.delete}
    calls = [*making]
    for step in plan.order.steps:
        if isinstance(step, int):
            body = plan.create[step].body(lambda name: id_of(names, name))
            calls.append(Call(method=CREATE, body=body))
        else:
            calls.append(Call(method=DELETE, params={"id": step}, former=former[step]))
    return calls


def _remember(connection: Connection, plan: RulesPlan, change: Change | None) -> None:
    """Which filters are the rules' own from now on: what was made, and what was there as it should
    be.
    """
    made = {each.id: each.rule for each in plan.keep}
    rules = iter(plan.create[step].rule for step in plan.order.steps if isinstance(step, int))
    for call in change.calls if change else ():
        if call.method == CREATE:
            made[str(call.answer["id"])] = next(rules)
    remember(connection, plan.path, made, left=[each.id for each in plan.left])
