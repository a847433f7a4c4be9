"""The draft of what waits, put anew by us: as with a change in Gmail, it leaves as it is then.

Other than there the rules are asked at once, and what somebody has approved is so no more.
"""

from __future__ import annotations

from collections.abc import Callable

from gmailkit.errors import Conflict, to_type
from gmailkit.model.draft import Draft
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import UNFINISHED, Entry, Stage
from gmailkit.services.connect import Connection
from gmailkit.services.sending.guard.gate import judge
from gmailkit.services.sending.outbox.keeping import WAITING, waiting
from gmailkit.services.sending.outbox.standing import said_by
from gmailkit.services.sending.ways.outcome import over


def with_draft(connection: Connection, draft_id: str) -> Entry | None:
    """The line that waits with this draft, or on whose way out it is. Asks Gmail nothing."""
    found = (each for each in waiting(connection) if each.draft_id == draft_id)
    return next(found, None)


def check_editable(connection: Connection, draft_id: str) -> Entry | None:
    """The line that waits with this draft; Conflict when it is being sent."""
    entry = with_draft(connection, draft_id)
    if entry and entry.state in UNFINISHED:
        raise _on_its_way(entry)
    return entry


def edit(
    connection: Connection, entry: Entry, message: Outgoing, update: Callable[[], Draft]
) -> Draft:
    """`update` puts the `message` into the draft of a line; nobody sends it meanwhile.

    Raises Refused when policy.toml forbids the message, and Conflict when it waits no more; then
    nothing is changed. What is parked stays so, until somebody approves it as it is now.
    """
    with connection.sends.alone(entry.key):
        now = connection.sends.find(entry.key) or entry
        if now.state not in WAITING:
            raise _on_its_way(now) if now.state in UNFINISHED else over(now)
        verdict = judge(connection, message, now=False)
        draft = update()
        state: Stage = "parked" if verdict.park or now.state == "parked" else "held"
        fields = said_by(message.raw) | {"approved": "", "error": verdict.rule or now.error}
        connection.sends.change(entry.key, state=state, aim=state, **fields)
        return draft


def _on_its_way(entry: Entry) -> Conflict:
    return Conflict(
        f"The draft {entry.draft_id} is being sent; it was not changed.",
        hint=to_type("sent", "--finish"),
    )
