"""`gmailkit settings vacation`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmailkit.cli import body as texts
from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change, show
from gmailkit.cli.state import State

Subject = typer.Option("--subject", "-s", metavar="TEXT", help="The subject of the reply.")
Body = typer.Option("--body", metavar="TEXT", help="Its text; - reads stdin.")
BodyFile = typer.Option("--body-file", metavar="FILE", help="Its text, in a UTF-8 file.")
Html = typer.Option("--html", metavar="HTML", help="Its text in HTML (begins with <), or a file.")
From = typer.Option("--from", metavar="DAY", help="The first day, or a time; else from now on.")
Until = typer.Option("--until", metavar="DAY", help="The last day, or a time; else until off.")
Contacts = typer.Option("--contacts-only", help="Reply to your contacts alone.")
Domain = typer.Option("--domain-only", help="Reply to your organisation alone.")


@command
def _show(ctx: typer.Context) -> None:
    """Show the vacation reply.

    Examples:
      gmailkit settings vacation show
      gmailkit settings vacation show --json

    Needs: gmail.readonly (any login but --for send).
    """
    _show_it(State.of(ctx))


@command
def _on(
    ctx: typer.Context,
    subject: Annotated[str | None, Subject] = None,
    body: Annotated[str | None, Body] = None,
    body_file: Annotated[Path | None, BodyFile] = None,
    html: Annotated[str | None, Html] = None,
    start: Annotated[str | None, From] = None,
    end: Annotated[str | None, Until] = None,
    contacts_only: Annotated[bool, Contacts] = False,
    domain_only: Annotated[bool, Domain] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Turn the vacation reply on.

    Words that are not given stay as they were; days and to whom are as said now. Days are of this
    machine's time zone, and the last one counts whole. Each sender gets one reply in four days.

    Examples:
      gmailkit settings vacation on -s Away --body 'Back on Monday.' --until 2027-01-03
      gmailkit settings vacation on --from 2026-12-24T12:00 --contacts-only --yes

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    state = State.of(ctx)
    text = texts.text(state, body, body_file)
    in_html = texts.html(state, html) if html is not None else None
    change(
        state,
        lambda to: to.vacation.on(
            subject=subject,
            text=text,
            html=in_html,
            start=start,
            end=end,
            contacts_only=contacts_only,
            domain_only=domain_only,
        ),
        yes=yes,
        dry_run=dry_run,
    )


@command
def _off(ctx: typer.Context, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Turn the vacation reply off; its words are kept.

    Examples:
      gmailkit settings vacation off
      gmailkit settings vacation off --yes

    Needs: gmail.settings.basic (gmailkit login --for settings).
    """
    change(State.of(ctx), lambda to: to.vacation.off(), yes=yes, dry_run=dry_run)


@group(_show, _on, _off)
def vacation(ctx: typer.Context) -> None:
    """Show the vacation reply, and turn it on and off.

    Examples:
      gmailkit settings vacation
      gmailkit settings vacation on -s Away --body 'Back on Monday.'
      gmailkit settings vacation off

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_it(State.of(ctx))


def _show_it(state: State) -> None:
    from gmailkit.cli.settings import views

    show(state, views.vacation(state.gmail().preferences.vacation.show()))
