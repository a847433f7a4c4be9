"""Filters of Gmail as rules in TOML: read back, each comes to the very same filter."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from textwrap import wrap
from typing import Any

from gmailkit.errors import QueryError
from gmailkit.mime.address import is_addr_spec
from gmailkit.mime.header import clean
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import Everything
from gmailkit.rules.nodes import KNOWN
from gmailkit.rules.read import AWAY, CRITERIA, FLAGS, INSTEAD
from gmailkit.rules.rule import IMPORTANT, TABS, Raw, Rule, Sample

_LONGEST_NAME = 60
_WIDTH = 98  # of remarks
NameOf = Callable[[str], str | None]


def write_rules(
    filters: Iterable[Raw], *, name_of: NameOf, taken: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """The text of a rule for each filter, and the names of these rules.

    `name_of` gives the name of a label of one's own by its id, None for what is none (any more).
    What has no plain form goes into [rule.gmail] as Gmail has it.
    """
    names: list[str] = []
    texts = []
    for found in filters:
        plain, verbatim = _split(found, name_of)
        names.append(_name(plain, {*taken, *names}))
        texts.append(_table(names[-1], plain, verbatim))
    return "\n".join(texts), tuple(names)


def write_rule(rule: Rule, *, above: Iterable[str] = ()) -> str:
    """The text of a rule that has a search, remarks above it and its samples below."""
    if rule.match is None:
        raise ValueError("a rule without a search is written by write_rules")
    own, add, remove = rule.action.own, rule.action.add, rule.action.remove
    plain: dict[str, Any] = {"match": to_text(rule.match)}
    if own:
        plain["label"] = own[0] if len(own) == 1 else own
    plain |= {word: True for word, id in AWAY.items() if id in remove}
    plain |= {word: True for word, id in FLAGS.items() if id in add}
    if IMPORTANT in (*add, *remove):
        plain["important"] = IMPORTANT in add
    remarks = "".join(f"# {line}\n" for remark in above for line in wrap(clean(remark), _WIDTH))
    return "\n".join([remarks + _table(rule.name, plain, {}), *map(_sample, rule.samples)])


def _sample(sample: Sample) -> str:
    said = {
        "from": sample.sender,
        "to": sample.to,
        "subject": sample.subject,
        "list": sample.list_id,
        "labels": sorted(sample.labels),
    }
    lines = (f"{key} = {_value(value)}" for key, value in said.items() if value or key == "labels")
    return "\n".join(["[[rule.test]]", *lines]) + "\n"


def short_name(words: str, taken: Collection[str]) -> str:
    """A name for a rule that no other has: shortened, and with a number where it is taken."""
    name = words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1].rstrip()}…"
    whole, number = name, 2
    while whole in taken:
        whole, number = f"{name} ({number})", number + 1
    return whole


def _split(found: Raw, name_of: NameOf) -> tuple[dict[str, Any], dict[str, Any]]:
    criteria, action = dict(found.get("criteria", {})), dict(found.get("action", {}))
    plain = {**_criteria(criteria), **_action(action, name_of)}
    rest = {key: value for key, value in found.items() if key not in ("id", "criteria", "action")}
    left = {key: value for key, value in (("criteria", criteria), ("action", action)) if value}
    return plain, {**left, **rest}


def _criteria(criteria: dict[str, Any]) -> dict[str, Any]:
    """What has a plain form, taken out of `criteria`."""
    if not _is_plain(criteria):
        return {}
    plain = {key: criteria.pop(theirs) for key, theirs in CRITERIA.items() if criteria.get(theirs)}
    comparison = criteria.get("sizeComparison")
    size = criteria.get("size")
    if comparison in ("larger", "smaller") and isinstance(size, int) and size > 0:
        plain[comparison] = size
        del criteria["size"], criteria["sizeComparison"]
    said = {k: v for k, v in criteria.items() if v is not False and v not in ("", None)}
    criteria.clear()
    criteria.update(said)
    return plain


def _is_plain(criteria: Raw) -> bool:
    """Whether we would read it back: all keys are known, and searches are such as can be read."""
    if not KNOWN.issuperset(criteria):
        return False
    for key in ("query", "negatedQuery"):
        try:
            if criteria.get(key) and parse(criteria[key]) == Everything():
                return False
        except QueryError:
            return False
    texts = ("from", "to", "subject", "query", "negatedQuery")
    given = (criteria[key] for key in texts if criteria.get(key))
    return all(isinstance(each, str) and each == each.strip() for each in given)


def _action(action: dict[str, Any], name_of: NameOf) -> dict[str, Any]:
    """What has a plain form, taken out of `action`."""
    plain: dict[str, Any] = {}
    add, remove = list(action.pop("addLabelIds", [])), list(action.pop("removeLabelIds", []))
    own = [id for id in add if _is_nameable(name_of(id))]
    if own:
        names = [str(name_of(id)) for id in own]
        plain["label"] = names[0] if len(names) == 1 else names
        add = [id for id in add if id not in own]
    for ids, words in ((remove, AWAY), (add, FLAGS)):
        for word, id in words.items():
            if id in ids:
                plain[word] = True
                ids.remove(id)
    for ids, value in ((add, True), (remove, False)):
        if IMPORTANT in ids and "important" not in plain:
            plain["important"] = value
            ids.remove(IMPORTANT)
    tabs = [word for word, id in TABS.items() if id in add]
    if len(tabs) == 1:
        plain["category"] = tabs[0]
        add.remove(TABS[tabs[0]])
    if is_addr_spec(str(action.get("forward", ""))):
        plain["forward"] = action.pop("forward")
    action |= {k: v for k, v in (("addLabelIds", add), ("removeLabelIds", remove)) if v}
    return plain


def _is_nameable(label: str | None) -> bool:
    if not label or label != label.strip():
        return False
    return label.upper() not in (*INSTEAD, *TABS.values())


def _name(plain: Raw, taken: Collection[str]) -> str:
    """What it is about, and a number where that is taken."""
    about = [str(plain[key]) for key in ("from", "subject", "to", "query") if plain.get(key)]
    label = plain.get("label")
    done = label if isinstance(label, str) else next((key for key in AWAY if key in plain), "")
    words = ": ".join(" ".join(each.split()) for each in (done, *about[:1]) if each) or "filter"
    return short_name(words, taken)


def _table(name: str, plain: Raw, verbatim: Raw) -> str:
    lines = ["[[rule]]", f"name = {_value(name)}"]
    lines += [f"{key} = {_value(value)}" for key, value in plain.items()]
    if verbatim:
        lines += ["[rule.gmail]  # kept as Gmail has it"]
        lines += [f"{_key(key)} = {_value(value)}" for key, value in verbatim.items()]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").isalnum() else _value(key)


def _value(value: object) -> str:
    match value:
        case bool() | int() | float():
            return json.dumps(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dict():
            return f"{{ {', '.join(_pairs(value))} }}" if value else "{}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            raise ValueError(f"TOML has no {value!r}")


def _pairs(table: Raw) -> Iterator[str]:
    """TOML knows no null; to Gmail it is the same as nothing."""
    yield from (
        f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None
    )
