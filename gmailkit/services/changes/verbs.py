"""What people call changes of labels: archive, trash, star and so on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from gmailkit.errors import UsageError
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.changes.plan import ChangePlan, check_narrow, plan_change
from gmailkit.services.changes.standing import after
from gmailkit.services.changes.states import INBOX, SPAM, TRASH, states
from gmailkit.services.connect import Connection

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
    back = _were_in_inbox(connection, plan.ids)
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


def _were_in_inbox(connection: Connection, ids: Collection[str]) -> list[str]:
    """Those that the last change which moved them to or from Trash took out of the inbox."""
    moved: dict[str, bool] = {}
    for change, touched in connection.journal.of_messages(ids):
        made = after(change, touched)
        if change.state == "done" and TRASH in made ^ touched.had:
            moved.setdefault(touched.id, TRASH in made and INBOX in touched.had)
    return [id for id, from_inbox in moved.items() if from_inbox]
