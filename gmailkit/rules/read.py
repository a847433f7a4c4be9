"""The text of a rules.toml to `Rules`.

Strict: what is not understood is refused, with file, line and rule, since a rule that is misspelt
would move mail that nobody meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from gmailkit.errors import QueryError, UsageError
from gmailkit.mime.address import is_addr_spec
from gmailkit.query.parse import parse
from gmailkit.query.tree import Everything, Node
from gmailkit.query.values import Value, size
from gmailkit.rules.rule import (
    ARCHIVE,
    IMPORTANT,
    READ,
    SPAM,
    STAR,
    TABS,
    TRASH,
    Action,
    Rule,
    Rules,
    Sample,
)

HINT = "docs/rules.md has every key."
CRITERIA = {  # our word: Gmail's
    "from": "from",
    "to": "to",
    "subject": "subject",
    "query": "query",
    "not": "negatedQuery",
    "has_attachment": "hasAttachment",
    "exclude_chats": "excludeChats",
}
FLAGS = {"star": STAR, "delete": TRASH}  # put on
AWAY = {"archive": ARCHIVE, "read": READ, "never_spam": SPAM}  # taken off
_MAIL = ("match", *CRITERIA, "larger", "smaller")
_DONE = ("label", "remove", *AWAY, *FLAGS, "important", "category", "forward")
_KEYS = ("name", *_MAIL, *_DONE, "gmail", "test")
_SAMPLE = ("from", "to", "subject", "list", "text", "has_attachment", "file", "labels")
_MEANT = {  # what others call it
    "add": ("label",),
    "add_label": ("label",),
    "labels": ("label",),
    "trash": ("delete",),
    "mark_read": ("read",),
    "expect": ("labels",),
}
INSTEAD = {  # of Gmail's own labels, which have keys of their own
    "INBOX": "archive = true",
    "UNREAD": "read = true",
    "STARRED": "star = true",
    "TRASH": "delete = true",
    "SPAM": "never_spam = true",
    "IMPORTANT": "important = true, or false",
}
_HEADER = re.compile(r"\s*\[\[?\s*([\w.\s]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*[=.]""")
_AT_LINE = re.compile(r"\(at line (\d+),")
_BARE = re.compile(r"\s*([\w-]+)\s*=\s*([^\W\d][\w@./-]*)\s*(?:#.*)?")
_TRUTHS = {
    **dict.fromkeys(("yes", "on", "true"), "true"),
    **dict.fromkeys(("no", "off", "false"), "false"),
}
_Lines = Mapping[tuple[int, int, str], int]


def _written(text: str, error: tomllib.TOMLDecodeError) -> str:
    """How a bare word is written in TOML, where that is what is wrong."""
    at = _AT_LINE.search(str(error))
    word = _BARE.fullmatch(text.split("\n")[int(at[1]) - 1]) if at else None
    if not word:
        return "Correct the file."
    key, value = word[1], word[2]
    truth = _TRUTHS.get(value.casefold())
    return f"Write {key} = {truth}." if truth else f'Write {key} = "{value}".'


def read_rules(text: str, *, source: str) -> Rules:
    """`source` names the file in what is said. Raises UsageError with the line of what is wrong."""
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source} is no TOML: {error}.", hint=_written(text, error)) from error
    for key in whole:
        if key != "rule":
            raise UsageError(f"{source}: {key} is no word of a file of rules.", hint=HINT)
    tables = whole.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise UsageError(f"{source}: each rule begins with [[rule]].", hint=HINT)
    lines = _lines(text)
    found: dict[str, Rule] = {}
    for place, table in enumerate(tables):
        rule = _Table(source, lines, place, table).rule()
        if same := found.get(rule.name):
            raise UsageError(
                f'{source}, line {rule.line}: there is a rule "{rule.name}" already, '
                f"on line {same.line}.",
                hint="Give each a name of its own.",
            )
        found[rule.name] = rule
    return Rules(source, tuple(found.values()))


class _Table:
    """One [[rule]]."""

    def __init__(self, source: str, lines: _Lines, place: int, table: dict[str, Any]) -> None:
        self._source = source
        self._lines = lines
        self._place = place
        self._table = table
        self._sample = 0  # which [[rule.test]] is looked at, from 1

    def rule(self) -> Rule:
        table = self._table
        self._check_keys(table, _KEYS)
        name = self._text(table, "name")
        if not name:
            self._wrong("name", "it has no name", hint='Give it one: name = "..."')
        verbatim = self._verbatim()
        match, criteria = self._match(), self._criteria()
        if match is not None and criteria:
            self._wrong(
                "match",
                f"match and {next(iter(criteria))} both say which mail",
                hint="Write all of it in match, or all of it in Gmail's own keys.",
            )
        if match is None and not ({*criteria, *verbatim.get("criteria", ())} - {"excludeChats"}):
            self._wrong("", "it matches everything", hint='Say which mail: match = "from:ann"')
        action = self._action()
        if not action and not verbatim.get("action"):
            self._wrong("", "it does nothing", hint='Say what: label = "..." or archive = true')
        return Rule(
            name=name,
            match=match,
            criteria=criteria,
            action=action,
            verbatim=verbatim,
            samples=self._samples(),
            line=self._line(""),
        )

    def _match(self) -> Node | None:
        text = self._text(self._table, "match")
        if not text:
            return None
        node = self._parsed("match", text)
        if isinstance(node, Everything):
            self._wrong("match", "match finds every message there is")
        return node

    def _parsed(self, key: str, text: str) -> Node:
        try:
            return parse(text)
        except QueryError as error:
            self._wrong(key, f"{key}: {error.message.rstrip('.')}", hint=error.hint)

    def _criteria(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, theirs in CRITERIA.items():
            read = self._flag if key in ("has_attachment", "exclude_chats") else self._text
            if value := read(self._table, key):
                found[theirs] = value
        for key in ("query", "not"):
            if (text := found.get(CRITERIA[key])) and self._parsed(key, text) == Everything():
                self._wrong(key, f"{key} finds every message there is")
        for key in ("larger", "smaller"):
            if (bytes_ := self._size(key)) is not None:
                if "size" in found:
                    self._wrong(key, "a filter takes one size: larger or smaller")
                found |= {"size": bytes_, "sizeComparison": key}
        return found

    def _action(self) -> Action:
        table = self._table
        add = [*self._labels("label"), *(i for k, i in FLAGS.items() if self._flag(table, k))]
        remove = [*self._labels("remove"), *(i for k, i in AWAY.items() if self._flag(table, k))]
        if "important" in table:
            (add if self._flag(table, "important") else remove).append(IMPORTANT)
        if tab := self._text(table, "category"):
            if tab not in TABS:
                near = get_close_matches(tab, TABS, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"One of: {', '.join(TABS)}."
                self._wrong("category", f'there is no category "{tab}"', hint=hint)
            add.append(TABS[tab])
        forward = self._text(table, "forward")
        if forward and not is_addr_spec(forward):
            self._wrong("forward", f'"{forward}" is no address')
        names = {name.casefold() for name in remove}
        if both := [name for name in add if name.casefold() in names]:
            self._wrong("remove", f"{both[0]} is both put on and taken off")
        return Action(add=tuple(add), remove=tuple(remove), forward=forward)

    def _labels(self, key: str) -> list[str]:
        found = self._names(self._table, key)
        for name in found:
            if name.upper() in INSTEAD:
                self._wrong(key, f"{name} is Gmail's own", hint=INSTEAD[name.upper()])
            if name.upper() in TABS.values():
                self._wrong(key, f"{name} is a category", hint='category = "..."')
        return found

    def _verbatim(self) -> dict[str, Any]:
        found = self._table.get("gmail", {})
        if not isinstance(found, dict):
            self._wrong("gmail", "gmail is a table: [rule.gmail]")
        for key in ("criteria", "action"):
            if key in found and not isinstance(found[key], dict):
                self._wrong("gmail", f"gmail.{key} is a table, as in Gmail's JSON")
        return found

    def _samples(self) -> tuple[Sample, ...]:
        tables = self._table.get("test", [])
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            self._wrong("test", "each test begins with [[rule.test]]")
        return tuple(self._read_sample(place, each) for place, each in enumerate(tables, 1))

    def _read_sample(self, place: int, table: dict[str, Any]) -> Sample:
        self._sample = place
        self._check_keys(table, _SAMPLE)
        if "labels" not in table:
            self._wrong("", "a test says which labels it expects", hint='labels = ["INBOX"]')
        file = self._text(table, "file")
        said = [key for key in table if key not in ("file", "labels")]
        if bool(file) == bool(said):
            self._wrong("file", "a test has a file, or says what stands in the message")
        sample = Sample(
            labels=frozenset(self._names(table, "labels")),
            file=file,
            sender=self._text(table, "from"),
            to=self._text(table, "to"),
            subject=self._text(table, "subject"),
            list_id=self._text(table, "list"),
            text=self._text(table, "text"),
            has_attachment=self._flag(table, "has_attachment"),
            line=self._line(""),
        )
        self._sample = 0
        return sample

    def _check_keys(self, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                near = [each for each in _MEANT.get(key, ()) if each in known]
                near = near or get_close_matches(key, known, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
                self._wrong(
                    key, f"{key} is no word of a {'test' if self._sample else 'rule'}", hint
                )

    def _text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or (key in table and not value.strip()):
            self._wrong(key, f'{key} is a text: {key} = "..."')
        return value.strip() if key != "text" else value

    def _flag(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self._wrong(key, f"{key} is true or false")
        return value

    def _names(self, table: Mapping[str, Any], key: str) -> list[str]:
        value = table.get(key, [])
        many = [value] if isinstance(value, str) else value
        if not isinstance(many, list) or not all(isinstance(e, str) and e.strip() for e in many):
            self._wrong(key, f'{key} is the name of a label, or a list: ["...", "..."]')
        return list(dict.fromkeys(each.strip() for each in many))

    def _size(self, key: str) -> int | None:
        value = self._table.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return size(Value(key, value, f"{key}:{value}", len(key) + 1))
            except QueryError as error:
                self._wrong(key, error.message.rstrip("."), hint=error.hint)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
            self._wrong(key, f'{key} is a size in bytes, or as "10M"')
        return value

    def _line(self, key: str) -> int | None:
        return self._lines.get((self._place, self._sample, key)) or self._lines.get(
            (self._place, self._sample, "")
        )

    def _wrong(self, key: str, what: str, hint: str = "") -> NoReturn:
        line = self._line(key)
        place = f"{self._source}, line {line}" if line else self._source
        name = self._table.get("name")
        rule = f'rule "{name}"' if isinstance(name, str) and name else f"rule {self._place + 1}"
        raise UsageError(f"{place}, {rule}: {what}.", hint=hint or HINT)


def _lines(text: str) -> _Lines:
    """The line of each rule, test and key: (rule from 0, test from 1 or 0, key or "").

    As far as a look at the lines' beginnings tells, since Python's TOML reader keeps no positions.
    """
    found: dict[tuple[int, int, str], int] = {}
    rule, sample, known = -1, 0, True
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = re.sub(r"\s", "", header[1])
            known = table in ("rule", "rule.test")
            if table == "rule":
                rule, sample = rule + 1, 0
            elif table == "rule.test":
                sample = max([test for of, test, _ in found if of == rule], default=0) + 1
            found.setdefault((rule, sample if known else 0, "" if known else "gmail"), number)
        elif known and (key := _KEY.match(line)):
            found.setdefault((rule, sample, key[1]), number)
    return found
