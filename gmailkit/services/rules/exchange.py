"""Rules from and to the XML that Gmail's own settings import and export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gmailkit.errors import UsageError
from gmailkit.rules.filters import Wanted, filters_of, key_of, left_to_run
from gmailkit.rules.rule import PUT_ON, TAKEN_OFF, Rules
from gmailkit.rules.write import write_rules
from gmailkit.rules.xml import read_filters, write_filters
from gmailkit.services.rules.files import append, read_file, read_if_any


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`names` of the rules that were written, `known` filters had a rule already; `notes` say what
    was left out.
    """

    names: tuple[str, ...]
    known: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The text of the file; `notes` say what was left out."""

    xml: str
    notes: tuple[str, ...]


def import_xml(rules: Path, xml: Path) -> Imported:
    """Write a rule for each filter of an export of Gmail's that the file does not know, at its end.

    Nobody is asked. Raises UsageError for a file that is none of rules, or no such export.
    """
    before = read_if_any(rules)
    try:
        raw = xml.read_bytes()
    except OSError as error:
        raise UsageError(f"{xml} cannot be read: {error.strerror}.") from error
    found, notes = read_filters(raw, source=str(xml))
    known = {key_of(each.body(str)) for each in _wanted(before)}
    distinct = {key_of(each): each for each in found}
    new = [each for key, each in distinct.items() if key not in known]
    if not new:
        return Imported(names=(), known=len(found), notes=notes)
    taken = [rule.name for rule in before.all]
    text, names = write_rules(new, name_of=_own, taken=taken)
    append(rules, text)
    return Imported(names=names, known=len(found) - len(new), notes=notes)


def export_xml(rules: Path) -> Exported:
    """The filters of the rules, for the import in Gmail's own settings.

    Nobody is asked. Raises UsageError for a file that is none of rules.
    """
    found = read_file(rules)
    wanted = _wanted(found)
    able = [each for each in wanted if not each.unseen]
    xml, left = write_filters([each.body(str) for each in able], name_of=str)
    notes = [
        f"{each.rule} is left out: filters ignore {', '.join(each.unseen)}."
        for each in wanted
        if each.unseen
    ]
    notes += [f"{able[place].rule} is left out: the XML cannot hold it." for place in left]
    notes += [
        f"{rule.name}: filters take off no label of your own ({', '.join(off)})."
        for rule in found.all
        if (off := left_to_run(rule))
    ]
    return Exported(xml=xml, notes=tuple(dict.fromkeys(notes)))


def _wanted(rules: Rules) -> list[Wanted]:
    return [each for rule in rules.all for each in filters_of(rule)]


def _own(id: str) -> str | None:
    """In the XML a label of one's own is its name."""
    return None if id in PUT_ON or id in TAKEN_OFF else id
