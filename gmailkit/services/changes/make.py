"""A change of a mailbox: begun in the journal, made, ended.

All that a change needs stands in the journal before anything of it is made: so one that was cut
short, by a crash or a lost connection, is made again from there, and that does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from gmailkit.client.client import Client
from gmailkit.errors import (
    Conflict,
    Failure,
    GmailKitError,
    NotFound,
    PartialError,
    Refused,
    SignInNeeded,
    TryLater,
    Unreachable,
    UsageError,
)
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call, Change, Journal, Step, Touched
from gmailkit.services.changes.following import CREATE, filter_today
from gmailkit.services.changes.relabelling import OnProgress as OnProgress
from gmailkit.services.changes.relabelling import change_labels, take_along
from gmailkit.services.changes.reverse import NO_WAY_BACK
from gmailkit.services.changes.states import (
    States,
    becomes,
    states,
    there,
    watched,
)
from gmailkit.services.changes.sure import (
    answer_if_made,
    can_tell,
    check_untouched,
    with_there,
)
from gmailkit.services.cheapest import modify_by_batch

Otherwise = Callable[[Call], Call | None]
NOTHING_MADE = (UsageError, Refused, NotFound, Conflict)  # Gmail looked at it and said no
_NOT_REACHED = (*NOTHING_MADE, SignInNeeded, TryLater, Unreachable)  # or did not look at it


@dataclass(frozen=True, slots=True)
class Delta:
    """What is to be done to the labels of some messages."""

    ids: tuple[str, ...]
    add: frozenset[LabelId] = frozenset()
    remove: frozenset[LabelId] = frozenset()


def grouped(
    wanted: Iterable[tuple[str, frozenset[LabelId], frozenset[LabelId]]],
) -> tuple[Delta, ...]:
    """Of messages with what they get and lose: each message once, with those that do the same."""
    whole: dict[str, tuple[frozenset[LabelId], frozenset[LabelId]]] = {}
    for id, add, remove in wanted:
        before = whole.get(id, (frozenset(), frozenset()))
        whole[id] = before[0] | add, before[1] | remove
    groups: dict[tuple[frozenset[LabelId], frozenset[LabelId]], list[str]] = {}
    for id, both in whole.items():
        if any(both):
            groups.setdefault(both, []).append(id)
    return tuple(Delta(tuple(ids), *both) for both, ids in groups.items())


def relabel(
    client: Client,
    journal: Journal,
    what: str,
    deltas: Sequence[Delta],
    *,
    why: str = "",
    names: Mapping[LabelId, str],
    known: States | None = None,
    gone: Collection[str] = (),
    calls: Sequence[Call] = (),
    on_progress: OnProgress = lambda done, total: None,
) -> Change | None:
    """Change labels of messages: exactly these, each in one delta. Those that are as they would
    become are neither changed nor recorded; None where that leaves nothing to do.

    The state before is read first, unless it is `known`; `calls` are made first; `gone` are some
    that were looked for in vain. Raises CannotWrite when the change cannot be recorded: then
    nothing was changed. PartialError names messages that are gone; the others are changed.
    """
    done, later = None, list[str]()
    with journal.alone():
        to_make = _still_to_make(client, journal, calls)
        if len(to_make) < len(calls):
            deltas = [_of_today(journal, delta) for delta in deltas]
            names = {journal.now(id): name for id, name in names.items()}
        ids = [id for delta in deltas for id in delta.ids]
        if known is None:
            known = states(client, ids, frozenset().union(*map(_seen, deltas)))
        due = [each for each in (_due(delta, known) for delta in deltas) if each.ids or to_make]
        changing = {id for delta in due for id in delta.ids}
        missing = _missing(client, [id for id in ids if id not in changing], known)
        if due or to_make:
            done, later = relabel_alone(
                client,
                journal,
                what,
                due,
                why=why,
                names=names,
                known=known,
                calls=to_make,
                on_progress=on_progress,
            )
    if missing := [*gone, *missing, *later]:
        whole = sum(len(delta.ids) for delta in deltas) + len(gone)
        raise PartialError(
            f"{len(missing)} of {whole} messages are not there.",
            done=whole - len(missing),
            failed=[Failure(id, "no message of this mailbox has that id") for id in missing],
            hint=f"{_of_the_others(done)}\nDeleted meanwhile, or mistyped? `gmailkit search` lists "
            "ids.",
        )
    return done


def _of_the_others(done: Change | None) -> str:
    """What became of the messages that are there."""
    if done is None or done.state == "refused":
        return "Nothing was changed: the others are so already."
    return (
        f"The others are changed, as change {done.number}: gmailkit journal show {done.number}; "
        f"to take it back: gmailkit undo {done.number}"
    )


def _still_to_make(client: Client, journal: Journal, calls: Sequence[Call]) -> Sequence[Call]:
    """Without labels that another run has made while this one waited for its turn: those are the
    ones that are meant.
    """
    if not any(call.stands_in for call in calls):
        return calls
    there = {label.name.casefold(): label.id for label in client.labels.list()}
    found = [(call, there.get(str(call.body.get("name")).casefold())) for call in calls]
    for call, id in found:
        if call.stands_in and id:
            journal.renew(call.stands_in, id)
    return [call for call, id in found if not (call.stands_in and id)]


def _of_today(journal: Journal, delta: Delta) -> Delta:
    add, remove = (frozenset(map(journal.now, ids)) for ids in (delta.add, delta.remove))
    return Delta(delta.ids, add, remove)


def _seen(delta: Delta) -> frozenset[LabelId]:
    return watched(delta.add, delta.remove)


def _due(delta: Delta, known: States) -> Delta:
    """The same of the messages that are not yet as it makes them."""
    seen = _seen(delta)

    def is_due(id: str) -> bool:
        had = known[id] & seen
        return becomes(had, delta.add, delta.remove) & seen != had

    return Delta(
        tuple(id for id in delta.ids if id in known and is_due(id)), delta.add, delta.remove
    )


def _missing(client: Client, idle: Sequence[str], known: States) -> list[str]:
    """Those that are gone, of messages that nothing is done to. A listing shows no more than that
    they do not bear a label: a few are looked for, of many nobody is told, as in a batch.
    """
    bare = [id for id in idle if id in known and not known[id]]
    there_ = there(client, bare) if not modify_by_batch(len(bare), client.prices) else set(bare)
    return [id for id in idle if id not in known or (not known[id] and id not in there_)]


def relabel_alone(
    client: Client,
    journal: Journal,
    what: str,
    deltas: Sequence[Delta],
    *,
    why: str = "",
    names: Mapping[LabelId, str],
    known: States,
    calls: Sequence[Call] = (),
    undoes: int | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> tuple[Change, list[str]]:
    """The same where `journal.alone` holds and all of them are to be changed: the change, and the
    messages that are gone. `known` is the state before.
    """
    calls = with_there(client, calls)
    changed = [(delta, _seen(delta)) for delta in deltas]
    labels = frozenset().union(*(each for _, each in changed))
    missing = [id for delta in deltas for id in delta.ids if id not in known]
    change = journal.begin(
        what,
        why=why,
        touched=(
            Touched(id, step, known[id] & seen)
            for step, (delta, seen) in enumerate(changed)
            for id in delta.ids
            if id in known
        ),
        steps=[Step(add=tuple(sorted(d.add)), remove=tuple(sorted(d.remove))) for d in deltas],
        watched=sorted(labels),
        names={id: name for id, name in names.items() if id in labels},
        calls=calls,
        for_good=not deltas and lost(calls),
        undoes=undoes,
    )
    return carry_out(client, journal, change, on_progress=on_progress, gone=missing), missing


def make_calls(
    client: Client,
    journal: Journal,
    what: str,
    calls: Iterable[Call],
    *,
    carrying: Mapping[LabelId, Iterable[str]] | None = None,
    names: Mapping[LabelId, str] | None = None,
    undoes: int | None = None,
    otherwise: Otherwise = lambda call: None,
) -> Change:
    """Change labels themselves, or settings. `carrying` are the messages of labels that go.

    `otherwise` says what to try in the place of a call that Gmail refused; None: nothing.
    """
    with journal.alone():
        calls = with_there(client, _still_to_make(client, journal, tuple(calls)))
        labels = list(carrying or {})
        bearing: dict[str, set[LabelId]] = {}
        for label, ids in (carrying or {}).items():
            for id in ids:
                bearing.setdefault(id, set()).add(label)
        change = journal.begin(
            what,
            touched=(Touched(id, 0, frozenset(borne)) for id, borne in bearing.items()),
            steps=[Step(remove=tuple(labels))] if labels else [],
            watched=labels,
            names=names,
            calls=calls,
            for_good=not bearing and lost(calls),
            undoes=undoes,
        )
        return carry_out(client, journal, change, otherwise=otherwise)


def lost(calls: Sequence[Call]) -> bool:
    """Whether nothing takes any of them back."""
    return bool(calls) and all(call.method in NO_WAY_BACK for call in calls)


def carry_out(
    client: Client,
    journal: Journal,
    change: Change,
    *,
    again: bool = False,
    on_progress: OnProgress = lambda done, total: None,
    gone: list[str] | None = None,
    otherwise: Otherwise = lambda call: None,
    left: Collection[str] = (),
) -> Change:
    """Make what is begun, and end it; `again` where some of it may be made already. Messages that
    are `left` stay as they are.

    Messages that turn out to be gone are put into `gone`. Where something fails before anything is
    made, the change ends as "refused": Gmail said no, or surely never got it. Else it stays as it
    is, "begun".
    """
    client = client.unrecorded
    made = list(change.calls)
    going = _going_last(made)
    missing = [] if gone is None else gone
    reached, absent = 0, len(missing)

    def tell(done: int, total: int) -> None:
        nonlocal reached
        reached = done
        on_progress(done, total)

    def call(*, deleting: bool) -> None:
        for place, each in enumerate(made):
            if not each.made and (each in going) == deleting:
                for now in _until_made(client, journal, each, otherwise, again=again):
                    made[place] = now
                    journal.note(change.number, made)

    try:
        call(deleting=False)
        change_labels(client, journal, change, tell, missing, left=left)
        take_along(client, journal, change, missing)
        call(deleting=True)  # last: a label takes itself off all mail
    except GmailKitError as error:
        nothing = not (again or reached or any(call.made for call in made))
        if nothing and isinstance(error, _NOT_REACHED) and not error.unknown:
            journal.end(change.number, "refused")
        else:
            say_cut_short(error, change, again=again)
        raise
    except KeyboardInterrupt as stop:
        stop.add_note(_cut_short(change))
        raise
    untouched = len(missing) - absent == change.count  # all of them are gone
    nothing = untouched and all(not each.made and can_tell(each) for each in made)
    return journal.end(
        change.number, "refused" if nothing and not (again and change.count) else "done"
    )


def _going_last(calls: Sequence[Call]) -> list[Call]:
    """Labels are deleted last, since one takes itself off all mail; but in their turn where another
    gets the name.
    """
    wanted = {
        str(call.body.get("name", "")).casefold()
        for call in calls
        if call.method in ("labels.create", "labels.patch", "labels.update")
    }
    return [
        call
        for call in calls
        if call.method == "labels.delete"
        and str(call.former.get("name", "")).casefold() not in wanted
    ]


def _until_made(
    client: Client, journal: Journal, call: Call, otherwise: Otherwise, *, again: bool
) -> Iterator[Call]:
    """The call as it stands in the journal after each step: where Gmail refused it, another one in
    its place, before that is tried.
    """
    try:
        yield _made(client, journal, call, again=again)
    except UsageError:
        if (other := otherwise(call)) is None:
            raise
        yield other
        yield _made(client, journal, other, again=again)


def _made(client: Client, journal: Journal, call: Call, *, again: bool) -> Call:
    today = as_of_today(journal, call)
    # What is made anew may be there already: somebody else has missed it too.
    look = again or (call.former and call.method.endswith(".create"))
    answer = answer_if_made(client, today) if look else None
    if answer is None and again and call.once:
        return call  # its mail or its password is not here
    if answer is None and again:
        check_untouched(client, today)
    if answer is None:
        answer = client.call(call.method, body=today.body or None, **today.params)
    return answered(journal, replace(call, body=today.body), answer)


def as_of_today(journal: Journal, call: Call) -> Call:
    """The call with the ids that are borne by now."""
    body = filter_today(journal, call.body) if call.method == CREATE else call.body
    return replace(call, params=journal.today(call.params), body=body)


def answered(journal: Journal, call: Call, answer: Mapping[str, Any]) -> Call:
    """The call, made; what it made is followed under the id it has now."""
    old, new = call.stands_in or str(call.former.get("id", "")), str(answer.get("id", ""))
    if call.method.endswith(".create") and old and new:
        last = journal.now(LabelId(old))  # it may have come and gone before
        if last != new:
            journal.renew(last, new)
    return replace(call, answer=answer, made=True)


def say_cut_short(error: GmailKitError, change: Change, *, again: bool) -> None:
    """One that Gmail will not let be finished can still be taken back."""
    said = _cut_short(change)
    if again and isinstance(error, NOTHING_MADE):
        said = _cut_short(change, "to take back what was made", " --roll-back")
    error.hint = "\n".join(filter(None, (error.hint, said)))


def _cut_short(change: Change, way: str = "to finish it or take it back", option: str = "") -> str:
    return f"The change was cut short; {way}: gmailkit journal recover {change.number}{option}"
