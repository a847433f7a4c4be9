"""Waiting for mail: what arrives from now on and matches a search.

What came is asked which of it matches for a while again and again, since Gmail's index lags seconds
behind (`services.arriving`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice

from gmailkit.client.client import Client
from gmailkit.client.listing import PAGE
from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError, NotFound, ServerFault, TimedOut, Unreachable, UsageError
from gmailkit.mime.parse import parse
from gmailkit.mime.readable import readable
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId
from gmailkit.model.mail import Mail
from gmailkit.model.message import Message
from gmailkit.services.arriving import LAG, added, came_after, matching
from gmailkit.services.asking import asked
from gmailkit.services.extraction import Pattern

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 1.0, 10.0, 1.5  # seconds between two looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message that came; `match` is what the pattern found in it, "" where none was given."""

    envelope: Envelope
    match: str = ""


def arrivals(
    client: Client,
    query: str,
    *,
    timeout: float,
    count: int = 1,
    since: float = 0,
    extract: str | None = None,
    clock: Clock,
) -> Iterator[Arrival]:
    """The next `count` messages that arrive and match, as they come. All times are seconds.

    `since`: those that came so shortly before count too. `extract` is a regular expression for
    subject and text; a message in which it is not found does not count. The start is this call, not
    the first `next`. 2 units a look, 5 while something new is there, and 20 for each that matches.
    Raises QueryError and NotFound as a search does, UsageError for a bad pattern, and TimedOut when
    the time is over; faults that pass are waited out.
    """
    if count < 1 or timeout < 0 or since < 0:
        raise UsageError("Waiting for less than nothing.", hint="Give 1 or more, and real times.")
    pattern = Pattern(extract) if extract is not None else None
    mailbox = _Mailbox(client, query, since=since, clock=clock)
    return _arrivals(mailbox, pattern, timeout=timeout, count=count, clock=clock)


def _arrivals(
    mailbox: _Mailbox, pattern: Pattern | None, *, timeout: float, count: int, clock: Clock
) -> Iterator[Arrival]:
    end = clock.monotonic() + timeout
    given = missed = 0
    pause = FIRST_PAUSE
    while True:
        fault: GmailKitError | None = None
        try:
            for message, mail in mailbox.look():
                match = pattern.first(_text(mail)) if pattern else ""
                if match is None:
                    missed += 1
                    continue
                yield Arrival(envelope=_envelope(message, mail), match=match)
                given += 1
                if given == count:
                    return
        except (Unreachable, ServerFault) as error:
            fault = error
        left = end - clock.monotonic()
        if left <= 0:
            raise fault or _timed_out(timeout, given, count, missed)
        clock.sleep(min(pause, left))
        pause = min(pause * GROWTH, LONGEST_PAUSE)


class _Mailbox:
    """Knows what came since it was made."""

    def __init__(self, client: Client, query: str, *, since: float, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._wanted = asked(client, query)
        self._history = client.get_profile().history_id
        self._begun = clock.monotonic()
        # From when on what came counts though no history tells of it; None once all did.
        self._before = clock.now() - since if since else None
        self._query = query
        self._fresh: dict[MessageId, float] = {}  # came, and may match; since when it is known
        self._given: set[MessageId] = set()

    def look(self) -> Iterator[tuple[Message, Mail]]:
        """What came and matches and was not given yet, oldest first. What a fault kept back comes
        with the next look.
        """
        now = self._clock.monotonic()
        self._take_in(now)
        found: dict[MessageId, None] = {}
        if self._before is not None:
            refs = islice(came_after(self._client, self._query, self._before), PAGE)
            found |= dict.fromkeys(reversed([ref.id for ref in refs]))
            if now - self._begun > LAG:
                self._before = None
        if self._fresh:
            found |= dict.fromkeys(
                ref.id for ref in matching(self._client, self._wanted, self._fresh)
            )
        for id in found:
            if id not in self._given:
                try:
                    message, content = self._client.messages.get_raw(id)
                except NotFound:
                    continue
                with content:
                    mail = parse(content.bytes)
                self._given.add(id)
                self._fresh.pop(id, None)
                yield message, mail

    def _take_in(self, now: float) -> None:
        self._fresh = {id: at for id, at in self._fresh.items() if now - at <= LAG}
        came = added(self._client, self._history)
        if came is None:  # the history is kept for a while only: by time then
            self._history = self._client.get_profile().history_id
            self._before = self._clock.now() - (self._clock.monotonic() - self._begun)
            self._begun = self._clock.monotonic()
            return
        self._fresh |= dict.fromkeys(came.ids, now)
        self._history = came.history


def _text(mail: Mail) -> str:
    return f"{mail.subject}\n{readable(mail).whole}"


def _envelope(message: Message, mail: Mail) -> Envelope:
    return Envelope(
        id=message.id,
        thread_id=message.thread_id,
        date=message.date,
        sender=mail.sender,
        to=mail.to,
        cc=mail.cc,
        subject=mail.subject,
        message_id=mail.message_id,
        size=message.size_estimate,
        snippet=unescape(message.snippet),
    )


def _timed_out(timeout: float, given: int, count: int, missed: int) -> TimedOut:
    what = f"Only {given} of {count} messages" if given else "Nothing that matches"
    which = f" {missed} matched without the pattern in them." if missed else ""
    return TimedOut(
        f"{what} came within {timeout:g} {'second' if timeout == 1 else 'seconds'}.{which}",
        came=given,
        hint="Mail that came shortly before counts with --since 5m; more time gives --timeout 10m.",
    )
