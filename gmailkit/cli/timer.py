"""A job of the system's own timer: printed, installed, or taken away."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from typer import Option

from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.state import State
    from gmailkit.services.scheduling.install import Installation
    from gmailkit.services.scheduling.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """By which timer, and whether it is installed."""

    system: Annotated[
        str, Option("--as", metavar="SYSTEM", help="systemd, launchd or cron [this one's].")
    ] = ""
    install: Annotated[bool, Option("--install", help="Install it for your user.")] = False
    remove: Annotated[bool, Option("--remove", help="Take it away again.")] = False


def carry_out(state: State, job: Job, how: Timer) -> None:
    """Print it, or do what `how` says."""
    from gmailkit.services.scheduling.install import install as put
    from gmailkit.services.scheduling.install import installation, read_system, system_here
    from gmailkit.services.scheduling.install import remove as take_away

    if how.install and how.remove:
        raise UsageError("--install and --remove contradict each other.", hint="Leave one away.")
    found = installation(job, read_system(how.system) if how.system else system_here())
    if how.install:
        put(found)
    there = take_away(found) if how.remove else None
    if state.out.json:
        state.out.document(_facts(found, installed=how.install, removed=there))
    elif how.remove:
        state.out.say("It was removed." if there else f"There is no timer {job.name} here.")
    elif how.install:
        state.out.line(f"{job.name}: {job.in_words}, by {found.system}.")
        if found.line and not job.times:
            state.out.say("It begins when this machine starts the next time.")
        _say_token(state.out)
    else:
        _show(state.out, found)


def _facts(found: Installation, *, installed: bool, removed: bool | None) -> dict[str, object]:
    return {
        "name": found.job.name,
        "system": found.system,
        "when": found.job.in_words,
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
    if os.environ.get("GMAILKIT_MAIL_PASSWORD"):
        out.say("A timer has no GMAILKIT_MAIL_PASSWORD: keep it, with gmailkit password URL.")
