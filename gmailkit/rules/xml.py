"""Filters as the XML that Gmail's own settings export and import (mailFilters.xml).

An Atom feed with a property for each thing said. Open: Google describes it nowhere; names and words
here are those of files that it writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from gmailkit.errors import UsageError
from gmailkit.rules.rule import IMPORTANT, SPAM, STAR, TRASH, Raw

ATOM, APPS = "http://www.w3.org/2005/Atom", "http://schemas.google.com/apps/2006"
MOST_BYTES = 10_000_000
_TEXTS = {
    "from": "from",
    "to": "to",
    "subject": "subject",
    "hasTheWord": "query",
    "doesNotHaveTheWord": "negatedQuery",
}
_FLAGS = {"hasAttachment": "hasAttachment", "excludeChats": "excludeChats"}
_ADD = {"shouldStar": STAR, "shouldTrash": TRASH, "shouldAlwaysMarkAsImportant": IMPORTANT}
_REMOVE = {
    "shouldArchive": "INBOX",
    "shouldMarkAsRead": "UNREAD",
    "shouldNeverSpam": SPAM,
    "shouldNeverMarkAsImportant": IMPORTANT,
}
_TABS = {
    "^smartlabel_personal": "CATEGORY_PERSONAL",
    "^smartlabel_social": "CATEGORY_SOCIAL",
    "^smartlabel_promo": "CATEGORY_PROMOTIONS",
    "^smartlabel_notification": "CATEGORY_UPDATES",
    "^smartlabel_group": "CATEGORY_FORUMS",
}
_UNITS = {"s_sb": 1, "s_skb": 1 << 10, "s_smb": 1 << 20}
_OPERATORS = {"s_sl": "larger", "s_ss": "smaller"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_filters(raw: bytes, *, source: str) -> tuple[tuple[Raw, ...], tuple[str, ...]]:
    """The filters of such a file, as Gmail's JSON has them but with labels by name, and a sentence
    about each that is left out.

    Raises UsageError for what is no such file. A document type is refused: entities that it defines
    could grow without end.
    """
    root = _root(raw, source)
    if root.tag != f"{{{ATOM}}}feed":
        raise UsageError(f"{source} is not what Gmail exports: it is no Atom feed.")
    found: list[Raw] = []
    notes: list[str] = []
    for number, entry in enumerate(root.iter(f"{{{ATOM}}}entry"), 1):
        said = {
            each.get("name", ""): each.get("value", "")
            for each in entry.iter(f"{{{APPS}}}property")
        }
        read, unknown = _filter(said)
        if unknown:  # without it, it might do more than was meant
            notes.append(f"Filter {number} is left out: {unknown[0]} is not known here.")
        elif not ({*read["criteria"]} - {"excludeChats"} and read["action"]):
            notes.append(f"Filter {number} is left out: it catches everything, or does nothing.")
        else:
            found.append(read)
    return tuple(found), tuple(notes)


def write_filters(
    filters: Iterable[Raw], *, name_of: Callable[[str], str]
) -> tuple[str, tuple[int, ...]]:
    """The file for filters in Gmail's JSON, and the places (from 0) of those that are left out: it
    has no way to hold them whole.
    """
    made = [_properties(each, name_of) for each in filters]
    entries = [_entry(properties) for properties in made if properties is not None]
    left = tuple(place for place, properties in enumerate(made) if properties is None)
    head = (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        f"<feed xmlns='{ATOM}' xmlns:apps='{APPS}'>\n  <title>Mail Filters</title>\n"
    )
    return f"{head}{''.join(entries)}</feed>\n", left


def _root(raw: bytes, source: str) -> Any:
    from xml.etree.ElementTree import ParseError, TreeBuilder, XMLParser

    class NoDocumentType(TreeBuilder):
        def doctype(self, name: str, public: str | None, system: str | None) -> None:
            raise UsageError(f"{source} defines entities, which Gmail's export never does.")

    if len(raw) > MOST_BYTES:
        raise UsageError(f"{source} is larger than any list of filters.")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise UsageError(f"{source} has a document type, which Gmail's export never has.")
    parser = XMLParser(target=NoDocumentType())  # noqa: S314 - no document type, so no entities
    try:
        parser.feed(raw)
        return parser.close()
    except (ParseError, ValueError, LookupError) as error:
        raise UsageError(f"{source} is no XML: {error}.") from error


def _filter(said: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """A filter, and the properties that it leaves out."""
    rest = {key: value for key, value in said.items() if value}
    criteria: dict[str, Any] = {
        theirs: rest.pop(key) for key, theirs in _TEXTS.items() if key in rest
    }
    criteria |= {theirs: True for key, theirs in _FLAGS.items() if rest.pop(key, "") == "true"}
    criteria |= _size(rest)
    add = [rest.pop("label")] if "label" in rest else []
    add += [id for key, id in _ADD.items() if rest.pop(key, "") == "true"]
    if rest.get("smartLabelToApply") in _TABS:
        add.append(_TABS[rest.pop("smartLabelToApply")])
    action: dict[str, Any] = {
        "addLabelIds": add,
        "removeLabelIds": [id for key, id in _REMOVE.items() if rest.pop(key, "") == "true"],
        "forward": rest.pop("forwardTo", ""),
    }
    said_action = {key: value for key, value in action.items() if value}
    return {"criteria": criteria, "action": said_action}, list(rest)


def _size(rest: dict[str, str]) -> dict[str, Any]:
    """Gmail writes operator and unit where there is no size, too."""
    operator, unit = rest.pop("sizeOperator", ""), rest.pop("sizeUnit", "")
    size = rest.get("size", "")
    if operator in _OPERATORS and unit in _UNITS and size.isascii() and size.isdecimal():
        bytes_ = int(rest.pop("size")[:12]) * _UNITS[unit]
        return {"size": bytes_, "sizeComparison": _OPERATORS[operator]}
    return {}


def _properties(found: Raw, name_of: Callable[[str], str]) -> dict[str, str] | None:
    """None where something has no place in the file."""
    criteria, action = dict(found.get("criteria", {})), dict(found.get("action", {}))
    said = {key: str(criteria.pop(theirs)) for key, theirs in _TEXTS.items() if theirs in criteria}
    said |= {key: "true" for key, theirs in _FLAGS.items() if criteria.pop(theirs, False)}
    size, comparison = criteria.pop("size", None), criteria.pop("sizeComparison", None)
    if size is not None and comparison in _OPERATORS.values():
        operator = next(key for key, word in _OPERATORS.items() if word == comparison)
        said |= {"size": str(size), "sizeOperator": operator, "sizeUnit": "s_sb"}
    add, remove = list(action.pop("addLabelIds", [])), list(action.pop("removeLabelIds", []))
    for words, ids in ((_ADD, add), (_REMOVE, remove)):
        for key, id in words.items():
            if id in ids:
                ids.remove(id)
                said[key] = "true"
    for key, id in _TABS.items():
        if id in add and "smartLabelToApply" not in said:
            add.remove(id)
            said["smartLabelToApply"] = key
    if len(add) == 1 and name_of(add[0]):
        said["label"] = name_of(add.pop())
    if forward := action.pop("forward", ""):
        said["forwardTo"] = forward
    whole = not (criteria or action or add or remove)
    return said if whole and not any(map(_NO_XML.search, said.values())) else None


def _entry(properties: Mapping[str, str]) -> str:
    return "".join(("  <entry>\n", *_lines(properties), "  </entry>\n"))


def _lines(properties: Mapping[str, str]) -> Iterator[str]:
    yield "    <category term='filter'></category>\n    <title>Mail Filter</title>\n"
    yield "    <content></content>\n"
    for key, value in properties.items():
        yield f"    <apps:property name='{key}' value={quoteattr(value, _ESCAPES)}/>\n"


_ESCAPES = {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
