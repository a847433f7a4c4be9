"""`gmailkit backup schedule`: a backup that makes itself at its time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated

import typer

from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.cli.timer import Timer, carry_out


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """How often it runs, and of what."""

    every: Annotated[
        str,
        typer.Option("--every", metavar="TIME", help="hour, day, week, month, or monday ..."),
    ] = "day"
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="The time of day.")] = "03:00"
    options: Annotated[
        str,
        typer.Option("--options", metavar="TEXT", help="More options of backup: '--label Work'."),
    ] = ""
    drill: Annotated[
        bool, typer.Option("--drill", help="Try the way back afterwards: restore --drill.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """What is done when a run ends with anything but 0."""

    command: Annotated[
        str, typer.Option("--on-failure", metavar="CMD", help="Run this when it fails.")
    ] = ""
    mail: Annotated[
        str, typer.Option("--mail", metavar="ADDRESS", help="Mail this address when it fails.")
    ] = ""
    smtp: Annotated[
        str, typer.Option("--smtp", metavar="URL", help="By this server, not by Gmail.")
    ] = ""


@command
def schedule(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The backup folder.")],
    when: When,
    failing: Failing,
    how: Timer,
) -> None:
    """Print a timer that makes the backup at its time; with --install it is installed.

    A systemd timer and its service, a launchd agent or a line for crontab, for your user alone.
    When a run fails, --on-failure CMD gets what was said on standard input, and EXIT_CODE and
    BACKUP in its environment. The account has to be signed in (gmailkit login): a timer has no
    token.

    Examples:
      gmailkit backup schedule mail.backup --every day --at 03:00
      gmailkit backup schedule mail.backup --drill --mail me@example.com --install
      gmailkit backup schedule mail.backup --remove

    Needs: nothing; works offline.
    """
    from gmailkit.services.scheduling.backup import Alarm, backup_job, begun_by_timer
    from gmailkit.services.scheduling.job import Times

    state = State.of(ctx)
    job = backup_job(
        folder,
        Times.read(when.every, when.at),
        mailbox=[*state.mailbox_options, *_identity(state)],
        options=when.options,
        drill=when.drill,
        alarm=Alarm(command=failing.command, mail=failing.mail, smtp=failing.smtp),
    )
    if not how.remove and (warning := begun_by_timer(folder)):
        state.out.before_asking(warning)  # -q does not silence it
    carry_out(state, job, how)


def _identity(state: State) -> list[str]:
    """The key of an encrypted backup, from wherever the timer runs."""
    if state.identity is None:
        return []
    return ["--identity", os.path.abspath(state.identity.expanduser())]  # noqa: PTH100
