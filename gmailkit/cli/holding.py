"""A message that leaves later: kept, and, for a while that one can wait, held here.

Ctrl-C takes it back while it is held: nothing leaves, and a draft stays. A run that is killed
leaves it in the outbox, and `gmailkit outbox run` sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gmailkit.cli import moving
from gmailkit.cli.leave import Tell, report, tell_event
from gmailkit.cli.outbox_view import facts
from gmailkit.cli.preview import event_facts
from gmailkit.cli.progress import time_text
from gmailkit.cli.state import MAYBE_SENT, State, Stop
from gmailkit.errors import INTERRUPTED, UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from gmailkit.gmail import Gmail
    from gmailkit.model.outgoing import Outgoing
    from gmailkit.record.ledger import Entry

KEPT = Stop("it may wait in the outbox: gmailkit outbox", retryable=False)
TAKEN_BACK = Stop("it was cancelled, and is still in Gmail's drafts")
GONE = Stop("it was cancelled, and nothing of it leaves")
WAITS_ON = Stop("it waits in the outbox, and `gmailkit outbox run` sends it", retryable=False)
TICK = 1.0  # seconds between two looks at the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """What the options say: a time, or how long, and whether to wait for it here."""

    at: str | None
    hold: str | None
    detach: bool
    way: Literal["draft", "smtp"] = "draft"

    @classmethod
    def read(
        cls,
        state: State,
        *,
        at: str | None,
        hold: str | None,
        detach: bool,
        way: str | None = None,
        key: str | None = None,
    ) -> Later | None:
        """None when it leaves now. UsageError for what goes not together, and for a time that makes
        no sense, before anything else is asked or read; not so under a key, by which it may have
        left at that time.
        """
        if at is None and hold is None:
            if detach:
                raise UsageError("--detach goes with --hold.", hint="As in --hold 5m --detach.")
            return None
        if at is not None and hold is not None:
            raise UsageError("--at and --hold exclude each other.", hint="Leave one out.")
        if way == "fast":
            raise UsageError(
                "What leaves later cannot leave in one call.", hint="Leave out --fast."
            )
        if key is None:
            _check(state, at, hold)
        kept: Literal["draft", "smtp"] = "smtp" if way == "smtp" else "draft"
        return cls(at=at, hold=hold, detach=detach, way=kept)


def _check(state: State, at: str | None, hold: str | None) -> None:
    from datetime import datetime

    from gmailkit.compose.when import parse_hold, parse_when
    from gmailkit.zones import LOCAL

    if hold is not None:
        parse_hold(hold)
    if at is not None:
        parse_when(at, now=datetime.fromtimestamp(state.clock.now(), LOCAL))


def send_later(
    state: State,
    gmail: Gmail,
    message: Outgoing,
    later: Later,
    *,
    key: str | None = None,
    tell: Tell | None = None,
) -> None:
    """Keep it until it is due; or hold it here, for as long as was said. Refused, as for one that
    was to leave at once, where it waits for approval.
    """
    state.on_stop = KEPT
    entry = gmail.send_later(message, at=later.at, hold=later.hold, key=key, way=later.way)
    if entry.state == "sent":
        report(state, gmail.send(message, key=key, way=later.way), message, tell=tell)
    elif entry.state == "parked":
        from gmailkit.services.sending.ways.outcome import parked

        raise parked(entry)
    elif entry.state == "held" and later.hold is not None and not later.detach:
        _hold(state, gmail, entry, _own(entry, message), tell)
    else:
        _say_kept(state, entry, _own(entry, message))


def _own(entry: Entry, message: Outgoing) -> Outgoing | None:
    """None where what is kept is an earlier message of the key."""
    from gmailkit.mime.digest import digest_of

    return message if entry.digest == digest_of(message.raw) else None


def _say_kept(state: State, entry: Entry, message: Outgoing | None) -> None:
    from gmailkit.compose.when import said

    if state.out.json:
        state.out.document({**facts(entry), **(event_facts(message) if message else {})})
        return
    if message:
        tell_event(state, message)
    when = f" {said(entry.due)}" if entry.due else ""
    state.out.line(f"Leaves{when} (key {entry.key}).")
    where = "It is a draft" if entry.draft_id else "It waits here"
    state.out.say(f"{where} until then, and leaves when `gmailkit outbox run` is called:")
    state.out.say("gmailkit outbox install says how to have that done.")


def _hold(
    state: State, gmail: Gmail, entry: Entry, message: Outgoing | None, tell: Tell | None
) -> None:
    assert entry.due is not None  # noqa: S101 - for the type checker: it is held
    state.on_stop = WAITS_ON
    try:
        _wait(state, entry.due)
    except KeyboardInterrupt as stop:
        if getattr(stop, "exit_code", INTERRUPTED) == INTERRUPTED:
            gmail.outbox.cancel(entry.key)
            state.on_stop = TAKEN_BACK if entry.draft_id else GONE
        raise
    finally:
        moving.wipe()
    state.on_stop = MAYBE_SENT
    result = gmail.outbox.release(entry.key)
    if result.error:
        raise result.error
    if result.remark:
        state.out.say(result.remark)
    if result.sent:
        report(state, result.sent, message, tell=tell)


def _wait(state: State, due: datetime) -> None:
    """Until the clock shows that; on a terminal the seconds are counted down."""
    moves = state.out.talks_to_terminal
    if not moves:
        state.out.say(f"Held until {due:%H:%M:%S}; Ctrl-C takes it back.")
    while (left := due.timestamp() - state.clock.now()) > 0:
        if moves:
            moving.draw(f"Leaves in {_whole(left)}; Ctrl-C takes it back")
        state.clock.sleep(min(left, TICK))


def _whole(seconds: float) -> str:
    """The same as one counts: "10 s", "9 s", never none."""
    whole = max(round(seconds), 1)
    return f"{whole} s" if whole < 60 else time_text(whole)
