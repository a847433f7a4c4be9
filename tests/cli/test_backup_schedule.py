"""`gmailkit backup schedule`: printed, taken by the systems themselves, installed and removed."""

from __future__ import annotations

import json
import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.crypt.keys import Owners
from gmailkit.backup.folder import Backup
from gmailkit.errors import CannotDo, NoBackup, UsageError
from gmailkit.services.scheduling import install as installing
from gmailkit.services.scheduling.backup import Alarm, backup_job
from gmailkit.services.scheduling.forms import cron_line, plist, service, timer
from gmailkit.services.scheduling.job import Job, Times

Cli = Callable[..., Any]
ODD = "mail of 'Ann' at 100% $HOME \"now\" \\ ü.backup"


def job(script: str = "true", every: str = "day") -> Job:
    return Job(
        name="gmailkit-backup-x",
        what="Back up 100%",
        script=script,
        times=Times.read(every, "3:05"),
        environment={"GMAILKIT_HOME": f"/home/{ODD}"},
    )


@pytest.fixture
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name which keeps what it is given in this file."""
    kept, tools = tmp_path / "crontab.txt", tmp_path / "tools"
    tools.mkdir()
    (tools / "crontab").write_text(
        f'#!/bin/sh\nif [ "$1" = -l ]; then [ -e "{kept}" ] || {{ echo "no crontab for me" >&2;'
        f' exit 1; }}; cat "{kept}"; else cat > "{kept}"; fi\n'
    )
    (tools / "crontab").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    return kept


@pytest.mark.parametrize(
    ("every", "calendar", "fields", "interval"),
    [
        ("hour", "*-*-* *:05:00", "5 * * * *", {"Minute": 5}),
        ("day", "*-*-* 03:05:00", "5 3 * * *", {"Hour": 3, "Minute": 5}),
        ("week", "Sun *-*-* 03:05:00", "5 3 * * 0", {"Hour": 3, "Minute": 5, "Weekday": 0}),
        ("Friday", "Fri *-*-* 03:05:00", "5 3 * * 5", {"Hour": 3, "Minute": 5, "Weekday": 5}),
        ("month", "*-*-01 03:05:00", "5 3 1 * *", {"Hour": 3, "Minute": 5, "Day": 1}),
    ],
)
def test_each_system_is_told_the_same_times(
    every: str, calendar: str, fields: str, interval: dict[str, int]
) -> None:
    given = job(every=every)
    assert f"\nOnCalendar={calendar}\n" in timer(given)
    assert cron_line(given).startswith(f"{fields} ")
    assert plistlib.loads(plist(given))["StartCalendarInterval"] == interval
    if tool := shutil.which("systemd-analyze"):
        assert subprocess.run([tool, "calendar", calendar], capture_output=True).returncode == 0


@pytest.mark.parametrize(("every", "at"), [("day", "24:00"), ("day", "3"), ("fortnight", "3:00")])
def test_other_times_are_refused(every: str, at: str) -> None:
    with pytest.raises(UsageError):
        Times.read(every, at)


def test_paths_of_any_kind_reach_the_program_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of crontab and the plist are run; of systemd's unit the quoting is undone."""
    monkeypatch.chdir(tmp_path)
    seen = tmp_path / "seen"
    monkeypatch.setattr(
        "gmailkit.services.scheduling.backup.this_program",
        lambda: [sys.executable, "-c", f"import sys; open({str(seen)!r}, 'w').write(sys.argv[-1])"],
    )
    given = backup_job(ODD, Times.read("day", "03:00"))
    place = str(tmp_path / ODD)
    by_cron = cron_line(given).partition(" * * * ")[2].replace(r"\%", "%")
    for words in (["/bin/sh", "-c", by_cron], plistlib.loads(plist(given))["ProgramArguments"]):
        subprocess.run(words, check=True)
        assert seen.read_text() == place
        seen.unlink()
    assert "at 100%% $HOME " in service(job())  # systemd expands no $ there
    line = next(each for each in service(given).splitlines() if each.startswith("ExecStart="))
    script = line.partition(" -c ")[2].replace("$$", "$").replace("%%", "%")
    assert shlex.split(script) == [given.script]


def test_systemd_takes_what_is_written(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("no systemd here")
    given = job(script=f"echo {shlex.quote(ODD)} \"$?\" 'a;b' | cat")
    (tmp_path / f"{given.name}.service").write_text(service(given))
    (tmp_path / f"{given.name}.timer").write_text(timer(given))
    done = subprocess.run(
        [tool, "verify", "--user", str(tmp_path / f"{given.name}.timer")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert given.name not in done.stderr


@pytest.mark.parametrize("code", [0, 3, 13])
def test_a_run_that_fails_is_told_with_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(
        "gmailkit.services.scheduling.backup.this_program",
        lambda: ["sh", "-c", f"echo said by it; echo '{ODD[:8]}' >&2; exit {code}", "--"],
    )
    told = tmp_path / "told"
    alarm = Alarm(
        command=f'{{ echo "$EXIT_CODE $BACKUP"; cat; }} > {shlex.quote(str(told))}; false'
    )
    given = backup_job(ODD, Times.read("day", "03:00"), alarm=alarm)
    done = subprocess.run(["/bin/sh", "-c", given.script], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[0]) == (code, "said by it")
    assert told.exists() == bool(code)
    if code:
        lines = told.read_text().splitlines()
        assert lines == [f"{code} {Path(ODD).absolute()}", "said by it", ODD[:8]]


@pytest.mark.parametrize("command", ["true # tell nobody", "echo it's late", "false )"])
def test_a_command_that_the_shell_cannot_read_does_not_stop_the_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    made = tmp_path / "made"
    monkeypatch.setattr(
        "gmailkit.services.scheduling.backup.this_program",
        lambda: ["sh", "-c", f"touch {shlex.quote(str(made))}; exit 3", "--"],
    )
    alarm = Alarm(command=command, mail="ann@example.com")
    given = backup_job("x", Times.read("day", "03:00"), alarm=alarm)
    done = subprocess.run(["/bin/sh", "-c", given.script], capture_output=True)
    assert (done.returncode, made.exists()) == (3, True)


def test_where_the_backup_is_away_none_is_begun_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made"
    monkeypatch.setattr(
        "gmailkit.services.scheduling.backup.this_program",
        lambda: ["sh", "-c", f"touch {shlex.quote(str(made))}", "--"],
    )
    disk = tmp_path / "disk"
    with Backup.open(disk / ODD, write=True, create=True):
        pass
    times = Times.read("day", "03:00")
    for alarm in (Alarm(), Alarm(command="false")):
        given = backup_job(str(disk / ODD), times, drill=True, alarm=alarm)
        disk.rename(tmp_path / "away")
        done = subprocess.run(["/bin/sh", "-c", given.script], capture_output=True, text=True)
        assert (done.returncode, made.exists()) == (NoBackup.exit_code, False)
        assert f"{disk / ODD} holds no backup." in done.stdout + done.stderr
        (tmp_path / "away").rename(disk)
        done = subprocess.run(["/bin/sh", "-c", given.script], capture_output=True, text=True)
        assert (done.returncode, made.exists()) == (0, True)
        made.unlink()


def test_a_drill_comes_after_the_backup_and_mail_goes_by_gmail_or_a_server() -> None:
    times = Times.read("day", "03:00")
    given = backup_job("s3://bucket/mail", times, options="--label 'My Work'", drill=True)
    words = shlex.split(given.script.replace("&&", " && "))
    assert words[-4:] == ["--no-input", "restore", "s3://bucket/mail", "--drill"]
    assert "My Work" in words
    by_gmail = backup_job("x", times, alarm=Alarm(mail="ann@example.com")).script
    assert " send ann@example.com --yes -s " in by_gmail
    alarm = Alarm(mail="ann@example.com", smtp="smtps://me@mx.example")
    by_smtp = backup_job("x", times, alarm=alarm).script
    assert " smtp send --server smtps://me@mx.example ann@example.com " in by_smtp
    ann = "ann@example.com"
    for wrong in (
        Alarm(smtp="smtps://mx.example"),
        Alarm(command="a\nb"),
        Alarm(mail=ann, smtp="smtps://me:word@mx.example"),
        Alarm(mail=ann, smtp="mx example"),
    ):
        with pytest.raises(UsageError):
            backup_job("x", times, alarm=wrong)
    with pytest.raises(UsageError, match="cannot be read"):
        backup_job("x", times, options="--label 'open")


def test_a_timer_works_on_the_mailbox_that_the_environment_names_and_holds_no_secret_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ACCESS_TOKEN", "BACKUP_PASSPHRASE", "SMTP_PASSWORD"):
        monkeypatch.setenv(f"GMAILKIT_{name}", "hidden")
    monkeypatch.setenv("GMAILKIT_SERVICE_ACCOUNT", "robot.json")
    monkeypatch.setenv("GMAILKIT_SUBJECT", "ann@example.com")
    given = backup_job("x", Times.read("day", "03:00"))
    for form in (service(given), plist(given).decode(), cron_line(given)):
        assert f"{tmp_path}/robot.json" in form
        assert "ann@example.com" in form
        assert "hidden" not in form


def test_a_crontab_gets_the_line_once_and_loses_it_alone(
    cli: Cli, crontab: Path, tmp_path: Path
) -> None:
    odd = b"# mine \xff\x0c\xe2\x80\xa8\n0 1 * * * true\n"
    crontab.write_bytes(odd)
    line = ("backup", "schedule", str(tmp_path / ODD), "--as", "cron")
    for at in ("03:00", "04:30"):
        assert cli(*line, "--at", at, "--install").code == 0
    assert crontab.read_bytes().startswith(odd)
    ours = crontab.read_bytes().removeprefix(odd).decode()
    assert ours == cli(*line, "--at", "04:30").out
    assert cli(*line, "--remove").err == "It was removed.\n"
    assert crontab.read_bytes() == odd
    assert "There is no timer" in cli(*line, "--remove").err
    crontab.unlink()
    assert cli(*line, "--install").code == 0
    assert len(crontab.read_text().splitlines()) == 1


def test_systemd_is_told_and_what_it_refuses_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    asked: list[Sequence[str]] = []

    def run(command: Sequence[str], given: str) -> str:
        asked.append(command[2:])
        return ""

    how = installing.installation(job(), "systemd")
    installing.install(how, run=run)
    assert {path.name for path in tmp_path.rglob("*.*")} == {
        "gmailkit-backup-x.service",
        "gmailkit-backup-x.timer",
    }
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.*")} == {0o600}
    assert asked[-2:] == [("daemon-reload",), ("enable", "--now", "gmailkit-backup-x.timer")]
    assert installing.remove(how, run=run)
    assert not installing.remove(how, run=run)
    assert asked[-2:] == [("disable", "--now", "gmailkit-backup-x.timer"), ("daemon-reload",)]

    def refuse(command: Sequence[str], given: str) -> str:
        raise CannotDo("systemctl --user enable refused: no bus")

    with pytest.raises(CannotDo, match="no bus"):
        installing.install(how, run=refuse)
    assert list(tmp_path.rglob("*.*")) == []
    installing.install(how, run=run)
    other = installing.installation(job(every="week"), "systemd")
    with pytest.raises(CannotDo, match="no bus"):
        installing.install(other, run=refuse)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == dict(how.files)


def test_printed_it_says_what_to_do_and_as_json_all_of_it(cli: Cli, own_home: Path) -> None:
    ran = cli("backup", "schedule", "mail.backup", "--as", "systemd", "--sandbox")
    assert (ran.code, "Nothing was installed" in ran.err) == (0, True)
    assert "[Timer]\nOnCalendar=*-*-* 03:00:00\n" in ran.out
    assert " --sandbox -q --no-input backup " in ran.out
    facts = json.loads(cli("backup", "schedule", "x", "--as", "launchd", "--json").out)
    assert (facts["installed"], facts["when"]) == (False, "every day at 03:00")
    assert not own_home.exists()
    assert cli("backup", "schedule", "x", "--as", "upstart").code == 2
    assert cli("backup", "schedule", "x", "--install", "--remove").code == 2


def test_a_folder_that_is_not_there_is_told_as_it_may_be_a_slip(cli: Cli, tmp_path: Path) -> None:
    with Backup.open(tmp_path / "mail.backup", create=True):
        pass
    there, slip = str(tmp_path / "mail.backup"), str(tmp_path / "mail.bakup")
    line = ("backup", "schedule", "--as", "cron", "-q")
    assert cli(*line, there).err == ""
    ran = cli(*line, slip)
    assert (ran.code, ran.err) == (
        0,
        f"There is no backup {slip} yet: the first run of the timer begins one."
        f" Did you mean {there}?\n",
    )
    assert "no backup" not in cli(*line, slip, "--remove").err


def test_a_drill_of_an_encrypted_backup_is_refused_where_the_timer_has_no_key(
    cli: Cli, tmp_path: Path
) -> None:
    key = tmp_path / "key.txt"
    identity = age.new_identity()
    key.write_text(f"{identity!s}\n")
    folder = tmp_path / "mail.backup"
    begin_encrypted(folder, Owners((age.recipient_of(identity),)))
    line = ("backup", "schedule", str(folder), "--as", "cron", "-q")
    assert cli(*line).code == 0
    ran = cli(*line, "--drill")
    assert (ran.code, ran.out) == (2, "")
    assert "no timer knows its key" in ran.err
    ran = cli(*line, "--drill", "--identity", str(key))
    assert (ran.code, f"--identity {key}" in ran.out) == (0, True)
    elsewhere = ("backup", "schedule", str(tmp_path / "x"), "--options", "--encrypt --passphrase")
    assert cli(*elsewhere, "--drill").code == 2


def test_a_system_without_its_tool_says_so(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = cli("backup", "schedule", "x", "--as", "cron", "--install")
    assert ran.code == 15
    assert "crontab cannot be run" in ran.err
