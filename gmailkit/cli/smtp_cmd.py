"""`gmailkit smtp`: sending by SMTP, and watching it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Option

from gmailkit.cli import compose, leave
from gmailkit.cli.command import command, group
from gmailkit.cli.dialogue import listen
from gmailkit.cli.letter import Given
from gmailkit.cli.password_cmd import keep_password
from gmailkit.cli.state import UNSENT, State

if TYPE_CHECKING:
    from gmailkit.services.smtp import Probe

Server = Annotated[
    str | None,
    Option("--server", metavar="URL", help="This server: smtp+starttls://user@host:587."),
]
Transcript = Annotated[bool, Option("--transcript", help="Print the dialogue, line by line.")]
Explain = Annotated[bool, Option("--explain", help="The same, with what each line means.")]


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What the server is told, whatever the message says."""

    mail_from: Annotated[
        str | None, Option("--mail-from", metavar="ADDRESS", help="Envelope sender; <> for nobody.")
    ] = None
    rcpt: Annotated[
        list[str], Option("--rcpt", metavar="ADDRESS", help="Who gets it, whatever To says.")
    ] = field(default_factory=list)
    notify: Annotated[
        list[str],
        Option("--notify", metavar="WHEN", help="Report: never, success, failure, delay."),
    ] = field(default_factory=list)
    returns: Annotated[
        Literal["full", "headers"] | None,
        Option("--return", metavar="WHAT", help="A report holds full or headers of it."),
    ] = None


@command
def _send(
    ctx: typer.Context,
    given: Given,
    envelope: Envelope,
    server: Server = None,
    transcript: Transcript = False,
    explain: Explain = False,
    *,
    leaving: leave.Spoken,
) -> None:
    """Send one message by SMTP and show how.

    What the message says is said as in send. Without --server it leaves by that of GMAILKIT_SMTP,
    else by smtp.gmail.com. It is in the ledger and under the rules as all mail. What a server takes
    later only, and what --at puts off, is sent by gmailkit outbox run.

    Examples:
      gmailkit smtp send ann@example.com -s Hi --body 'Here it is.' --transcript
      gmailkit smtp send ann@example.com --server smtps://me@mail.example.org --explain --body Hi
      gmailkit smtp send --raw letter.eml --rcpt ann@example.com --mail-from me@example.com

    Needs: any login, and the server's password (gmailkit smtp password); at Gmail's own server
    the full scope (gmailkit login --for full).
    """
    state = State.of(ctx)
    state.on_stop = UNSENT
    leaving.check(state)
    gmail = state.gmail()
    if given.raw is None and not compose.recipients(given):
        given = replace(given, to=envelope.rcpt)
    message = gmail.compose(**compose.complete(state, gmail, given))
    message = gmail.enveloped(message, envelope.rcpt)
    if leaving.dry_run:  # it needs no server
        leave.write_out(state, gmail, message)
        return
    hear = listen(state, wanted=transcript, explain=explain)
    with gmail.over_smtp(
        server=server,
        mail_from=envelope.mail_from,
        notify=envelope.notify,
        returns=envelope.returns,
        hear=hear,
    ):
        leave.leave(state, gmail, message, leaving, tell=state.out.record if hear else None)


@command
def _probe(
    ctx: typer.Context,
    server: Annotated[
        str | None, typer.Argument(metavar="HOST", help="A host, or a URL as of --server.")
    ] = None,
    transcript: Transcript = False,
    explain: Explain = False,
) -> None:
    """Show what an SMTP server offers; nothing is sent and nobody signs in.

    Examples:
      gmailkit smtp probe smtp.gmail.com
      gmailkit smtp probe smtps://mail.example.org --explain

    Needs: nothing.
    """
    from gmailkit.services.smtp import smtp_probe
    from gmailkit.transport.smtp.server import GMAIL

    state = State.of(ctx)
    settings = state.settings()
    hear = listen(state, wanted=transcript, explain=explain)
    found = smtp_probe(
        server or settings.smtp or GMAIL.url,
        hear=hear,
        timeout=settings.timeout,
        clock=state.clock,
    )
    if state.out.json:
        state.out.record(_facts(found))
        return
    tls = f"{found.secured.version}, {found.secured.cipher}" if found.secured else "in clear"
    state.out.say(f"{found.server.place}: {found.greeting} ({tls})")
    rows = [(name, values, found.meaning(name)) for name, values in found.offers]
    state.out.table(("OFFERS", "", "MEANING"), rows)


@command
def _password(
    ctx: typer.Context,
    server: Annotated[
        str, typer.Argument(metavar="URL", help="The server with its user: smtps://ann@host.")
    ],
    forget: Annotated[bool, Option("--forget", help="Forget it instead.")] = False,
) -> None:
    """Keep the password of an SMTP server, asked for unseen.

    In the keyring of the system where there is one, else in a file that only you can read. In a
    pipe it is the first line of standard input.

    Examples:
      gmailkit smtp password smtp+starttls://ann@mail.example.org
      gmailkit smtp password smtps://ann@mail.example.org --forget

    Needs: nothing.
    """
    from gmailkit.transport.smtp.server import read_server

    keep_password(State.of(ctx), read_server(server), forget=forget)


@group(_send, _probe, _password)
def smtp(ctx: typer.Context, server: Server = None) -> None:
    """Send by SMTP and see how; without a command, say by which server.

    Examples:
      gmailkit smtp
      gmailkit smtp probe mail.example.org --explain
      gmailkit smtp send ann@example.com --body Hi --transcript

    Needs: nothing to look; see gmailkit smtp send -h.
    """
    if ctx.invoked_subcommand is not None:
        return
    state = State.of(ctx)
    found = state.gmail().smtp_standing(server)
    if state.out.json:
        state.out.document({"server": found.server.url, "sign_in": found.sign_in})
    else:
        state.out.line(f"{found.server.url}\nsigns in {found.sign_in}")


def _facts(found: Probe) -> dict[str, object]:
    tls = found.secured
    return {
        "server": found.server.url,
        "greeting": found.greeting,
        "tls": {"version": tls.version, "cipher": tls.cipher} if tls else None,
        "offers": dict(found.offers),
        "in_clear": None if found.in_clear is None else dict(found.in_clear),
        "size": found.size,
        "mechanisms": found.mechanisms,
    }
