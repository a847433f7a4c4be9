"""Waiting for mail: what arrives from now on and matches a search.

Whether anything came is asked of the history (2 units a look). Only then Gmail is asked which of it
matches (5 units), for a while again and again, since its index lags seconds behind. So a look costs
next to nothing, and what counts as a match is Gmail's own answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
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
from gmailkit.query.builder import Q
from gmailkit.services.asking import Asked, asked
from gmailkit.services.extraction import Pattern

LAG = 60.0  # seconds in which Gmail's index surely has what came
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
        self._before: Asked | None = None  # finds what came before, as far as that counts
        if since:
            self._before_from(query, clock.now() - since)
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
        if self._before:
            found |= dict.fromkeys(self._matching(self._before))
            if now - self._begun > LAG:
                self._before = None
        if self._fresh:
            matching = self._matching(self._wanted)
            found |= dict.fromkeys(id for id in matching if id in self._fresh)
        for id in reversed(found):
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
        changes = self._client.history.list(self._history, history_types=["messageAdded"])
        try:
            for record in changes:
                for added in record.messages_added:
                    if added.message and "DRAFT" not in added.message.label_ids:
                        self._fresh[added.message.id] = now
        except NotFound:  # the history is kept for a while only: by time then
            self._history = self._client.get_profile().history_id
            passed = self._clock.monotonic() - self._begun
            self._before_from(self._query, self._clock.now() - passed)
            self._begun = self._clock.monotonic()
            return
        self._history = changes.history_id or self._history

    def _before_from(self, query: str, time: float) -> None:
        after = Q.after(datetime.fromtimestamp(time, UTC))
        self._before = asked(self._client, str(Q.of(query) & after if query.strip() else after))

    def _matching(self, wanted: Asked) -> Iterable[MessageId]:
        """Newest first; one page of each part is enough for what is new."""
        for text in wanted.texts:
            refs = self._client.messages.list(
                q=text, include_spam_trash=wanted.everywhere, max_results=PAGE
            )
            yield from (ref.id for ref in islice(refs, PAGE))


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
