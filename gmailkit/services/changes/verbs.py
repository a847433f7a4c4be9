"""What people call changes of labels: archive, trash, star and so on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gmailkit.errors import UsageError
from gmailkit.model.ids import LabelId
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.changes.plan import ChangePlan, check_narrow, plan_change
from gmailkit.services.changes.states import states
from gmailkit.services.changes.undo import after
from gmailkit.services.connect import Connection

INBOX, SPAM, TRASH = map(LabelId, ("INBOX", "SPAM", "TRASH"))
# Verb: labels to add, labels to remove.
VERBS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "archive": ((), ("INBOX",)),
    "trash": (("TRASH",), ()),
    "untrash": ((), ("TRASH",)),
    "read": ((), ("UNREAD",)),
    "unread": (("UNREAD",), ()),
    "star": (("STARRED",), ()),
    "unstar": ((), ("STARRED",)),
    "important": (("IMPORTANT",), ()),
    "unimportant": ((), ("IMPORTANT",)),
    "spam": (("SPAM",), ()),
    "unspam": (("INBOX",), ("SPAM",)),
}


def plan_verb(
    connection: Connection,
    verb: str,
    *,
    query: str | None = None,
    ids: Iterable[str] = (),
    threads: bool = False,
) -> ChangePlan:
    """What a verb would do; with `threads` to whole conversations. `untrash` and `unspam` are about
    what lies there. Raises as `plan_change`.

    `untrash` puts what gmailkit took out of the inbox when it moved it to Trash back there.
    """
    add, remove = VERBS[verb]
    within = {"untrash": TRASH, "unspam": SPAM}.get(verb)
    if within and query is not None:
        place = f"in:{within.casefold()}"
        query = f"{place} ({query})" if query.strip() else place
    plan = plan_change(
        connection,
        query=query,
        ids=ids,
        add=add,
        remove=remove,
        what=verb,
        threads=threads,
        within=within,
    )
    if verb != "untrash":
        return plan
    back = [id for id in plan.ids if _was_in_inbox(connection, id)]
    now = states(connection.client, back, {TRASH, SPAM})
    return replace(plan, back_to_inbox=frozenset(id for id in now if now[id] == {TRASH}))


def plan_move(
    connection: Connection,
    label: str,
    *,
    query: str | None = None,
    ids: Iterable[str] = (),
    create: bool = False,
    threads: bool = False,
) -> ChangePlan:
    """Out of the inbox, under a label."""
    return plan_change(
        connection,
        query=query,
        ids=ids,
        add=[label],
        remove=["INBOX"],
        create=create,
        what=f"move to {label}",
        threads=threads,
    )


def plan_sweep(connection: Connection, query: str, *, keep: int) -> ChangePlan:
    """All that a search finds to Trash, but the newest `keep`. Raises as `plan_change`.

    A search that has to be asked in parts is refused: its newest are not known.
    """
    if keep < 0:
        raise UsageError(f"{keep} messages cannot be kept.", hint="Keep 0 or more.")
    check_narrow(query)
    wanted = asked(connection.client, query)
    if len(wanted.texts) > 1:
        raise UsageError(
            "Of a search this long nobody knows which are the newest.",
            hint="Sweep with several shorter ones.",
        )
    found = [ref.id for ref in find_refs(connection.client, wanted)]
    plan = plan_change(connection, ids=found[keep:], add=["TRASH"], what="trash")
    return replace(plan, why=f"{query} but the newest {keep}")


def _was_in_inbox(connection: Connection, id: str) -> bool:
    """Whether the last change that moved it to Trash or out of there took it out of the inbox."""
    for change, touched in connection.journal.of_message(id):
        made = after(change, touched)
        if change.state == "done" and TRASH in made ^ touched.had:
            return TRASH in made and INBOX in touched.had
    return False
