"""The text of a policy.toml to `Policy`.

Strict: what is not understood is refused, with its line, since a rule that is misspelt would
protect nobody. The caller then sends nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from gmailkit.errors import UsageError
from gmailkit.mime.address import is_addr_spec
from gmailkit.policy.addresses import Pattern
from gmailkit.policy.kinds import is_kind, plain_kind
from gmailkit.policy.rules import CAPS, Approval, Policy, Rules

_TABLES: Mapping[str, tuple[str, ...]] = {
    "recipients": ("allow", "deny", "internal", "most"),
    "caps": tuple(CAPS),
    "attachments": ("allow", "deny", "largest", "largest_message"),
}
_TOP = ("sending", "approval", *_TABLES)
_APPROVALS = ("none", "all", "external")
_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "kib": 1024, "mib": 1024**2}
_SIZE = re.compile(r"(\d{1,12})\s*([a-z]*)", re.IGNORECASE)
_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def read_policy(text: str, *, source: str) -> Policy:
    """`source` names the file in what is said. Raises UsageError with the line of what is wrong."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{source} is no TOML: {error}. Nothing is sent until it is.", hint="Correct the file."
        ) from error
    lines = _lines(text)
    accounts = tables.pop("accounts", {})
    if not isinstance(accounts, dict):
        raise _wrong(source, lines.get(("accounts",)), "accounts is a table of accounts")
    sections = {
        name: _Section(source, text, lines, ("accounts", name), table).read()
        for name, table in accounts.items()
    }
    return Policy(_Section(source, text, lines, (), tables).read(), sections)


class _Section:
    """The rules of one account, or of all of them."""

    def __init__(
        self,
        source: str,
        text: str,
        lines: Mapping[tuple[str, ...], int],
        path: tuple[str, ...],
        table: Any,
    ) -> None:
        self.source = source
        self.text = text.splitlines()
        self.lines = lines
        self.path = path
        self.table = table
        self.found: dict[str, int] = {}  # lines by the names that are shown

    def read(self) -> Rules:
        if self.path and not is_addr_spec(self.path[-1]):
            self._wrong((), f'accounts."{self.path[-1]}" is not named by an address')
        if not isinstance(self.table, dict):
            self._wrong((), f"{'.'.join(self.path)} is a table")
        self._check_names((), self.table, _TOP if self.path else (*_TOP, "accounts"))
        for name, keys in _TABLES.items():
            if name in self.table:
                if not isinstance(self.table[name], dict):
                    self._wrong((name,), f"{name} is a table: [{name}]")
                self._check_names((name,), self.table[name], keys)
        return Rules(
            source=self.source,
            section=self.path[-1] if self.path else "",
            sending=self._sending(),
            approval=self._approval(),
            allow=self._patterns("recipients", "allow"),
            deny=self._patterns("recipients", "deny") or (),
            internal=self._patterns("recipients", "internal"),
            most=self._number("recipients", "most"),
            caps={key: most for key in CAPS if (most := self._number("caps", key)) is not None},
            kinds=self._kinds("allow"),
            forbidden_kinds=self._kinds("deny") or (),
            largest=self._size("largest"),
            largest_message=self._size("largest_message"),
            lines=self.found,
        )

    def _check_names(self, table: tuple[str, ...], given: dict[str, Any], known: Any) -> None:
        for name in given:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                meant = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
                self._wrong((*table, name), f"{name} is no word of a policy", meant)

    def _value(self, *key: str) -> Any:
        node = self.table
        for step in key:
            node = node.get(step) if node is not None else None
        if node is not None and (line := self.lines.get((*self.path, *key))):
            self.found[".".join(key)] = line
        return node

    def _sending(self) -> bool:
        said = self._value("sending")
        if said not in (None, "on", "off"):
            self._wrong(("sending",), f'sending is "on" or "off", not {_shown(said)}')
        return bool(said != "off")

    def _approval(self) -> Approval:
        said = self._value("approval")
        if isinstance(said, list):
            return self._patterns("approval") or ()
        if said is not None and said not in _APPROVALS:
            words = ", ".join(_APPROVALS)
            what = f"one of {words} or a list of addresses and domains, not {_shown(said)}"
            self._wrong(("approval",), f"approval is {what}")
        return said or "none"

    def _patterns(self, *key: str) -> tuple[Pattern, ...] | None:
        return self._list(key, Pattern.read, "an address (ann@example.com) or a domain")

    def _kinds(self, key: str) -> tuple[str, ...] | None:
        def read(text: str) -> str | None:
            return plain_kind(text) if is_kind(text) else None

        return self._list(("attachments", key), read, "an ending (pdf) or a type (image/*)")

    def _list(self, key: tuple[str, ...], read: Any, wanted: str) -> tuple[Any, ...] | None:
        given = self._value(*key)
        if given is None:
            return None
        if not isinstance(given, list):
            self._wrong(key, f'{".".join(key)} is a list: ["..."]')
        many = []
        for each in given:
            line = self._line_of_item(key, each)
            one = read(each) if isinstance(each, str) else None
            if one is None:
                raise _wrong(self.source, line, f"{_shown(each)} is not {wanted}")
            if line:
                shown = one.text if isinstance(one, Pattern) else one
                self.found[f"{'.'.join(key)}={shown}"] = line
            many.append(one)
        return tuple(many)

    def _line_of_item(self, key: tuple[str, ...], item: object) -> int | None:
        """The line on which a text of a list stands, at its key or below."""
        first = self.lines.get((*self.path, *key))
        if first is None:
            return None
        quoted = (f'"{item}"', f"'{item}'")
        for number, line in enumerate(self.text[first - 1 :], first):
            if any(each in line for each in quoted):
                return number
        return first

    def _number(self, *key: str) -> int | None:
        given = self._value(*key)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int) or given < 0:
            self._wrong(key, f"{'.'.join(key)} is a whole number, not {_shown(given)}")
        return given

    def _size(self, name: str) -> int | None:
        key = ("attachments", name)
        given = self._value(*key)
        if given is None or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
            return given
        found = _SIZE.fullmatch(given.strip()) if isinstance(given, str) else None
        if found is None or found[2].casefold() not in _UNITS:
            self._wrong(key, f'{".".join(key)} is a size as "10 MB", not {_shown(given)}')
        return int(found[1]) * _UNITS[found[2].casefold()]

    def _wrong(self, key: tuple[str, ...], what: str, hint: str = "") -> NoReturn:
        raise _wrong(self.source, self.lines.get((*self.path, *key)), what, hint)


def _wrong(source: str, line: int | None, what: str, hint: str = "") -> UsageError:
    place = f"{source}, line {line}" if line else source
    return UsageError(
        f"{place}: {what}. Nothing is sent until it is right.",
        hint=hint or "docs/policy.md has every rule.",
    )


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of each table and key, as far as a look at the lines' beginnings tells.

    Python's TOML reader keeps no positions. A line within a text of several lines may be taken for
    a key; then a message names a wrong line, and nothing else is wrong.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = _path(header[1])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_path(key[1])), number)
    return found


def _path(dotted: str) -> tuple[str, ...]:
    try:
        node: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    path = []
    while isinstance(node, dict):
        name, node = next(iter(node.items()))
        path.append(name)
    return tuple(path)
