"""Rules as the filters that Gmail keeps: one rule makes one or several."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gmailkit.errors import QueryError
from gmailkit.query.asked import parts
from gmailkit.query.text import to_text
from gmailkit.rules.nodes import node_of, unseen
from gmailkit.rules.rule import PUT_ON, TAKEN_OFF, Action, Raw, Rule

MOST = 1_000  # filters of a mailbox
MOST_FORWARDING = 20  # of them; Google's pages say 20 or 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One filter that a rule asks for; labels by name, but for what is `verbatim`.

    `unseen` names what of the search a filter ignores: Gmail would keep it, and do more than meant.
    """

    rule: str
    criteria: Raw
    action: Action
    verbatim: Raw = field(default_factory=dict)
    unseen: tuple[str, ...] = ()

    def body(self, id_of: Callable[[str], str]) -> dict[str, object]:
        """As Gmail takes it; `id_of` gives the id of a label by its name."""
        action = {
            "addLabelIds": [id_of(name) for name in self.action.add],
            "removeLabelIds": [id_of(name) for name in self.action.remove],
            "forward": self.action.forward,
        }
        said = {key: value for key, value in action.items() if value}
        return _joined({"criteria": dict(self.criteria), "action": said}, self.verbatim)


def filters_of(rule: Rule) -> tuple[Wanted, ...]:
    """The filters of a rule; () for one that only takes off labels of one's own.

    One adds one label of one's own at most, so several labels take several filters; a search that
    is longer than Gmail can be trusted with is parted. Raises QueryError where it cannot be.
    """
    return tuple(
        Wanted(
            rule=rule.name,
            criteria=criteria,
            action=action,
            verbatim=rule.verbatim if not place else _criteria_only(rule.verbatim),
            unseen=_unseen(rule),
        )
        for criteria in _criteria(rule)
        for place, action in enumerate(_actions(rule))
    )


def left_to_run(rule: Rule) -> tuple[str, ...]:
    """Labels that the rule takes off and no filter can."""
    return tuple(name for name in rule.action.remove if name not in TAKEN_OFF)


def key_of(found: Raw) -> str:
    """Equal for filters that Gmail takes for the same; an id does not count."""
    criteria = {key: _plain(key, value) for key, value in found.get("criteria", {}).items()}
    if criteria.get("sizeComparison") == "unspecified":
        del criteria["sizeComparison"]
    action = {
        key: sorted(set(value)) if isinstance(value, list | tuple) else value
        for key, value in found.get("action", {}).items()
    }
    rest = {key: value for key, value in found.items() if key not in ("id", "criteria", "action")}
    said = {"criteria": _said(criteria), "action": _said(action), **rest}
    return json.dumps(said, sort_keys=True)


def forwards(found: Raw) -> bool:
    return bool(found.get("action", {}).get("forward"))


@dataclass(frozen=True, slots=True)
class Order:
    """Filters to make (by place) and to delete (by id), in a safe order.

    `early` are deleted before what replaces them is made, since there is no room for both.
    """

    steps: tuple[int | str, ...]
    early: int


def in_order(present: Iterable[Raw], create: Iterable[Raw], delete: Iterable[Raw]) -> Order | None:
    """New ones first, while there is room; None where even in the end there is none."""
    room = MOST - len(there := tuple(present))
    mail_room = MOST_FORWARDING - sum(map(forwards, there))
    waiting = list(delete)
    steps: list[int | str] = []
    early = 0
    for place, new in enumerate(create):
        while room <= 0 or (forwards(new) and mail_room <= 0):
            wanted = room <= 0 and not (forwards(new) and mail_room <= 0)
            gone = next((each for each in waiting if wanted or forwards(each)), None)
            if gone is None:
                return None
            waiting.remove(gone)
            steps.append(str(gone["id"]))
            early, room, mail_room = early + 1, room + 1, mail_room + forwards(gone)
        steps.append(place)
        room, mail_room = room - 1, mail_room - forwards(new)
    return Order((*steps, *(str(each["id"]) for each in waiting)), early)


def _criteria(rule: Rule) -> Iterator[Raw]:
    if rule.match is None:
        yield rule.criteria
        return
    try:
        found = parts(rule.match)
    except QueryError as error:
        error.message = f'Rule "{rule.name}": {error.message}'
        raise
    yield from ({"query": to_text(part)} for part in found)


def _actions(rule: Rule) -> Iterator[Action]:
    """What filters can do of it, each with one label of one's own at most."""
    action = rule.action
    first, *more = action.own or ("",)
    added = tuple(name for name in action.add if name in PUT_ON)
    whole = replace(
        action,
        add=(*([first] if first else []), *added),
        remove=tuple(name for name in action.remove if name in TAKEN_OFF),
    )
    if whole or rule.verbatim.get("action"):
        yield whole
    yield from (Action(add=(name,)) for name in more)


def _unseen(rule: Rule) -> tuple[str, ...]:
    node = node_of(rule)
    return unseen(node) if node is not None else ()


def _criteria_only(verbatim: Raw) -> Raw:
    return {key: value for key, value in verbatim.items() if key == "criteria"}


def _joined(ours: dict[str, object], theirs: Raw) -> dict[str, object]:
    """Lists and tables of both put together."""
    for key, value in theirs.items():
        mine = ours.get(key)
        if isinstance(mine, dict) and isinstance(value, Mapping):
            ours[key] = _joined(dict(mine), value)
        elif isinstance(mine, list) and isinstance(value, list):
            ours[key] = [*mine, *value]
        else:
            ours[key] = value
    return ours


def _plain(key: str, value: object) -> object:
    if isinstance(value, str):
        return " ".join(value.split()) if key == "subject" else value.strip()
    return value


def _said(raw: Raw) -> Raw:
    return {key: value for key, value in raw.items() if value not in (False, 0, "", None, [])}
