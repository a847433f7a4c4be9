"""`gmailkit copy --check`: what of one store another one lacks, or has otherwise."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.progress import ProgressLine
from gmailkit.errors import BackupDamaged, to_type

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.state import State
    from gmailkit.services.copying.check import Comparison
    from gmailkit.services.places import Places

_TOLD = 20  # messages that are named to a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which messages of the source, and under which labels they come."""

    query: Annotated[
        str, typer.Option("--query", metavar="QUERY", help="Only messages that match this search.")
    ] = ""
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DATE", help="Only what was received from then on."),
    ] = None
    everywhere: Annotated[
        bool, typer.Option("--spam-and-trash", help="With what lies in Spam and Trash.")
    ] = False
    rules: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="RULE", help="OLD=NEW, OLD/*=NEW/*, OLD= or @FILE; several."),
    ] = None


def tell_differences(state: State, opened: Places, source: str, target: str, which: Which) -> None:
    """Raises BackupDamaged, when all is told, where something differs that should not."""
    from gmailkit.services.copying.check import compare_stores

    out = state.out
    with closing(ProgressLine(out)) as line:
        found = compare_stores(
            opened,
            source,
            target,
            query=which.query,
            since=which.since,
            rules=which.rules or (),
            everywhere=which.everywhere,
            on_seen=lambda count: line.show(
                count, None, f"{screen.count_text(count, 'message')} looked at"
            ),
        )
    if out.json:
        out.document({"source": source, "target": target, "ok": found.ok, **_facts(found)})
    else:
        _tell(out, found, source, target)
    if not found.ok:
        raise BackupDamaged(
            f"{target} is not the same as {source}.",
            hint=f"What is missing is copied by: {to_type('copy', source, target)}",
        )


def _facts(found: Comparison) -> dict[str, object]:
    return {
        "messages": found.messages,
        "equal": found.equal,
        "near": found.near,
        "listed": found.listed,
        "wrong": [{"message": each.item, "why": each.why} for each in found.wrong],
        "missing": found.missing,
        "said": found.said,
        "extra": found.extra,
        "unread": [{"message": each.item, "why": each.why} for each in found.unread],
    }


def _tell(out: Output, found: Comparison, source: str, target: str) -> None:
    count = screen.count_text(found.messages, "message")
    near = f", {found.near:,} with what is listed" if found.near else ""
    as_before = "is in {} as it was" if found.equal == 1 else "are in {} as they were"
    there = f"Of {count} of {source}, {found.equal:,} {as_before.format(target)}{near}."
    out.line(screen.visible(there))
    for name, number in found.listed.items():
        out.line(f"  listed, {name}: {number:,}")
    called = {ref: f"{ref} ({words})" for ref, words in found.said.items() if words}
    lines = [
        *(f"missing: {called.get(ref, ref)}" for ref in found.missing),
        *(
            f"{called.get(each.item, each.item)}: {each.why}"
            for each in (*found.wrong, *found.unread)
        ),
    ]
    for line in lines[:_TOLD]:
        out.line(screen.visible(f"  {line}"))
    if len(lines) > _TOLD:
        out.line(f"  and {len(lines) - _TOLD:,} more (--json tells all)")
    if found.extra:
        out.line(screen.visible(f"  {target} has {found.extra:,} besides"))
