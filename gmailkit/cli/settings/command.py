"""`gmailkit settings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from gmailkit.cli import screen
from gmailkit.cli.command import group
from gmailkit.cli.settings.delegates import delegates
from gmailkit.cli.settings.filters import filters
from gmailkit.cli.settings.forwarding import forwarding
from gmailkit.cli.settings.imap import imap
from gmailkit.cli.settings.language import language
from gmailkit.cli.settings.pop import pop
from gmailkit.cli.settings.send_as import send_as
from gmailkit.cli.settings.signature import signature
from gmailkit.cli.settings.vacation import vacation
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.services.settings.preferences import Summary


@group(vacation, forwarding, send_as, signature, filters, delegates, language, imap, pop)
def settings(ctx: typer.Context) -> None:
    """Show the settings of the mailbox in Gmail, and change them.

    Examples:
      gmailkit settings
      gmailkit settings vacation on -s Away --body 'Back on Monday.' --until 2027-01-03
      gmailkit settings filters create --from ci@example.com --archive

    Needs: gmail.readonly (any login but --for send).
    """
    if ctx.invoked_subcommand is not None:
        return
    from gmailkit.cli.settings import views

    state = State.of(ctx)
    found = state.gmail().preferences.summary()
    if state.out.json:
        state.out.document(views.summary(found))
    else:
        state.out.table(("SETTING", "NOW"), _rows(found))


def _rows(found: Summary) -> list[tuple[str, str]]:
    from gmailkit.cli.settings import views

    addresses = [
        each.send_as_email + (" (default)" if each.is_default else "") for each in found.send_as
    ]
    signed = [each.send_as_email for each in found.send_as if each.signature]
    return [
        ("vacation", _vacation(found)),
        ("forwarding", _forwarding(found)),
        ("send-as", ", ".join(addresses)),
        ("signature", f"of {', '.join(signed)}" if signed else "none"),
        ("filters", screen.count_text(len(found.filters), "filter")),
        ("delegates", _delegates(found)),
        ("language", found.language.display_language),
        ("imap", "on" if found.imap.enabled else "off"),
        (
            "pop",
            f"on, {views.pop(found.pop)['mail']} mail" if views.pop(found.pop)["on"] else "off",
        ),
    ]


def _vacation(found: Summary) -> str:
    from gmailkit.cli.settings.views import text

    it = found.vacation
    if not it.enable_auto_reply:
        return "off"
    start = f" from {text(it.start_time)}" if it.start_time else ""
    end = f" until {text(it.end_time)}" if it.end_time else ""
    return f"on{start}{end}: {it.response_subject or '(no subject)'}"


def _forwarding(found: Summary) -> str:
    from gmailkit.cli.settings.views import forwarding as view

    there = screen.count_text(len(found.forwarding_addresses), "address", "addresses")
    if not found.forwarding.enabled:
        return f"off; {there}"
    return f"all mail to {found.forwarding.email_address}, then {view(found.forwarding)['then']}"


def _delegates(found: Summary) -> str:
    if found.delegates is None:
        return "only a service account can tell"
    return ", ".join(each.delegate_email for each in found.delegates) or "none"
