"""`gmailkit settings signature`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gmailkit.cli import body as texts
from gmailkit.cli import screen
from gmailkit.cli.command import command, group
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.settings.change import change
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

Address = Annotated[
    str,
    typer.Option("--address", metavar="ADDRESS", help="Of this address; else of the default one."),
]
Body = typer.Option("--body", metavar="TEXT", help="The signature as text; - reads stdin.")
BodyFile = typer.Option("--body-file", metavar="FILE", help="The same, in a UTF-8 file.")
Html = typer.Option("--html", metavar="HTML", help="It in HTML (begins with <), or a file.")


@command
def _show(ctx: typer.Context, address: Address = "") -> None:
    """Show the signature of an address, which is HTML.

    Examples:
      gmailkit settings signature show
      gmailkit settings signature show --address ann@example.com

    Needs: gmail.readonly (any login but --for send).
    """
    _show_it(State.of(ctx), address)


@command
def _set(
    ctx: typer.Context,
    body: Annotated[str | None, Body] = None,
    body_file: Annotated[Path | None, BodyFile] = None,
    html: Annotated[str | None, Html] = None,
    address: Address = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Set the signature of an address.

    Gmail's web page puts it below new mail; what gmailkit sends goes without.

    Examples:
      gmailkit settings signature set --body 'Ann Lee, Example Ltd'
      gmailkit settings signature set --html '<b>Ann Lee</b>' --yes

    Needs: gmail.settings.basic (gmailkit login --for settings; for an alias a service account).
    """
    state = State.of(ctx)
    text = texts.text(state, body, body_file)
    if (text is None) == (html is None):
        raise UsageError("Give the signature once.", hint="Use --body, --body-file or --html.")
    signature = _as_html(text) if text is not None else texts.html(state, html or "")
    change(state, lambda to: to.send_as.sign(signature, address=address), yes=yes, dry_run=dry_run)


@command
def _clear(
    ctx: typer.Context, address: Address = "", yes: Yes = False, dry_run: DryRun = False
) -> None:
    """Take the signature of an address away.

    Examples:
      gmailkit settings signature clear
      gmailkit settings signature clear --address ann@example.com --yes

    Needs: gmail.settings.basic (gmailkit login --for settings; for an alias a service account).
    """
    change(State.of(ctx), lambda to: to.send_as.sign("", address=address), yes=yes, dry_run=dry_run)


@group(_show, _set, _clear)
def signature(ctx: typer.Context) -> None:
    """Show the signature, set it, clear it.

    Examples:
      gmailkit settings signature
      gmailkit settings signature set --body 'Ann Lee, Example Ltd'
      gmailkit settings signature clear

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is None:
        _show_it(State.of(ctx), "")


def _show_it(state: State, address: str) -> None:
    found = state.gmail().preferences.send_as.get(address)
    if state.out.json:
        facts = {"address": found.send_as_email, "signature": found.signature}
        state.out.document(facts)
    elif found.signature:
        state.out.line(screen.visible_text(found.signature))
    else:
        state.out.say(f"{found.send_as_email} has no signature.")


def _as_html(text: str) -> str:
    from gmailkit.services.settings.send_as import html_of

    return html_of(text)
