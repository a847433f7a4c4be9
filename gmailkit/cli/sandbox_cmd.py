"""`gmailkit sandbox`: a Gmail on this machine to try things on."""

from __future__ import annotations

import shlex
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import sandbox_options as options
from gmailkit.cli import screen
from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command, group
from gmailkit.cli.plan import Yes
from gmailkit.cli.sandbox_doors import Doors, open_doors
from gmailkit.cli.signals import Stopped
from gmailkit.cli.state import State
from gmailkit.errors import INTERRUPTED

if TYPE_CHECKING:
    from gmailkit.paths import Home
    from gmailkit.sandbox import Sandbox

OWNER = "me@example.com"


@command
def _reset(ctx: typer.Context, yes: Yes = False) -> None:
    """Start the private practice mailbox of --sandbox over.

    Examples:
      gmailkit sandbox reset
      gmailkit sandbox reset --yes

    Needs: nothing; works offline.
    """
    from gmailkit.config import Settings
    from gmailkit.services.practice import reset_practice

    state = State.of(ctx)
    confirm(state, "Throw away the practice mailbox and its accounts?", yes=yes, dry_run=False)
    reset_practice(Settings.load().home)
    state.out.say("The practice mailbox is new again.")


@command
def _takeout(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Named .zip or .tgz, or a folder.")],
    user: Annotated[
        str, typer.Option("--user", metavar="ADDRESS", help="Whose mailbox it is.")
    ] = OWNER,
    state_file: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="A sandbox's; that of --sandbox without."),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="TAG", help="Of the account's pages, such as de.")
    ] = "",
    per_label: Annotated[
        bool, typer.Option("--per-label", help="An mbox for each label in place of one for all.")
    ] = False,
    part_size: Annotated[
        int | None,
        typer.Option("--part-size", metavar="MB", min=1, help="Split it: mail in each part."),
    ] = None,
) -> None:
    """Write an archive of a practice mailbox as Google Takeout does, to try an import on.

    Examples:
      gmailkit sandbox takeout takeout.zip
      gmailkit sandbox takeout mail.tgz --language de --per-label --part-size 50

    Needs: nothing; works offline.
    """
    from gmailkit.config import Settings
    from gmailkit.services.practice import practice_state, write_takeout

    state = State.of(ctx)
    paths = write_takeout(
        state_file or practice_state(Settings.load().home),
        user,
        file,
        language=language,
        per_label=per_label,
        part_bytes=part_size * 1_000_000 if part_size else None,
    )
    if state.out.json:
        state.out.record({"user": user, "paths": paths})
        return
    for path in paths:
        state.out.line(str(path))


@group(_reset, _takeout)
def sandbox(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")
    ] = 0,
    state_file: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="Keep the mail here; in memory without."),
    ] = None,
    imports: Annotated[
        list[Path] | None,
        typer.Option("--import", metavar="PATH", help="Load .eml or mbox files; may be repeated."),
    ] = None,
    user: Annotated[
        str, typer.Option("--user", metavar="ADDRESS", help="Whose mailbox --import fills.")
    ] = OWNER,
    consent: Annotated[
        str | None,
        typer.Option(
            "--consent",
            metavar="ADDRESS",
            help="Agree to every sign-in by itself, as the user it names, else as this one.",
        ),
    ] = None,
    latency: options.Latency = 0,
    faults: options.Faults = "",
    prices: options.PriceTable = None,
    units_per_minute: options.UnitsPerMinute = None,
    recipients_per_day: options.RecipientsPerDay = None,
    imap_port: options.ImapPort = None,
    pop3_port: options.Pop3Port = None,
    smtp_port: options.SmtpPort = None,
    smtps_port: options.SmtpsPort = None,
    admin: options.Admin = False,
) -> None:
    """Serve a Gmail on this machine until Ctrl-C, to try things on.

    It speaks OAuth and the Gmail API over HTTP on 127.0.0.1 only, so any Gmail program can use it;
    IMAP, POP3 and SMTP where they are asked for, by TLS with a certificate of its own. With
    --sandbox it is the practice mailbox of that option.

    Examples:
      gmailkit sandbox --port 8025 --state practice.sqlite --import old-mail/
      gmailkit --sandbox sandbox --imap-port 1993 --smtp-port 1587
      gmailkit sandbox --latency 60 --prices new --faults 503:messages.get:3

    Needs: nothing; works offline.
    """
    if ctx.invoked_subcommand is None:
        from gmailkit.sandbox import Sandbox

        served = Sandbox(
            state_file or _kept(State.of(ctx)),
            port=port,
            consent=consent,
            latency=latency / 1000,
            limits=options.limits_of(prices, units_per_minute, recipients_per_day),
            admin=admin,
            imap_port=imap_port,
            pop3_port=pop3_port,
            smtp_port=smtp_port,
            smtps_port=smtps_port,
        )
        with served:
            served.faults.add(faults)
            _fill(State.of(ctx), served, imports or [], user)
            _serve_until_stopped(State.of(ctx), served, user)


def _kept(state: State) -> Path | None:
    """Where the mail of --sandbox is kept; None in memory."""
    if not state.sandbox:
        return None
    from gmailkit.paths import private_folder
    from gmailkit.services.practice import practice_state

    file = practice_state(_home(state))
    private_folder(file.parent)
    return file


def _fill(state: State, served: Sandbox, imports: list[Path], user: str) -> None:
    from gmailkit.sandbox.load import load

    letters = [(path, load(path)) for path in imports]  # all refused before one is loaded
    # For its owner alone nobody looks: that would make the sample, which takes a moment.
    if user != OWNER and not served.mail.users.find(user):
        served.mail.add_user(user)
    for path, raws in letters:
        count = len(served.mail.put_all(user, raws))
        state.out.say(f"Loaded {screen.count_text(count, 'message')} from {path} for {user}.")


def _serve_until_stopped(state: State, served: Sandbox, user: str) -> None:
    """Until Ctrl-C, which is how a server is told to end and so no failure."""
    client = _client_path(state, served)
    certificate = client.with_suffix(".pem")
    try:
        _write_client_file(client, served)
        doors = open_doors(served, user, certificate)
        _introduce(state, served, user, client, doors)
        threading.Event().wait()
    except Stopped as stop:
        if stop.exit_code != INTERRUPTED:
            raise
        state.out.say("\nThe sandbox is closed.")
    finally:
        client.unlink(missing_ok=True)  # it names a port that somebody else may have tomorrow
        certificate.unlink(missing_ok=True)


def _introduce(state: State, served: Sandbox, user: str, client: Path, doors: Doors | None) -> None:
    if state.out.json:
        about = {"url": served.url, "client_file": client, "user": user}
        secret = {"admin_secret": served.admin_secret} if served.admin_secret else {}
        state.out.record({**about, **secret, **(doors.fields() if doors else {})})
        return
    state.out.say(f"A Gmail of your own listens on {served.url}. In another terminal:\n")
    state.out.line(f"export GMAILKIT_CLIENT_FILE={shlex.quote(str(client))}")
    state.out.line(f"export GMAILKIT_API_ENDPOINT={served.url}")
    if served.admin_secret:
        state.out.line(f"export GMAILKIT_SANDBOX_SECRET={served.admin_secret}")
    for line in doors.lines() if doors else ():
        state.out.line(line)
    then = "" if state.sandbox else f"Then: gmailkit login {user}. "
    state.out.say(f"\n{then}Stop it here with Ctrl-C.")


def _client_path(state: State, served: Sandbox) -> Path:
    """Where its client file lies; the name holds the port, since several may run."""
    port = served.url.rpartition(":")[2]
    return _home(state).state / "sandbox" / f"client-{port}.json"


def _home(state: State) -> Home:
    """That of the user, under --sandbox too."""
    from gmailkit.config import Settings

    state.start_log()
    return Settings.load().home


def _write_client_file(path: Path, served: Sandbox) -> None:
    import msgspec

    from gmailkit.paths import write_private

    write_private(path, msgspec.json.format(msgspec.json.encode(served.client_file()), indent=2))
