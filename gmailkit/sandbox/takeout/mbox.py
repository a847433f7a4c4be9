"""One message as it stands in an archive's mbox."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from gmailkit.sandbox.state.messages import Stored

_FROM = re.compile(rb"(?m)^From ")
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def record(stored: Stored, raw: bytes, labels: bytes) -> bytes:
    """The "From " line with the message's number, the two inserted fields, the message, a blank
    line. `labels` is the field X-Gmail-Labels.

    Open: whether a line ">From " is quoted once more. It is not here. Nor is it known where line
    ends are LF: all that is inserted ends with CRLF here, the message as it is stored.
    """
    date = datetime.fromtimestamp(stored.date_ms // 1000, UTC)
    day, month = _DAYS[date.weekday()], _MONTHS[date.month - 1]
    stamp = f"{day} {month} {date:%d %H:%M:%S} +0000 {date.year}"
    head = f"From {int(stored.id, 16)}@xxx {stamp}\r\nX-GM-THRID: {int(stored.thread, 16)}\r\n"
    quoted = _FROM.sub(b">From ", raw)
    end = b"\r\n" if quoted.endswith(b"\n") else b"\r\n\r\n"
    return head.encode() + labels + quoted + end
