"""The mail that asks whoever reads an address to agree to its use."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from gmailkit.sandbox import arrival, headers, outgoing
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

_LINES = """\
From: Gmail Team <{sender}>
To: {to}
Auto-Submitted: auto-generated
Subject: Gmail Confirmation - {purpose} {owner}
Message-ID: {id}
Date: {date}
MIME-Version: 1.0
Content-Type: text/plain; charset="UTF-8"

{owner} has asked to use your address {to}: {purpose} {owner}.

If you do not want this, there is nothing to do. In the sandbox, agree by
sandbox.mail.confirm("{owner}", "{to}").
"""


def ask(state: State, user: User, email: str, purpose: str) -> None:
    """Goes to whoever receives at `email` in the sandbox; else nowhere."""
    receiver = state.users.receiving(email)
    if receiver is None:
        return
    sender = "mail-noreply@google.com"
    text = _LINES.format(
        sender=sender,
        to=email,
        owner=user.address,
        purpose=purpose,
        id=outgoing.new_message_id(),
        date=format_datetime(datetime.fromtimestamp(state.clock.now(), UTC)),
    )
    message = headers.read(text.replace("\n", "\r\n").encode())
    arrival.arrive(state, receiver, message, to=email, sender=sender)
