"""When things happened, counted back from a given moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gmailkit.errors import UsageError

_MONTHS = (
    "January February March April May June July August September October November December"
).split()


def month_text(moment: datetime) -> str:
    """ "March 2026", whatever the machine's language is."""
    return f"{_MONTHS[moment.month - 1]} {moment.year}"


def day_text(moment: datetime) -> str:
    """ "7 March 2026"."""
    return f"{moment.day} {month_text(moment)}"


class Days:
    """A calendar that knows what was "212 days ago at 09:14".

    Moments are aware and in UTC. Those of earlier days depend on the date of `now` alone.
    """

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise UsageError(
                "The sample mailbox needs a time that knows its zone.",
                hint="Pass for instance datetime.now(UTC).",
            )
        self._now = now.astimezone(UTC).replace(second=0, microsecond=0)
        self._midnight = self._now.replace(hour=0, minute=0)

    def ago(self, days: int, time: str = "09:00") -> datetime:
        """`time` ("HH:MM") on the day that lies `days` (1 is yesterday) before today."""
        hour, minute = (int(part) for part in time.split(":"))
        # People do not press "send" on the full minute: a fixed but uneven second.
        second = (days * 37 + hour * 11 + minute * 7) % 60
        return (
            self._midnight
            - timedelta(days=days)
            + timedelta(hours=hour, minutes=minute, seconds=second)
        )

    def minutes_ago(self, minutes: int) -> datetime:
        """A moment of the last hours, to the minute."""
        return self._now - timedelta(minutes=minutes)
