"""Filters that follow a label which goes into another, or comes back under a new id.

Gmail changes no filter: a new one is made, then the old one deleted. Open: what Gmail itself does
to a filter whose label is deleted; here it keeps the id that is nobody's, and does nothing with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from gmailkit.client.client import Client
from gmailkit.errors import Refused
from gmailkit.model.ids import LabelId
from gmailkit.record.journal import Call, Journal
from gmailkit.rules.filters import in_order, key_of
from gmailkit.services.changes.words import filter_in_words

Raw = Mapping[str, Any]
LIST = "settings.filters.list"
CREATE, DELETE = "settings.filters.create", "settings.filters.delete"
_NAMED = 3  # filters in a sentence
_LABELS = ("addLabelIds", "removeLabelIds")


def following(client: Client, into: Mapping[LabelId, LabelId]) -> tuple[Call, ...]:
    """The calls after which no filter names a label that goes, but the one it goes `into`; that is
    the same id where the label comes back, since the call that makes it tells its new one. 1 unit.
    """
    found: Any = client.call(LIST).get("filter", [])
    present: Sequence[Raw] = found
    old = [each for each in present if into.keys() & _named(each)]
    there = {key_of(each) for each in present if each not in old}
    new: dict[str, Call] = {}
    for each in old:
        body = _renamed(each, into)
        call = new.get(key_of(body), Call(method=CREATE, body=body))
        new[key_of(body)] = replace(call, replaces=(*call.replaces, str(each["id"])))
    create = [call for key, call in new.items() if key not in there]
    order = in_order(present, [call.body for call in create], old)
    if order is None:  # as many go as come
        raise AssertionError("there is no room for as many filters as there were")
    former = {str(each["id"]): each for each in old}
    return tuple(
        create[step]
        if isinstance(step, int)
        else Call(method=DELETE, params={"id": step}, former=former[step])
        for step in order.steps
    )


def returning(
    client: Client, ids: Iterable[LabelId], allowed: Callable[[str], None]
) -> tuple[tuple[Call, ...], str]:
    """The same for labels that come back and bore these `ids`; or no calls, and why, where
    `allowed` raises Refused for one of them. 1 unit, none where no label comes back.
    """
    into = {id: id for id in ids}
    try:
        allowed(LIST)
        found = following(client, into) if into else ()
        for method in (CREATE, DELETE) if found else ():
            allowed(method)
    except Refused as error:
        return (), stay_as_they_are(error)
    return found, ""


def giving(client: Client, calls: Sequence[Call]) -> Iterator[str]:
    """What is said of filters that give a label which the calls delete, and that they leave: a
    sentence for each label. 1 unit, none where no label goes.
    """
    gone = {str(each.params["id"]): each for each in calls if each.method == "labels.delete"}
    for id, given in filters_giving(client, gone, calls).items():
        yield (
            f"A filter gives the label {gone[id].former.get('name')}, and is left without it: "
            f"the one for {given}."
        )


def filters_giving(
    client: Client, labels: Collection[str], calls: Iterable[Call]
) -> Mapping[str, str]:
    """In words, the filters that give each of these labels and that the calls leave. 1 unit, none
    where no label is asked for.
    """
    if not labels:
        return {}
    deleted = {str(each.params["id"]) for each in calls if each.method == DELETE}
    found: Any = client.call(LIST).get("filter", [])
    said = dict[str, str]()
    for id in labels:
        given = [
            filter_in_words(each)
            for each in found
            if id in each.get("action", {}).get("addLabelIds", ()) and each["id"] not in deleted
        ]
        if given:
            more = f" and {len(given) - _NAMED} more" if len(given) > _NAMED else ""
            said[id] = f"{', for '.join(given[:_NAMED])}{more}"
    return said


def stay_as_they_are(error: Refused) -> str:
    """What is said where the sign-in may not change them."""
    return f"Filters that gave the label stay as they are. {error.hint}"


def backwards(taken: Sequence[tuple[Call, Call | None]]) -> Iterator[Call | None]:
    """Of calls, each with the one that takes it back (None: it is left), the latter; None for what
    would bring a filter back that was replaced by one which somebody deleted or edited since.
    """
    standing = {id for call, back in taken if back for id in call.replaces}
    alone = {id for call, _ in taken for id in call.replaces} - standing
    for call, back in taken:
        id = str(call.params.get("id")) if call.method == DELETE else ""
        if back is None or id in alone:
            yield None
            continue
        after = [each for made, each in taken if each and id in made.replaces]
        yield replace(back, replaces=tuple(str(each.params["id"]) for each in after))


def filter_today(journal: Journal, body: Raw) -> Raw:
    """A filter that is to be made, with the ids that its labels bear today."""
    names = {id: journal.now(id) for id in _named(body)}
    return _renamed(body, names) if any(old != new for old, new in names.items()) else body


def without_pairs(journal: Journal, calls: Sequence[Call]) -> tuple[Call, ...]:
    """Without the filters that would be made anew only to be what they are, under ids of today."""
    made = [_key(journal, each.body) for each in calls if each.method == CREATE]
    gone = [_key(journal, each.former) for each in calls if each.method == DELETE]
    both = set(made) & set(gone)
    return tuple(
        each
        for each in calls
        if not (each.method == CREATE and _key(journal, each.body) in both)
        and not (each.method == DELETE and _key(journal, each.former) in both)
    )


def _key(journal: Journal, found: Raw) -> str:
    return key_of(filter_today(journal, found))


def _named(found: Raw) -> set[LabelId]:
    action = found.get("action", {})
    return {LabelId(id) for key in _LABELS for id in action.get(key, ())}


def _renamed(found: Raw, into: Mapping[LabelId, LabelId]) -> Raw:
    action = dict(found.get("action", {}))
    for key in _LABELS:
        if ids := action.get(key):
            action[key] = list(dict.fromkeys(into.get(LabelId(id), id) for id in ids))
    return {**{key: value for key, value in found.items() if key != "id"}, "action": action}
