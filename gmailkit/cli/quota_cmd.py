"""`gmailkit quota`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli.command import command
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.quota import QuotaReport


@command
def quota(
    ctx: typer.Context,
    reset: Annotated[
        bool,
        typer.Option("--reset", help="Forget pauses and what refusals have taught; ask Gmail."),
    ] = False,
) -> None:
    """Show what was spent of Gmail's quota, today and in this minute.

    Counts what all programs that use gmailkit on this machine have spent for this account; a day
    ends at midnight Pacific time. Asks Gmail nothing.

    Examples:
      gmailkit quota
      gmailkit quota --json
      gmailkit quota --reset

    Needs: any login.
    """
    state = State.of(ctx)
    gmail = state.gmail()
    if reset:
        gmail.reset_quota()
    report = gmail.quota()
    if state.out.json:
        state.out.document(report)
    else:
        _table(state.out, report)


def _table(out: Output, report: QuotaReport) -> None:
    rows = [
        (spent.method, spent.calls, spent.units, report.minute.get(spent.method, 0))
        for spent in report.today
    ]
    out.table(("method", "calls today", "units today", "units this minute"), rows)
    day, minute = sum(spent.units for spent in report.today), sum(report.minute.values())
    out.say(f"{report.day} (Pacific time): {day:,} units.")
    out.say(f"This minute: {minute:,} {_limits(report)}.")
    for remark in _remarks(report):
        out.say(remark)


def _limits(report: QuotaReport) -> str:
    limit = report.units_per_minute
    if limit:
        return f"of {limit:,} units, {report.prices} prices"
    return "units; no limit is set" if report.learned is None else "units"


def _remarks(report: QuotaReport) -> list[str]:
    remarks = []
    if report.learned is not None:
        remarks.append(
            f"Gmail refused more: at most {report.learned:,} units a minute for now. Does somebody "
            "else spend this account's quota?"
        )
    if report.in_flight is not None:
        remarks.append(f"Gmail refused more at once: {report.in_flight} in flight for now.")
    if report.paused_until:
        remarks.append(f"Gmail paused this account until {report.paused_until:%Y-%m-%d %H:%M} UTC.")
    if report.sending_paused_until:
        until = f"{report.sending_paused_until:%Y-%m-%d %H:%M} UTC"
        remarks.append(f"Gmail's daily sending limit is used up; next try at {until}.")
    return remarks
