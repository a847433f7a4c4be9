"""`gmailkit sandbox`: a Gmail on this machine to try things on."""

from __future__ import annotations

import shlex
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command, group
from gmailkit.cli.label_cmd import Yes
from gmailkit.cli.state import State

if TYPE_CHECKING:
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
    confirm(state, "Throw away the practice mailbox and its accounts?", yes=yes)
    reset_practice(Settings.load().home)
    state.out.say("The practice mailbox is new again.")


@group(_reset)
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
) -> None:
    """Serve a Gmail on this machine until Ctrl-C, to try things on.

    It speaks OAuth and the Gmail API over HTTP on 127.0.0.1 only, so any Gmail program can use it.

    Examples:
      gmailkit sandbox --port 8025 --state practice.sqlite
      gmailkit sandbox --import old-mail/ --user ann@example.com
      gmailkit sandbox reset

    Needs: nothing; works offline.
    """
    if ctx.invoked_subcommand is None:
        _serve(State.of(ctx), port, state_file, imports or [], user)


def _serve(state: State, port: int, file: Path | None, imports: list[Path], user: str) -> None:
    from gmailkit.sandbox import Sandbox

    with Sandbox(file, port=port) as served:
        _fill(state, served, user, imports)
        _introduce(state, served)
        try:
            threading.Event().wait()
        except KeyboardInterrupt as stop:
            if getattr(stop, "exit_code", 130) != 130:
                raise
            state.out.say("\nThe sandbox is closed.")


def _fill(state: State, served: Sandbox, user: str, imports: list[Path]) -> None:
    from gmailkit.sandbox.load import load

    served.mail.add_user(user)
    for path in imports:
        count = sum(1 for raw in load(path) if served.mail.put(user, raw))
        state.out.say(f"Loaded {count:,} from {path} for {user}.")


def _introduce(state: State, served: Sandbox) -> None:
    client = _client_file(state, served)
    if state.out.json:
        state.out.record({"url": served.url, "client_file": client})
        return
    state.out.line(f"export GMAILKIT_CLIENT_FILE={shlex.quote(str(client))}")
    state.out.line(f"export GMAILKIT_API_ENDPOINT={served.url}")
    state.out.say("")
    sys.stdout.flush()


def _client_file(state: State, served: Sandbox) -> Path:
    import msgspec

    from gmailkit.config import Settings
    from gmailkit.paths import write_private

    path = Settings.load().home.state / "sandbox" / f"client-{served.url.rpartition(':')[2]}.json"
    write_private(path, msgspec.json.format(msgspec.json.encode(served.client_file()), indent=2))
    return path
