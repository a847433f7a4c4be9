"""What policy.toml says about a message before it leaves."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.model.outgoing import Outgoing
from gmailkit.services.connect import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`park`: it may leave once somebody has approved it; `rule` says by which rule, and where."""

    park: bool = False
    rule: str = ""


def judge(connection: Connection, message: Outgoing) -> Verdict:
    """Raises Refused that names the rule and its place when the message may not leave."""
    return Verdict()
