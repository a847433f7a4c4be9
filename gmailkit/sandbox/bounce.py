"""The mail that tells a sender that nobody lives at an address (RFC 3464)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from gmailkit.sandbox import outgoing
from gmailkit.sandbox.headers import Message

_BOUNDARY = "000000000000sandboxreport"
_LINES = """\
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: {sender}
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: {message_id}
In-Reply-To: {message_id}
X-Failed-Recipients: {failed}
Message-ID: {own_id}
Date: {date}
MIME-Version: 1.0
Content-Type: multipart/report; boundary="{boundary}"; report-type=delivery-status

--{boundary}
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to {failed} because the address couldn't be found, or is unable to
receive mail.

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: {date}

{statuses}
--{boundary}
Content-Type: text/rfc822-headers

Subject: {subject}
Message-ID: {message_id}

--{boundary}--
"""
_STATUS = """\
Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 The email account that you tried to reach does not exist.
"""


def report(message: Message, sender: str, failed: Sequence[str], *, now: float) -> bytes:
    """The notification about `message`, which `sender` sent, with CRLF line ends."""
    text = _LINES.format(
        sender=sender,
        message_id=message.value("message-id"),
        own_id=outgoing.new_message_id(),
        failed=", ".join(failed),
        date=format_datetime(datetime.fromtimestamp(now, UTC)),
        boundary=_BOUNDARY,
        statuses="\n".join(_STATUS.format(address=address) for address in failed),
        subject=message.value("subject"),
    )
    return text.replace("\n", "\r\n").encode()
