"""What every hit of a search has in common and an index of SQLite knows: so few messages are read
for a Message-ID or a moment, however large the mailbox is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gmailkit.query.context import Context
    from gmailkit.query.tree import Node


@dataclass(frozen=True, slots=True)
class Bounds:
    """Received from `since` to `until`, in epoch seconds, both included; of that `message_id`,
    without angle brackets, unless it is "".
    """

    since: float = -inf
    until: float = inf
    message_id: str = ""

    def condition(self) -> tuple[str, list[object]]:
        """SQL over the table `messages`, and its values."""
        parts, values = list[str](), list[object]()
        if self.message_id:
            parts.append("message_id IN (?, ?)")
            values += (f"<{self.message_id}>", self.message_id)
        if self.since > -inf:
            parts.append("date_ms >= ?")
            values.append(self.since * 1000 - 1)
        if self.until < inf:
            parts.append("date_ms <= ?")
            values.append(self.until * 1000 + 1)
        return " AND ".join(parts), values


EVERYTHING = Bounds()


def bounds(node: Node, context: Context) -> Bounds:
    """Within which all that `node` finds lies; more may lie there."""
    from gmailkit.query import tree
    from gmailkit.query.instants import SECONDS, instant

    match node:
        case tree.And(nodes):
            found = EVERYTHING
            for child in nodes:
                found = _both(found, bounds(child, context))
            return found
        case tree.MessageIdIs(id):
            return Bounds(message_id=id)
        case tree.After(at):
            return Bounds(since=instant(at, context.zone))
        case tree.Before(at):
            return Bounds(until=instant(at, context.zone))
        case tree.NewerThan(count, unit):
            return Bounds(since=context.now - count * SECONDS[unit])
        case tree.OlderThan(count, unit):
            return Bounds(until=context.now - count * SECONDS[unit])
        case _:
            return EVERYTHING


def _both(one: Bounds, other: Bounds) -> Bounds:
    return replace(
        one,
        since=max(one.since, other.since),
        until=min(one.until, other.until),
        message_id=one.message_id or other.message_id,
    )
