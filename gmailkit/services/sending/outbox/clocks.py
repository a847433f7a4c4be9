"""Our clock and Gmail's. Ours says what is due, and Gmail's answers tell for nothing whether it is
ahead: then a time that somebody named has not come yet. So long from now is so long by ours.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gmailkit.record.ledger import Entry
from gmailkit.services.connect import Connection
from gmailkit.wire.ahead import Ahead
from gmailkit.zones import instant

LEAST = timedelta(minutes=1)  # what a Date header, a slow answer and a usual clock can differ by


def said_of(ahead: Ahead) -> str:
    """A sentence about a clock that is wrong, "" for one that agrees or is compared with none."""
    off = timedelta(seconds=ahead.seconds or 0)
    if abs(off) <= LEAST:
        return ""
    way = "ahead of" if off > timedelta() else "behind"
    what = f"The clock of this machine is {_long(abs(off))} {way} Gmail's"
    return f"{what}: set it (gmailkit doctor compares them)."


def too_early(connection: Connection, entry: Entry) -> str:
    """Why what is due by our clock waits on, by the last answer of Gmail; "" where it does not."""
    if not entry.timed or entry.due is None or instant(entry.due) <= gmails_now(connection):
        return ""
    return said_of(connection.ahead)


def gmails_now(connection: Connection) -> datetime:
    """By its last answer; ours where it does not run ahead by more than a clock may."""
    now, off = connection.sends.now(), timedelta(seconds=connection.ahead.seconds or 0)
    return now - off if off > LEAST else now


def _long(off: timedelta) -> str:
    minutes = round(off.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"
