"""Google's own calls, made by whoever uses the library: each is in the journal before it is made.

The call is the caller's, and so are its answer and its errors. What a verb does was written down by
the verb, which calls by `client.unrecorded`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
from msgspec.structs import replace

from gmailkit.client.client import Client
from gmailkit.errors import CannotWrite, GmailKitError
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call, Change, Journal, Step, Touched
from gmailkit.services.api import MAIL, SECRETS, masked
from gmailkit.services.changes.entries import Entry, entry_of, names_of
from gmailkit.services.changes.make import say_cut_short
from gmailkit.services.changes.plan import in_words as labels_in_words
from gmailkit.services.changes.states import TRASH, watched
from gmailkit.services.changes.sure import answer_in_full
from gmailkit.services.changes.words import in_words
from gmailkit.wire.call import Asked, Outcome
from gmailkit.wire.fault import Fault
from gmailkit.wire.request import Response

_SHOWN = 3  # things that a change does, in its sentence


@contextmanager
def recorded(
    client: Client, journal: Journal, asked: Sequence[Asked]
) -> Iterator[Callable[[Sequence[Outcome]], None]]:
    """Writes down what the calls of one request change, before they are made; then what became of
    them. Raises CannotWrite: nothing is made then, but where it says `maybe_done`.

    Nobody else changes the mailbox through gmailkit meanwhile. Where Gmail refuses all of it, or
    hears nothing of it, the change ends as "refused"; where nobody knows, it stays as "begun" for
    `journal recover`.
    """
    client = client.unrecorded
    with journal.alone():
        entries = [entry_of(client, each) for each in asked]
        change = _begun(client, journal, asked, entries)
        outcomes: list[Outcome] = []
        try:
            yield outcomes.extend
        except GmailKitError as error:
            if change:
                _ended(journal, change, [error])
            raise
        if change:
            calls = _answered(client, asked, entries, outcomes)
            errors = [each.error for each in outcomes if isinstance(each, Fault)]
            _ended(journal, change, errors, of=len(outcomes), calls=calls)


def _begun(
    client: Client, journal: Journal, asked: Iterable[Asked], entries: Sequence[Entry]
) -> Change | None:
    """None where there is nothing to change, or all of it is gone: Gmail will say so."""
    moves, calls = _composed(entries), [call for each in entries for call in each.calls]
    if not (moves or calls):
        return None
    steps = list(dict.fromkeys(moves.values()))
    known: dict[str, frozenset[LabelId]] = {}
    for each in entries:
        known |= {id: known.get(id, frozenset()) | borne for id, borne in each.known.items()}
    labels = frozenset().union(*known.values(), *(watched(*step) for step in steps))
    names = names_of(client, labels)
    for_good = all(each.for_good for each in entries if each.moves or each.calls)
    change = journal.begin(
        _what(steps, calls, names),
        why=", ".join(dict.fromkeys(each.method for each in asked)),
        touched=(Touched(id, steps.index(step), known[id]) for id, step in moves.items()),
        steps=[Step(add=tuple(sorted(add)), remove=tuple(sorted(remove))) for add, remove in steps],
        watched=sorted(labels),
        names=names,
        calls=calls,
        for_good=for_good,
    )
    if for_good:  # how far it comes, Gmail alone knows; and nobody is to do it again
        return journal.end(change.number)
    return change


def _composed(entries: Iterable[Entry]) -> dict[str, tuple[frozenset[LabelId], frozenset[LabelId]]]:
    """What each message gets and loses in the end, by one call after the other."""
    whole: dict[str, tuple[frozenset[LabelId], frozenset[LabelId]]] = {}
    for id, add, remove in (move for each in entries for move in each.moves):
        added, removed = whole.get(id, (frozenset(), frozenset()))
        whole[id] = (added - remove) | add, (removed - add) | remove
    return whole


def _what(
    steps: Sequence[tuple[frozenset[LabelId], frozenset[LabelId]]],
    calls: Iterable[Call],
    names: Mapping[LabelId, str],
) -> str:
    words = [in_words(call) for call in calls] or [_moved(*step, names) for step in steps]
    said = list(dict.fromkeys(words))
    more = f" and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
    return "; ".join(said[:_SHOWN]) + more


def _moved(
    add: frozenset[LabelId], remove: frozenset[LabelId], names: Mapping[LabelId, str]
) -> str:
    if {*add, *remove} == {TRASH}:
        return "trash" if add else "untrash"
    return labels_in_words(*(sorted(names[each] for each in some) for some in (add, remove)))


def _answered(
    client: Client,
    asked: Iterable[Asked],
    entries: Iterable[Entry],
    outcomes: Iterable[Outcome],
) -> tuple[Call, ...]:
    """The calls, with what Gmail made of them."""
    calls = list[Call]()
    for question, entry, outcome in zip(asked, entries, outcomes, strict=True):
        for call in entry.calls:
            if isinstance(outcome, Fault):
                if outcome.error.unknown:  # else it is no part of the change
                    calls.append(call)
                continue
            answer = masked(_read(outcome), SECRETS | MAIL)
            if "fields" in question.params and not entry.for_good:  # it was not asked to tell all
                with suppress(GmailKitError):  # the call is made, whatever comes of the look
                    answer = answer_in_full(client, call, answer)
            calls.append(replace(call, answer=answer, made=True))
    return tuple(calls)


def _read(response: Response) -> dict[str, Any]:
    """{} for an answer that cannot be read, as nobody is told of it here: the caller is."""
    try:
        found = msgspec.json.decode(response.body or b"{}")
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _ended(
    journal: Journal,
    change: Change,
    errors: Sequence[GmailKitError],
    *,
    of: int = 1,
    calls: Sequence[Call] | None = None,
) -> None:
    """Of so many calls some came to `errors`."""
    unsure = [each for each in errors if each.unknown]
    if unsure and not change.for_good:
        if calls:
            journal.note(change.number, calls)
        say_cut_short(unsure[0], change, again=False)
        return
    refused = len(errors) == of and not unsure
    try:
        if refused:
            journal.end(change.number, "refused")
        else:
            journal.end(change.number, calls=calls)
    except CannotWrite as error:
        if not errors:  # else the caller hears what Gmail said
            error.maybe_done = True
            error.hint = f"The call itself was made. {error.hint}"
            raise
