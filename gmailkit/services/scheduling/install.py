"""A job put where the system looks for it, and taken away again; for this user alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gmailkit.errors import CannotDo, CannotWrite, UsageError
from gmailkit.paths import PRIVATE_FILE
from gmailkit.services.scheduling.forms import cron_line, plist, service, timer
from gmailkit.services.scheduling.job import Job

System = Literal["systemd", "launchd", "cron"]
SYSTEMS: tuple[System, ...] = ("systemd", "launchd", "cron")
Run = Callable[[Sequence[str], str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """How `job` is installed under `system`: `files` are written, then `on` is run; `off` is run,
    then they are removed. A crontab has a `line` in their place.
    """

    job: Job
    system: System
    files: tuple[tuple[Path, bytes], ...] = ()
    on: tuple[tuple[str, ...], ...] = ()
    off: tuple[tuple[str, ...], ...] = ()
    line: str = ""


def system_here() -> System:
    """That which this machine runs by."""
    if sys.platform == "darwin":
        return "launchd"
    if shutil.which("systemctl") and Path("/run/systemd/system").is_dir():
        return "systemd"
    return "cron"


def read_system(name: str) -> System:
    """UsageError for none of them."""
    for each in SYSTEMS:
        if each == name:
            return each
    raise UsageError(f"{name!r} is no timer known here.", hint=f"One of {', '.join(SYSTEMS)}.")


def installation(job: Job, system: System) -> Installation:
    match system:
        case "systemd":
            return _systemd(job)
        case "launchd":
            return _launchd(job)
        case "cron":
            return Installation(job=job, system="cron", line=cron_line(job))


def install(how: Installation, *, run: Run | None = None) -> None:
    """In the place of one of the same name. Raises CannotWrite, and CannotDo in the words of the
    system where that refuses: then nothing of it stays, and the former is as it was.
    """
    run = run or _run
    if how.line:
        _with_crontab(how.job.name, how.line, run)
        return
    former = [(path, path.read_bytes()) for path, _ in how.files if path.is_file()]
    try:
        _switch_on(how.files, how, run)
    except BaseException:
        for path, _ in how.files:
            path.unlink(missing_ok=True)
        if former:
            with suppress(CannotDo, CannotWrite):
                _switch_on(former, how, run)
        raise


def _switch_on(files: Iterable[tuple[Path, bytes]], how: Installation, run: Run) -> None:
    for path, content in files:
        _write(path, content)
    for command in how.off:  # one that runs by other times
        with suppress(CannotDo):
            run(command, "")
    for command in how.on:
        run(command, "")


def remove(how: Installation, *, run: Run | None = None) -> bool:
    """Whether it was there."""
    run = run or _run
    if how.line:
        return _with_crontab(how.job.name, "", run)
    there = any(path.exists() for path, _ in how.files)
    if there:
        for command in how.off:
            with suppress(CannotDo):  # it does not run
                run(command, "")
        for path, _ in how.files:
            path.unlink(missing_ok=True)
        if how.system == "systemd":
            run(("systemctl", "--user", "daemon-reload"), "")
    return there


def _systemd(job: Job) -> Installation:
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    folder = Path(config).expanduser() / "systemd" / "user"
    control = ("systemctl", "--user")
    files = [(folder / f"{job.name}.service", service(job).encode())]
    if job.times:
        files.append((folder / f"{job.name}.timer", timer(job).encode()))
    begins = files[-1][0].name
    return Installation(
        job=job,
        system="systemd",
        files=tuple(files),
        on=((*control, "daemon-reload"), (*control, "enable", "--now", begins)),
        off=((*control, "disable", "--now", begins),),
    )


def _launchd(job: Job) -> Installation:
    path = Path("~/Library/LaunchAgents").expanduser() / f"{job.name}.plist"
    domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
    return Installation(
        job=job,
        system="launchd",
        files=((path, plist(job)),),
        on=(("launchctl", "bootstrap", domain, str(path)),),
        off=(("launchctl", "bootout", f"{domain}/{job.name}"),),
    )


def _with_crontab(name: str, line: str, run: Run) -> bool:
    """The crontab with that line in the place of the one of that name; whether there was one."""
    try:
        before = run(("crontab", "-l"), "").split("\n")
    except CannotDo as error:
        if "no crontab" not in error.message:
            raise
        before = []
    before = before[:-1] if before[-1:] == [""] else before
    others = [each for each in before if not each.endswith(f" # {name}")]
    after = [*others, line] if line else others
    if after != before:
        run(("crontab", "-"), "".join(f"{each}\n" for each in after))
    return len(others) < len(before)


def _write(path: Path, content: bytes) -> None:
    """For the user's eyes alone: what is run when it fails may name an address or a key."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        beside.unlink(missing_ok=True)
        beside.touch(PRIVATE_FILE, exist_ok=False)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise CannotWrite(f"Cannot write {path}: {error.strerror}.", path=path) from error


def _run(command: Sequence[str], given: str) -> str:
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            errors="surrogateescape",  # a crontab may hold any bytes
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotDo(
            f"{command[0]} cannot be run: {error}.",
            hint="Without --install the timer is printed, to be put where your system wants it.",
        ) from error
    if done.returncode:
        said = done.stderr.strip() or f"it ended with {done.returncode}"
        raise CannotDo(
            f"{' '.join(command[:3])} refused: {said}",
            hint="Without --install the timer is printed, to be put where your system wants it.",
        )
    return done.stdout
