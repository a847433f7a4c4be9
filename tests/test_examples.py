"""Each script of examples/ does what its first line says, on the sample mailbox."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
ME, ANN = "me@example.com", "ann@example.com"
Run = Callable[..., str]


@pytest.fixture
def gmail_server() -> Iterator[Sandbox]:
    """The sandbox with its sample mailbox."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def run(gmail_server: Sandbox, tmp_path: Path) -> Run:
    """Runs a script as a user would who has a token in the environment; gives what it printed."""
    environment = {
        **os.environ,
        "GMAILKIT_HOME": str(tmp_path / "home"),
        "GMAILKIT_API_ENDPOINT": gmail_server.url,
        "GMAILKIT_ACCESS_TOKEN": gmail_server.issue_token(ME, PURPOSES["modify"]),
    }

    def start(script: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / script), *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return start


def test_send_report(run: Run, gmail_server: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4 report")
    before = set(gmail_server.mail.ids(ANN))
    assert "Sent to ann@example.com" in run("send_report.py", ANN, "report.pdf")
    (new,) = set(gmail_server.mail.ids(ANN)) - before
    assert b"report.pdf" in gmail_server.mail.raw(ANN, new)


def test_save_invoices(run: Run, tmp_path: Path) -> None:
    first = run("save_invoices.py", "invoices")
    files = list((tmp_path / "invoices").iterdir())
    assert files
    assert any(file.read_bytes().startswith(b"%PDF") for file in files)
    assert f"{len(files)} new" in first
    assert run("save_invoices.py", "invoices").startswith("0 new")


def test_label_ci_mail(run: Run, gmail_server: Sandbox) -> None:
    output = run("label_ci_mail.py")
    assert "CI: " in output
    assert "CI: 0" not in output
    assert run("label_ci_mail.py").splitlines() == ["CI/Failed: 0 messages", "CI: 0 messages"]


def test_nightly_backup(run: Run) -> None:
    first = run("nightly_backup.py", "mail.backup")
    assert "Verified" in first
    assert run("nightly_backup.py", "mail.backup").startswith("0 new messages")


def test_unread_digest(run: Run, gmail_server: Sandbox) -> None:
    before = set(gmail_server.mail.ids(ME))
    assert "Sent a digest" in run("unread_digest.py")
    (new,) = set(gmail_server.mail.ids(ME)) - before
    assert b"unread messages" in gmail_server.mail.raw(ME, new)


def test_every_example_has_a_test() -> None:
    tested = {name.removeprefix("test_") + ".py" for name in globals() if name.startswith("test_")}
    scripts = {path.name for path in EXAMPLES.glob("*.py")} - {"read_backup.py"}
    assert scripts <= tested
