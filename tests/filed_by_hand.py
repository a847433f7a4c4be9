"""A small mailbox of somebody who files some mail by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from gmailkit.sandbox import Sandbox
from mailroom import ME

SHOP, CI, PAL = "billing@shop.example", "ci@build.example", "pal@friends.example"
TODAY = datetime.now(UTC)


def file_by_hand(sandbox: Sandbox) -> Sandbox:
    """Bills and a list that are filed, builds too, a pal who is archived: 61 messages received."""
    for number in range(12):
        day = 10 + number * 7
        put(sandbox, f"Shop <{SHOP}>", day, ("Bills",) if number != 3 else ("INBOX",))
        listed = "List-Id: Garden club <garden.lists.example>\r\n"
        put(sandbox, f"g{number}@grow.example", day, ("Club", "INBOX"), more=listed)
        put(sandbox, CI, day, ("Builds",), subject="Build done")
        put(sandbox, PAL, day, ("UNREAD",), subject="Hello")
        put(sandbox, f"x{number}@else.example", day, ("INBOX",), subject="This")
    put(sandbox, f"Shop <{SHOP}>", 1, ("INBOX", "UNREAD"), subject="Still waiting")
    raw = f"From: {ME}\r\nTo: {PAL}\r\nSubject: Lunch\r\n\r\nHi\r\n".encode()
    sandbox.mail.put(ME, raw, labels=("SENT",), date=TODAY - timedelta(days=400))
    return sandbox


def put(
    sandbox: Sandbox,
    sender: str,
    days: float,
    labels: Iterable[str],
    *,
    subject: str = "Your order",
    more: str = "",
) -> str:
    raw = f"From: {sender}\r\nTo: {ME}\r\nSubject: {subject}\r\n{more}\r\nHi\r\n".encode()
    return sandbox.mail.put(ME, raw, labels=tuple(labels), date=TODAY - timedelta(days=days))
