"""`gmailkit send`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from gmailkit.cli import compose, holding, leave, preview
from gmailkit.cli.command import command
from gmailkit.cli.state import UNSENT, State

Many = list[str] | None
Importance = Literal["high", "normal", "low"]
Recipients = typer.Argument(metavar="TO", help="Who gets it, or me; commas separate several.")
To = typer.Option("--to", metavar="ADDRESS", help="The same.")
Cc = typer.Option("--cc", metavar="ADDRESS", help="Who gets a copy.")
Bcc = typer.Option("--bcc", metavar="ADDRESS", help="Who gets one unseen.")
From = typer.Option("--from", "-f", metavar="ADDRESS", help="Send from this alias.")
ReplyTo = typer.Option("--reply-to", metavar="ADDRESS", help="Where answers shall go.")
Subject = typer.Option("--subject", "-s", metavar="TEXT", help="What it is about.")
Body = typer.Option("--body", "-b", metavar="TEXT", help="The text; - reads stdin.")
BodyFile = typer.Option("--body-file", metavar="FILE", help="The text, in a UTF-8 file.")
Html = typer.Option("--html", metavar="HTML", help="The HTML version (begins with <), or a file.")
Markdown = typer.Option("--markdown", "-m", help="The text is Markdown; it goes as HTML too.")
Template = typer.Option("--template", "-t", metavar="FILE", help="Fill this template.")
Set = typer.Option("--set", metavar="NAME=VALUE", help="What a name in it stands for.")
Signature = typer.Option("--signature", help="Put the Gmail signature below.")
Invite = typer.Option("--invite", "-i", metavar="WHEN", help="Invite to an event at this time.")
Until = typer.Option("--until", metavar="WHEN", help="When it ends.")
Duration = typer.Option("--duration", metavar="LONG", help="How long it takes: 90m. [1h]")
Place = typer.Option("--place", metavar="TEXT", help="Where it is.")
Attach = typer.Option(
    "--attach", "-a", metavar="FILE", help="Attach this, a pattern or - (stdin); may be repeated."
)
Header = typer.Option("--header", "-H", metavar="LINE", help="One more header: 'X-Job: 7'.")
Important = typer.Option("--importance", metavar="HOW", help="high, normal or low.")
Unsubscribe = typer.Option(
    "--unsubscribe", metavar="URL", help="Where one click takes the reader off the list."
)
Raw = typer.Option("--raw", metavar="FILE", help="Send this finished message; - reads stdin.")
Key = typer.Option("--key", metavar="KEY", help="Send once for this key, however often it is run.")
Fast = typer.Option("--fast", help="In one call: if its answer is lost, nobody knows.")
Via = typer.Option("--via", metavar="WAY", help="smtp: over SMTP in place of the API.")
At = typer.Option("--at", metavar="TIME", help='Later, as "tomorrow 9:00".')
Hold = typer.Option("--hold", metavar="TIME", help="Wait here so long (30s, 5m); Ctrl-C cancels.")
Detach = typer.Option("--detach", help="With --hold: wait in the outbox, not here.")
Preview = typer.Option("--preview", "-p", help="Show it first; send it only after a yes.")
Open = typer.Option("--open", "-o", help="The same in the browser.")
DryRun = typer.Option("--dry-run", "-n", help="Write the exact message; send nothing.")
Strict = typer.Option("--strict", help="Do not send what gives cause for a warning.")
Yes = typer.Option("--yes", "-y", help="Send even an empty message, or one with warnings.")


@command
def send(
    ctx: typer.Context,
    recipients: Annotated[Many, Recipients] = None,
    to: Annotated[Many, To] = None,
    cc: Annotated[Many, Cc] = None,
    bcc: Annotated[Many, Bcc] = None,
    sender: Annotated[str | None, From] = None,
    reply_to: Annotated[Many, ReplyTo] = None,
    subject: Annotated[str | None, Subject] = None,
    body: Annotated[str | None, Body] = None,
    body_file: Annotated[Path | None, BodyFile] = None,
    html: Annotated[str | None, Html] = None,
    markdown: Annotated[bool, Markdown] = False,
    template: Annotated[Path | None, Template] = None,
    values: Annotated[Many, Set] = None,
    signature: Annotated[bool, Signature] = False,
    invite: Annotated[str | None, Invite] = None,
    until: Annotated[str | None, Until] = None,
    duration: Annotated[str | None, Duration] = None,
    place: Annotated[str | None, Place] = None,
    attach: Annotated[Many, Attach] = None,
    header: Annotated[Many, Header] = None,
    importance: Annotated[Importance | None, Important] = None,
    unsubscribe: Annotated[Many, Unsubscribe] = None,
    raw: Annotated[str | None, Raw] = None,
    key: Annotated[str | None, Key] = None,
    fast: Annotated[bool, Fast] = False,
    via: Annotated[str | None, Via] = None,
    at: Annotated[str | None, At] = None,
    hold: Annotated[str | None, Hold] = None,
    detach: Annotated[bool, Detach] = False,
    show: Annotated[bool, Preview] = False,
    browse: Annotated[bool, Open] = False,
    dry_run: Annotated[bool, DryRun] = False,
    strict: Annotated[bool, Strict] = False,
    yes: Annotated[bool, Yes] = False,
) -> None:
    """Send a message.

    The text comes from --body, --body-file or standard input. Called with nothing on a terminal it
    asks for From, To and Subject and reads the text up to end-of-file (Ctrl-D).

    Examples:
      gmailkit send ann@example.com -s Hello --body 'See you at noon.'
      make 2>&1 | gmailkit send me -s 'Nightly build' -a build.log
      gmailkit send ann@example.com -s Report -m --body-file report.md --preview

    Needs: gmail.send (gmailkit login --for send).
    """
    state = State.of(ctx)
    state.on_stop = UNSENT
    way = leave.way_of(fast, via)
    later = holding.Later.read(state, at=at, hold=hold, detach=detach, way=way)
    gmail = state.gmail()
    given = compose.Given(
        to=[*(recipients or ()), *(to or ())],
        cc=cc or [],
        bcc=bcc or [],
        reply_to=reply_to or [],
        sender=sender,
        subject=subject,
        body=body,
        body_file=body_file,
        html=html,
        markdown=markdown,
        template=template,
        values=values or [],
        signature=signature,
        invite=invite,
        until=until,
        duration=duration,
        place=place,
        attach=attach or [],
        headers=header or [],
        importance=importance,
        unsubscribe=unsubscribe or [],
        raw=raw,
    )
    words = compose.complete(state, gmail, given)
    message = gmail.compose(**words)
    if dry_run:
        leave.write_out(state, gmail, message)
        return
    empty = compose.is_empty(words)
    leave.agree(
        state,
        gmail,
        message,
        empty=f"Send an empty message from {preview.own_address(gmail)}?" if empty else "",
        show=show,
        browse=browse,
        strict=strict,
        yes=yes,
    )
    if later:
        holding.send_later(state, gmail, message, later, key=key)
    else:
        leave.leave(state, gmail, message, key=key, way=way)
