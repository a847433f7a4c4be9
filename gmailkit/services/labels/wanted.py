"""The text of a labels.toml to the labels that are wanted; and labels to such a text.

Strict: what is not understood is refused with its line, before anything is changed.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gmailkit.errors import UsageError
from gmailkit.model.label import Label, LabelColor, LabelListVisibility
from gmailkit.services.labels.colors import check_color, color_name
from gmailkit.services.labels.names import bad_name

VISIBILITIES: Mapping[str, LabelListVisibility] = {
    "show": "labelShow",
    "if-unread": "labelShowIfUnread",
    "hide": "labelHide",
}
_KEYS = ("name", "color", "text", "visibility", "renamed_from")
_HEAD = re.compile(r"\s*\[\[\s*label\s*\]\]")
_PLACE = re.compile(r"^(.*) \(at (?:line (\d+), column \d+|end of document)\)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One label as the file has it; None: left as it is. `where` names the file and the line."""

    name: str
    color: LabelColor | None
    visibility: LabelListVisibility | None
    renamed_from: str
    where: str


def read_file(path: Path) -> tuple[Wanted, ...]:
    """Raises UsageError for one that cannot be read, or says what is not understood."""
    try:
        return read_wanted(path.read_text(encoding="utf-8"), source=path.name)
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not in UTF-8.", hint="Save it as UTF-8.") from error


def read_wanted(text: str, *, source: str) -> tuple[Wanted, ...]:
    """`source` names the file in what is said. Raises UsageError with the line of what is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(error, text, source) from error
    rows = table.pop("label", [])
    if table or not isinstance(rows, list):
        raise UsageError(
            f"{source}: {next(iter(table), 'label')} is not understood.",
            hint="The file is a list of labels, each headed by [[label]].",
        )
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines, 1) if _HEAD.match(line)]
    heads = heads if len(heads) == len(rows) else [0] * len(rows)
    found = tuple(_Row(source, lines, head, row).read() for head, row in zip(heads, rows))  # noqa: B905 - as many
    _check_together(found)
    return found


def write_wanted(labels: Iterable[Label]) -> str:
    """Such a text of all that are not Gmail's own."""
    parts = []
    for label in sorted(labels, key=lambda each: each.name.casefold()):
        if label.type == "system":
            continue
        facts = {"name": label.name}
        if label.color:
            facts["color"] = color_name(label.color.background_color)
            facts["text"] = color_name(label.color.text_color)
        words = {word: name for name, word in VISIBILITIES.items()}
        visibility = words.get(label.label_list_visibility or "labelShow")
        if visibility and visibility != "show":
            facts["visibility"] = visibility
        lines = [f"{key} = {_quoted(value)}" for key, value in facts.items()]
        parts.append("\n".join(("[[label]]", *lines)) + "\n")
    return "\n".join(parts)


class _Row:
    """One [[label]], which begins at the line `head`; 0 when nobody knows."""

    def __init__(self, source: str, lines: list[str], head: int, row: Any) -> None:
        self._source = source
        self._lines = lines
        self._head = head
        self._row = row

    def read(self) -> Wanted:
        if not isinstance(self._row, dict):
            raise self._wrong("", "a label is a table", "Head it by [[label]].")
        for key, value in self._row.items():
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(_KEYS)}."
                raise self._wrong(key, f"{key} is no word of a label", hint)
            if not isinstance(value, str):
                raise self._wrong(key, f"{key} is a text, in quotes")
        name = self._row.get("name", "")
        if reason := bad_name(name):
            raise self._wrong("name", f'"{name}" cannot be the name of a label: {reason}')
        visibility = self._row.get("visibility")
        if visibility is not None and visibility not in VISIBILITIES:
            known = ", ".join(VISIBILITIES)
            raise self._wrong("visibility", f'"{visibility}" is no visibility', f"One of: {known}.")
        return Wanted(
            name=name,
            color=self._color(),
            visibility=VISIBILITIES[visibility] if visibility else None,
            renamed_from=self._row.get("renamed_from", ""),
            where=self._where("name"),
        )

    def _color(self) -> LabelColor | None:
        try:
            return check_color(self._row.get("color"), self._row.get("text"))
        except UsageError as error:
            key = "color" if "color" in self._row else "text"
            raise self._wrong(key, error.message.rstrip("."), error.hint) from error

    def _where(self, key: str) -> str:
        if not self._head:
            return self._source
        for number, line in enumerate(self._lines[self._head :], self._head + 1):
            if _HEAD.match(line):
                break
            if re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
                return f"{self._source}, line {number}"
        return f"{self._source}, line {self._head}"

    def _wrong(self, key: str, what: str, hint: str = "") -> UsageError:
        return UsageError(f"{self._where(key)}: {what}.", hint=hint or "Nothing was changed.")


def _check_together(found: tuple[Wanted, ...]) -> None:
    """No label twice, and none under another spelling of one of them."""
    spelt: dict[str, Wanted] = {}
    for each in found:
        if spelt.setdefault(each.name.casefold(), each) is not each:
            raise UsageError(
                f'{each.where}: "{each.name}" is there twice.', hint="Nothing was changed."
            )
    for each in found:
        parts = each.name.split("/")
        for depth in range(1, len(parts)):
            above = "/".join(parts[:depth])
            other = spelt.get(above.casefold())
            if other and other.name != above:
                raise UsageError(
                    f'{each.where}: "{each.name}" would lie under "{other.name}", spelt otherwise.',
                    hint=f'Write "{other.name}{each.name[len(above) :]}".',
                )


def _no_toml(error: tomllib.TOMLDecodeError, text: str, source: str) -> UsageError:
    found = _PLACE.match(str(error))
    what = found[1] if found else str(error)
    line = (found and found[2]) or max(len(text.splitlines()), 1)
    return UsageError(
        f"{source}, line {line}: this is no TOML: {what[0].lower()}{what[1:]}.",
        hint="Nothing was changed. Names and colours are in quotes, each label under [[label]].",
    )


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
