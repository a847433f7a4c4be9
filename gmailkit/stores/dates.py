"""When a message was received, as stores know it and as a file keeps it."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from gmailkit.mime.parse import parse_headers
from gmailkit.model.item import Item
from gmailkit.model.shape import to_millis
from gmailkit.stores.reading import date_of

HEADER = 256 << 10  # bytes; no header that says anything is longer


def dated(item: Item) -> datetime | None:
    """Where no store has said, what the message itself says."""
    return item.received or parse_headers(item.content.part(0, HEADER)).date


def file_date(item: Item) -> int | None:
    """The same, in milliseconds since 1970."""
    moment = dated(item)
    return None if moment is None else to_millis(moment)


def received(status: os.stat_result) -> datetime | None:
    """None for a date that no calendar has."""
    try:
        return datetime.fromtimestamp(date_of(status) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
