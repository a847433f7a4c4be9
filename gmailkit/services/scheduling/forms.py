"""A job in the words of each system; paths of any kind stand in them as they are.

systemd.syntax(7), systemd.service(5), systemd.time(7); launchd.plist(5); crontab(5).
"""

from __future__ import annotations

import shlex

from gmailkit.services.scheduling.job import DAYS, Job, Times

_AGAIN = 30  # seconds between the end of a job that always runs and its next beginning
_KEPT_RUNNING = f"Restart=always\nRestartSec={_AGAIN}\n\n[Install]\nWantedBy=default.target\n"


def service(job: Job) -> str:
    """The unit of systemd that runs it once, or keeps it running."""
    named = "".join(
        f"Environment={systemd_value(f'{name}={value}')}\n" for name, value in _sorted(job)
    )
    return (
        f"[Unit]\nDescription={job.what.replace('%', '%%')}\n"
        "Wants=network-online.target\nAfter=network-online.target\n\n"
        f"[Service]\nType={'oneshot' if job.times else 'exec'}\n{named}"
        f"ExecStart=/bin/sh -c {systemd_word(job.script)}\n"
        f"{'' if job.times else _KEPT_RUNNING}"
    )


def timer(job: Job) -> str:
    """The unit that has it run; what was missed while the machine was off is made up for."""
    assert job.times is not None  # noqa: S101 - what always runs has none
    return (
        f"[Unit]\nDescription={job.what.replace('%', '%%')}\n\n"
        f"[Timer]\nOnCalendar={_calendar(job.times)}\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )


def plist(job: Job) -> bytes:
    """Of launchd, which makes up for what was missed while the machine slept."""
    import plistlib

    return plistlib.dumps(
        {
            "Label": job.name,
            "ProgramArguments": ["/bin/sh", "-c", job.script],
            "EnvironmentVariables": dict(_sorted(job)),
            **(
                {"StartCalendarInterval": _interval(job.times)}
                if job.times
                else {"RunAtLoad": True, "KeepAlive": True, "ThrottleInterval": _AGAIN}
            ),
            "ProcessType": "Background",
        }
    )


def cron_line(job: Job) -> str:
    """Ends with the name of the job as a comment, by which it is found again. A % would end the
    command there. What always runs is begun with the machine, and again when it ends.
    """
    names = [f"{name}={value}" for name, value in _sorted(job)]
    again = f"while :; do ({job.script}); sleep {_AGAIN}; done"
    words = [*(["env", *names] if names else []), "/bin/sh", "-c"]
    words.append(job.script if job.times else again)
    when = _fields(job.times) if job.times else "@reboot"
    return f"{when} {shlex.join(words)} # {job.name}".replace("%", r"\%")


def systemd_word(word: str) -> str:
    """A word of a command as systemd reads it: % and $ stand for themselves."""
    return systemd_value(word.replace("$", "$$"))


def systemd_value(word: str) -> str:
    """A value as systemd reads it, where a $ means nothing."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return plain if plain.isascii() and not set(plain) & set(" \t'\";\\") else f'"{plain}"'


def _sorted(job: Job) -> list[tuple[str, str]]:
    return sorted(job.environment.items())


def _calendar(times: Times) -> str:
    at = f"{times.hour:02}:{times.minute:02}:00"
    match times.every:
        case "hour":
            return f"*-*-* *:{times.minute:02}:00"
        case "day":
            return f"*-*-* {at}"
        case "week":
            return f"{DAYS[times.weekday][:3].title()} *-*-* {at}"
        case "month":
            return f"*-*-01 {at}"


def _interval(times: Times) -> dict[str, int]:
    each = {"Hour": times.hour, "Minute": times.minute}
    match times.every:
        case "hour":
            return {"Minute": times.minute}
        case "day":
            return each
        case "week":
            return {**each, "Weekday": times.weekday}
        case "month":
            return {**each, "Day": 1}


def _fields(times: Times) -> str:
    minute, hour = times.minute, times.hour
    match times.every:
        case "hour":
            return f"{minute} * * * *"
        case "day":
            return f"{minute} {hour} * * *"
        case "week":
            return f"{minute} {hour} * * {times.weekday}"
        case "month":
            return f"{minute} {hour} 1 * *"
