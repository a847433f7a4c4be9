"""`gmailkit doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.errors import GmailKitError

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.doctor import Check

STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


@command
def doctor(ctx: typer.Context) -> None:
    """Check that everything is in order, and say what to fix.

    Looks at client file, token, permissions, clock and endpoint. Exits with 1 when a check fails.

    Examples:
      gmailkit doctor
      gmailkit doctor --json

    Needs: nothing.
    """
    from gmailkit.services.doctor import doctor as examine

    out = State.of(ctx).out
    failed = 0
    for check in examine(State.of(ctx).settings()):
        failed += check.state == "fail"
        _show(out, check)
    if failed:
        raise GmailKitError(f"Checks that failed: {failed}.", hint="Each names what helps.")


def _show(out: Output, check: Check) -> None:
    if out.json:
        facts = {"name": check.name, "state": check.state, "detail": check.detail}
        out.record({**facts, "fix": check.fix})
    elif not out.terminal:
        out.row(check.state, check.name, check.detail, check.fix)
    else:
        name, detail = screen.visible(check.name), screen.visible(check.detail)
        out.line(f"{out.style(f'{check.state:4}', STYLES[check.state])}  {name}: {detail}")
        if check.fix:
            out.line(f"{'':6}{screen.visible(check.fix)}")
