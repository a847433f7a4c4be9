"""A backup that makes itself at its time, and says so when it fails."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gmailkit.backup.marker import MARKER, is_encrypted, near
from gmailkit.backup.place import folder_of, origin
from gmailkit.errors import NoBackup, UsageError
from gmailkit.services.scheduling.job import Job, Times, check_fit, fit, job_name
from gmailkit.services.scheduling.program import environment, this_program
from gmailkit.transport.smtp.server import read_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What is done when a run ends with anything but 0: a `command` of the shell, which gets what
    was said on standard input and EXIT_CODE and BACKUP in its environment; and a message to `mail`,
    by Gmail, or by the SMTP server of the URL `smtp`.
    """

    command: str = ""
    mail: str = ""
    smtp: str = ""


def backup_job(
    folder: str,
    times: Times,
    *,
    mailbox: Sequence[str] = (),
    options: str = "",
    drill: bool = False,
    alarm: Alarm = Alarm(),
) -> Job:
    """The job of backing up into `folder` (a path, or a URL).

    `mailbox` are options as they are typed that say which mailbox, `options` more of them for
    `gmailkit backup`. `drill` has the way back tried out afterwards. UsageError for what no timer
    could hold.
    """
    place = folder if "://" in folder else os.path.abspath(Path(folder).expanduser())  # noqa: PTH100
    check_fit((place, options, alarm.command, alarm.mail, alarm.smtp))
    if alarm.smtp and not alarm.mail:
        raise UsageError("The server for mail is named, and nobody to mail to.", hint="--mail me")
    if alarm.smtp:
        read_server(alarm.smtp)  # now, not when the alarm is needed
    program = [*this_program(), *mailbox, "-q", "--no-input"]
    if drill and _needs_a_key(place, mailbox, options):
        raise UsageError(
            f"{place} is encrypted: a drill reads it, and no timer knows its key.",
            hint="Name a file that holds the key: --identity FILE. Or leave --drill away.",
        )
    runs = [*_only_there(place), shlex.join([*program, "backup", place, *_words(options)])]
    if drill:
        runs.append(shlex.join([*program, "restore", place, "--drill"]))
    return Job(
        name=_name(place),
        what=fit(f"Back up mail into {place}"),
        script=_watched(" && ".join(runs), place, _alarms(program, place, alarm)),
        times=times,
        environment=environment(),
    )


def begun_by_timer(folder: str) -> str:
    """A sentence where there is no backup yet, which is often a slip in its name; else ""."""
    path = Path(folder).expanduser().absolute()
    if "://" in folder or (path / MARKER).exists():
        return ""
    other = near(path)
    meant = f" Did you mean {other}?" if other else ""
    return f"There is no backup {path} yet: the first run of the timer begins one.{meant}"


def _needs_a_key(place: str, mailbox: Sequence[str], options: str) -> bool:
    """A passphrase is asked for by nobody there."""
    given = "--identity" in mailbox or "GMAILKIT_IDENTITY" in environment()
    return not given and (_is_encrypted(place) or "--encrypt" in _words(options))


def _is_encrypted(place: str) -> bool:
    """Of object storage, as far as this machine knows: nobody is asked for a timer to be shown."""
    folder = folder_of(place)
    known = origin(folder) is None or (folder / MARKER).exists()
    return known and is_encrypted(folder)


def _only_there(place: str) -> Iterator[str]:
    """Where a backup is now and its disk is not mounted later, none is begun in its place: that one
    would fill another disk, and not be encrypted.
    """
    marker = os.path.join(place, MARKER)  # noqa: PTH118 - as `place` is
    if os.path.exists(marker):  # noqa: PTH110
        said = shlex.quote(f"{place} holds no backup. Is its disk mounted?")
        code = NoBackup.exit_code
        yield f"{{ [ -e {shlex.quote(marker)} ] || {{ echo {said} >&2; (exit {code}); }}; }}"


def _words(options: str) -> list[str]:
    try:
        return shlex.split(options)
    except ValueError as error:
        raise UsageError(f"The options cannot be read: {error}.", hint="Close the quote.") from None


def _name(place: str) -> str:
    """Tells one folder from all others, and which it is."""
    called = place.rstrip("/").rpartition("/")[2]
    return job_name("backup", called, os.fsencode(place))


def _alarms(program: list[str], place: str, alarm: Alarm) -> list[str]:
    # In a shell of its own: a quote left open in it, or a # of a comment, ends with it.
    found = [shlex.join(["/bin/sh", "-c", alarm.command])] if alarm.command else []
    if alarm.mail:
        way = ["smtp", "send", "--server", alarm.smtp] if alarm.smtp else ["send"]
        subject = f"The backup {Path(place).name} failed"
        words = [*program, *way, alarm.mail, "--yes", "-s", subject, "--body", "-"]
        found.append(shlex.join(words))
    return found


def _watched(runs: str, place: str, alarms: list[str]) -> str:
    """One line of the shell. The exit code is that of the run, whatever comes of the alarms."""
    if not alarms:
        return runs
    told = " ".join(f'printf "%s\\n" "$said" | {alarm};' for alarm in alarms)
    return (
        f'said=$( ( {runs} ) 2>&1 ); EXIT_CODE=$?; printf "%s\\n" "$said";'
        f" [ $EXIT_CODE -eq 0 ] || {{ export EXIT_CODE BACKUP={shlex.quote(place)}; {told} }};"
        " exit $EXIT_CODE"
    )
