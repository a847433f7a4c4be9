"""`gmailkit backup schedule`: a backup that makes itself at its time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.scheduling.install import Installation


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


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """By which timer, and whether it is installed."""

    system: Annotated[
        str, typer.Option("--as", metavar="SYSTEM", help="systemd, launchd or cron [this one's].")
    ] = ""
    install: Annotated[bool, typer.Option("--install", help="Install it for your user.")] = False
    remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False


@command
def schedule(
    ctx: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The backup folder.")],
    when: When,
    failing: Failing,
    how: How,
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
    from gmailkit.services.scheduling.install import install as put
    from gmailkit.services.scheduling.install import installation, read_system, system_here
    from gmailkit.services.scheduling.install import remove as take_away
    from gmailkit.services.scheduling.job import Times

    state = State.of(ctx)
    if how.install and how.remove:
        raise UsageError("--install and --remove contradict each other.", hint="Leave one away.")
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
    found = installation(job, read_system(how.system) if how.system else system_here())
    if how.install:
        put(found)
    there = take_away(found) if how.remove else None
    if state.out.json:
        state.out.document(_facts(found, installed=how.install, removed=there))
    elif how.remove:
        state.out.say("It was removed." if there else f"There is no timer {job.name} here.")
    elif how.install:
        state.out.line(f"{job.name}: {job.times.in_words}, by {found.system}.")
        _say_token(state.out)
    else:
        _show(state.out, found)


def _identity(state: State) -> list[str]:
    """The key of an encrypted backup, from wherever the timer runs."""
    if state.identity is None:
        return []
    return ["--identity", os.path.abspath(state.identity.expanduser())]  # noqa: PTH100


def _facts(found: Installation, *, installed: bool, removed: bool | None) -> dict[str, object]:
    return {
        "name": found.job.name,
        "system": found.system,
        "when": found.job.times.in_words,
        "script": found.job.script,
        "files": {str(path): content.decode() for path, content in found.files},
        "line": found.line or None,
        "commands": found.on,
        "installed": installed,
        "removed": removed,
    }


def _show(out: Output, found: Installation) -> None:
    if found.line:
        out.line(found.line)
        out.say("Nothing was installed. Add the line with crontab -e, or say --install.")
        return
    for path, content in found.files:
        if found.system == "systemd":
            out.line(f"# {path}")
        out.line(content.decode())
    commands = "".join(f"\n  {' '.join(command)}" for command in found.on)
    names = " and ".join(str(path) for path, _ in found.files)
    out.say(f"Nothing was installed. Say --install, or put it into {names}, then:{commands}")
    if found.system == "systemd":
        out.say("To have it run while you are logged out: loginctl enable-linger")


def _say_token(out: Output) -> None:
    if os.environ.get("GMAILKIT_ACCESS_TOKEN"):
        out.say("A timer has no GMAILKIT_ACCESS_TOKEN: sign in for it, with gmailkit login.")
