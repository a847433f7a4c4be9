"""A change that was cut short: finished, or what was made of it taken back."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.client.client import Client
from gmailkit.errors import Conflict
from gmailkit.record.journal import Call, Change, Journal, Touched
from gmailkit.services.changes.make import answered, as_of_today, carry_out
from gmailkit.services.changes.standing import after
from gmailkit.services.changes.states import INBOX, PLACES, states
from gmailkit.services.changes.sure import answer_if_made, doubts
from gmailkit.services.changes.taking_back import Allowed
from gmailkit.services.changes.undo import undo


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What became of a change that was cut short: the `change` itself, finished, or the one that
    took it back. `notes` say what nobody can tell of it, or what is left as it is; `left` are ids
    of messages that somebody moved since, or that are gone.
    """

    change: Change
    notes: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def recover(
    client: Client,
    journal: Journal,
    number: int,
    *,
    roll_back: bool = False,
    allowed: Allowed = lambda method: None,
) -> Recovery:
    """Finish a change that was cut short, or take back what was made of it. One of which nothing
    was made counts as "refused", one of which somebody has left nothing since as "moot".

    Raises NotFound for no such change, Conflict for one that is not cut short.
    """
    with journal.alone():  # so nobody is about it any more
        change = journal.find(number)
        if change.state != "begun":
            raise Conflict(
                f"Change {number} was not cut short.", hint=f"gmailkit journal show {number}"
            )
        if not roll_back:
            left = _moved_since(client, journal, change)
            done = carry_out(client, journal, change, again=True, left=left)
            return Recovery(change=done, notes=doubts(done), left=left)
        calls = [_if_made(client, journal, call) for call in change.calls]
        journal.note(number, calls)
        change = journal.end(number)
    back, plan = undo(client, journal, number, allowed=allowed)
    if back is None and not plan.notes and not any(call.made for call in calls):
        change = journal.end(number, "moot" if plan.left else "refused")
    return Recovery(change=back or change, notes=plan.notes, left=plan.left)


def _moved_since(client: Client, journal: Journal, change: Change) -> tuple[str, ...]:
    """The messages that lie neither where they lay before nor where the change puts them: somebody
    moved them since it was cut short.
    """
    if not PLACES & set(change.watched):
        return ()
    touched = list(journal.touched(change))
    known = states(client, [each.id for each in touched], PLACES)

    def is_moved(each: Touched) -> bool:
        made = after(change, each) & PLACES
        halfway = made - {INBOX}  # it is put there last
        return known.get(each.id, made) not in (each.had & PLACES, made, halfway)

    return tuple(each.id for each in touched if is_moved(each))


def _if_made(client: Client, journal: Journal, call: Call) -> Call:
    """With its answer, where it was made and that was lost."""
    answer = None if call.made else answer_if_made(client, as_of_today(journal, call))
    return call if answer is None else answered(journal, call, answer)
