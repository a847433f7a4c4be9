"""What became of the requests to lists, as far as is known now."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from gmailkit.record.departures import Departure
from gmailkit.services.connect import Connection


def departures(connection: Connection) -> Iterator[Departure]:
    """The last one to each list, newest first. Asks nobody."""
    for each in connection.departures.all():
        yield _now(connection, each)


def last_departure(connection: Connection, key: str) -> Departure | None:
    last = connection.departures.last(key)
    return _now(connection, last) if last else None


def _now(connection: Connection, departure: Departure) -> Departure:
    """A mail that waited may have left since, or was found to have left."""
    if not departure.key or departure.state in ("asked", "refused"):
        return departure
    entry = connection.sends.find(departure.key)
    if entry is None or entry.state not in ("sent", "failed", "cancelled"):
        return departure
    if entry.state == "sent":
        left = replace(departure, time=entry.updated)
        return connection.departures.end(left, "asked")
    return connection.departures.end(departure, "refused", entry.error or "It did not leave.")
