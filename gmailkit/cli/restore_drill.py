"""`gmailkit restore --drill`: what a try of the way back has found."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.progress import ProgressLine
from gmailkit.cli.state import State
from gmailkit.errors import BackupDamaged, UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.restoring.drill import Drill

_ALL = "all"


def practise(state: State, folder: Path, *, origin: str, query: str, sample: str | None) -> None:
    """Raises BackupDamaged, when all is told, where a message did not come back as it was."""
    from gmailkit.services.restoring.drill import SAMPLE, drill

    many = _number(sample) if sample else SAMPLE
    state.start_log()
    with closing(ProgressLine(state.out)) as line:
        found = drill(
            folder,
            origin=origin,
            query=query,
            sample=many,
            on_progress=lambda done, total: line.show(
                done, total, f"{done:,} of {screen.count_text(total, 'message')} tried"
            ),
        )
    if state.out.json:
        state.out.document({"ok": found.ok, **_facts(found)})
    else:
        _tell(state.out, found)
    if not found.ok:
        count, place = len({each.item for each in found.wrong}), name_of(folder)
        raise BackupDamaged(
            f"{screen.count_text(count, 'message')} of {place} did not come back as they were.",
            hint=f"The others came back whole. What is damaged: {to_type('verify', place)}",
        )


def _number(sample: str) -> int | None:
    if sample == _ALL:
        return None
    if not sample.isascii() or not sample.isdecimal() or not int(sample):
        raise UsageError(f"--sample takes a number of messages, or all; not {sample!r}.")
    return int(sample)


def _facts(found: Drill) -> dict[str, object]:
    return {
        "path": name_of(found.path),
        "accounts": found.accounts,
        "messages": found.messages,
        "tried": found.tried,
        "bytes": found.bytes,
        "conversations": found.conversations,
        "labels": found.labels,
        "listed": found.listed,
        "refused": found.refused,
        "wrong": found.wrong,
    }


def _tell(out: Output, found: Drill) -> None:
    for kind, failures in (("wrong", found.wrong), ("refused", found.refused)):
        for each in failures:
            out.row(kind, each.item, each.why)
    for what, count in found.listed.items():
        out.say(f"As listed in docs/restoring.md: {what}, {screen.count_text(count, 'message')}.")
    if found.refused:
        out.say("What Gmail refuses is kept as it is by a restore, in its quarantine folder.")
    if not found.tried:
        out.say(f"{name_of(found.path)} holds no message of that kind.")
    elif found.ok:
        of = f" of {found.messages:,}" if found.tried < found.messages else ""
        size = screen.bytes_text(found.bytes)
        out.line(
            f"{name_of(found.path)}: {found.tried:,}{of} messages tried in an empty practice "
            f"mailbox ({size}); bytes, labels, dates and {found.conversations:,} conversations "
            "came back."
        )
