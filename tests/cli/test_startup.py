"""Habit 39 and the promise of a quick start: what does not need the network does not load it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fakes import unmeasured

HEAVY = ["email", "google", "googleapiclient", "google_auth_oauthlib", "pydantic", "requests"]
HEAVY += ["rich", "urllib3", "keyring", "http.server", "http.client", "asyncio"]

# Runs a command line in this process and says what it loaded and whether it opened a connection.
PROBE = """
import json, os, runpy, socket, sys
opened = []
def refuse(*args, **kwargs):
    opened.append(repr(args))
    raise OSError("no network here")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
os._exit = sys.exit
sys.argv = ["gmailkit", *sys.argv[1:]]
code = 0
try:
    runpy.run_module("gmailkit", run_name="__main__")
except SystemExit as end:
    code = end.code
print(json.dumps([code or 0, sorted(sys.modules), opened]), file=sys.stderr)
"""


def probe(argv: list[str], home: Path, **env: str) -> tuple[int, set[str], list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *argv],
        capture_output=True,
        text=True,
        env={**unmeasured(), "GMAILKIT_HOME": str(home), **env},
        check=True,
    )
    code, modules, opened = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules), opened


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["--version"], 0),
        ([], 0),
        (["--help"], 0),
        (["send", "--help"], 0),
        (["labels", "create", "-h"], 0),
        (["settings", "--help"], 0),
        (["settings", "filters", "create", "-h"], 0),
        (["api", "--help"], 0),
        (["version"], 0),
        (["accounts"], 0),
        (["accounts", "--json"], 0),
        (["accounts", "default", "nobody"], 4),
        (["verify", "nowhere"], 10),
        (["serach"], 2),
        (["search", "--lmit"], 2),
    ],
    ids=str,
)
def test_help_and_local_commands_load_nothing_heavy(
    argv: list[str], code: int, own_home: Path
) -> None:
    ended, modules, opened = probe(argv, own_home)
    assert ended == code
    assert modules.isdisjoint(HEAVY), sorted(modules.intersection(HEAVY))
    assert opened == []


@pytest.mark.parametrize(
    ("command", "option"), [(["verify"], []), (["search", "hello"], ["--in"])], ids=str
)
def test_a_look_at_a_real_backup_loads_nothing_heavy(
    own_home: Path, tmp_path: Path, command: list[str], option: list[str]
) -> None:
    from gmailkit import open_backup
    from gmailkit.backup.folder import Backup
    from gmailkit.backup.record import Record
    from gmailkit.model.ids import LabelId, MessageId, ThreadId
    from gmailkit.paths import Home

    with Backup.open(tmp_path / "b", write=True, create=True) as backup:
        backup.add(
            Record(
                account="me@example.com",
                id=MessageId("18c2f0a1b2c3d4e5"),
                thread=ThreadId("18c2f0a1b2c3d4e5"),
                date_ms=1_700_000_000_000,
                labels={LabelId("INBOX"): "INBOX"},
                raw=b"Subject: x\r\n\r\nHello\r\n",
            )
        )
    with open_backup(tmp_path / "b", home=Home.at(own_home)) as mail:
        assert mail.count("hello").number == 1
    code, modules, opened = probe([*command, *option, str(tmp_path / "b")], own_home)
    assert code == 0
    assert modules.isdisjoint(HEAVY), sorted(modules.intersection(HEAVY))
    assert modules.isdisjoint({"gmailkit.stores.protocol", "gmailkit.services.connect"})
    assert opened == []


GROUND = """
import os, runpy, sys, threading, time
class Ground:
    def __del__(self):
        os.write(2, b"taken away")
ground = Ground()
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
sys.argv = ["gmailkit", "version", "--json"]
runpy.run_module("gmailkit", run_name="__main__")
"""


def test_what_threads_still_at_work_stand_on_is_not_taken_away_at_the_end(own_home: Path) -> None:
    """Python does that when it ends in its own way; what then crashes, crashes once in a while."""
    done = subprocess.run([sys.executable, "-c", GROUND], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_was_to_be_done_at_the_end_is_done_all_the_same(own_home: Path) -> None:
    script = "import atexit, os\natexit.register(os.write, 2, b'tidied up')\n" + GROUND
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"tidied up")


def test_version_is_answered_before_typer_is_loaded(own_home: Path) -> None:
    _, modules, _ = probe(["--version"], own_home)
    assert modules.isdisjoint({"typer", "msgspec", "dataclasses"})


def test_whoami_and_completion_open_no_connection(own_home: Path) -> None:
    assert probe(["whoami"], own_home)[2] == []
    line = {"COMP_WORDS": "gmailkit search --account ", "COMP_CWORD": "3"}
    assert probe([], own_home, _GMAILKIT_COMPLETE="complete_bash", **line)[2] == []


def loaded_by(code: str) -> set[str]:
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=unmeasured(), check=True
    )
    return set(done.stdout.split())


def test_what_makes_mail_leave_is_loaded_by_the_verbs_that_send() -> None:
    loaded = loaded_by("import gmailkit.gmail")
    assert "gmailkit.gmail.sending" in loaded
    late = ("gmailkit.services.sending.", "gmailkit.transport", "gmailkit.compose", "smtplib")
    assert {each for each in loaded if each.startswith(late)} <= {
        "gmailkit.services.sending.guard",
        "gmailkit.services.sending.guard.leaving",
    }


def test_a_backup_by_the_api_loads_no_imap_and_no_way_into_gmail() -> None:
    loaded = loaded_by("from gmailkit.services.backup import planning, run")
    assert "gmailkit.stores.gmail.source" in loaded
    other = ("imaplib", "smtplib", "gmailkit.stores.imap", "gmailkit.transport", "gmailkit.mime.p")
    assert not {each for each in loaded if each.startswith(other)}
    assert loaded.isdisjoint({"gmailkit.stores.gmail.target", "gmailkit.stores.backup.source"})


def test_the_package_loads_names_on_first_touch() -> None:
    code = "import gmailkit, sys; print([m for m in sys.modules if m.startswith('gmailkit')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['gmailkit']"
