"""How long a backup takes by each way: as a table, and in a sentence before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gmailkit.cli import screen
from gmailkit.cli.plan import DryRun
from gmailkit.cli.progress import time_text

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.backup.ways import BackupPlan, Way

_NAMES = {"api": "by the API", "imap": "over IMAP", "both": "by both side by side"}


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """By which way, or only what it would take."""

    via: Annotated[
        Literal["fastest", "api", "imap", "both"] | None,
        typer.Option(
            "--via",
            help="By which way messages come [the fastest; api for what that reads in a minute].",
        ),
    ] = None
    dry_run: DryRun = False


def show(out: Output, plan: BackupPlan) -> None:
    """All ways, as data."""
    if out.json:
        out.document(facts(plan))
        return
    about = "about " if plan.sampled else ""
    size = "" if plan.bytes is None else f", {about}{screen.bytes_text(plan.bytes)}"
    out.say(f"{plan.account}: {screen.count_text(plan.messages, 'message')} to read{size}.")
    out.table(
        ("way", "time", "units", "by IMAP", ""),
        (
            (
                way.name,
                f"{about if way.by_imap else ''}{time_text(way.seconds)}",
                f"{way.units:,}",
                screen.bytes_text(way.bytes) if way.by_imap else "",
                "picked" if way.name == plan.picked else "closed" if way.closed else "",
            )
            for way in plan.ways
        ),
    )
    _say_closed(out, plan)


def tell(out: Output, plan: BackupPlan) -> None:
    """Before a run: which way is gone, and what the others would have taken."""
    chosen = plan.way(plan.picked)
    others = "".join(
        f", {_NAMES[way.name]} {time_text(way.seconds)}"
        for way in plan.ways
        if way is not chosen and not way.closed
    )
    out.say(f"{_begun(chosen)} it takes about {time_text(chosen.seconds)}{others}.")
    _say_closed(out, plan)


def facts(plan: BackupPlan) -> dict[str, object]:
    return {
        "account": plan.account,
        "messages": plan.messages,
        "bytes": plan.bytes,
        "sampled": plan.sampled,
        "picked": plan.picked,
        "ways": [_facts(way) for way in plan.ways],
    }


def _facts(way: Way) -> dict[str, object]:
    return {
        "way": way.name,
        "seconds": round(way.seconds, 1),
        "units": way.units,
        "by_imap": way.by_imap,
        "bytes": way.bytes,
        "closed": way.closed,
        "hint": way.hint,
    }


def _begun(way: Way) -> str:
    """Its name at the beginning of a sentence."""
    name = _NAMES[way.name]
    return name[:1].upper() + name[1:]


def _say_closed(out: Output, plan: BackupPlan) -> None:
    closed = [way for way in plan.ways if way.closed]
    if not closed:
        return
    best = min(closed, key=lambda way: way.seconds)
    out.say(f"{_begun(best)} it would take about {time_text(best.seconds)}, but: {best.closed}")
    if best.hint:
        out.say(best.hint)
