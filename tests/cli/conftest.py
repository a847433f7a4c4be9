"""Fixtures named after what you get."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gmailkit.cli.app import run
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in, letter
from terminal import Terminal

GMAILKIT = [sys.executable, "-m", "gmailkit"]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own in the environment, and no other setting of the machine."""
    for name in list(os.environ):
        if name.startswith("GMAILKIT_") or name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GMAILKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def no_log_stays() -> Iterator[None]:
    """A log that nobody closed would write into the tests that follow."""
    before = list(logging.getLogger().handlers)
    yield
    left = [each for each in logging.getLogger().handlers if each not in before]
    assert not [each for each in left if type(each).__module__.startswith("gmailkit")]


@pytest.fixture
def cli(own_home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command line in this process; nothing is a terminal."""

    def call(*argv: str, **options: Any) -> Ran:
        capsys.readouterr()
        code = run(argv, **options)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture
def program(own_home: Path) -> Callable[..., Ran]:
    """Runs `python -m gmailkit` as a process of its own."""

    def call(argv: Sequence[str], *, stdin: str = "", cwd: Path | None = None, **env: str) -> Ran:
        done = subprocess.run(
            [*GMAILKIT, *argv],
            input=stdin.encode(),
            capture_output=True,
            timeout=60,
            cwd=cwd,
            env={**os.environ, **env},
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return call


@pytest.fixture
def terminal(own_home: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens a terminal with `gmailkit ARGV` in it, or a shell script that calls $GMAILKIT."""
    opened: list[Terminal] = []

    def call(*argv: str, script: str = "", **options: Any) -> Terminal:
        command = ["/bin/sh", "-c", script] if script else [*GMAILKIT, *argv]
        opened.append(Terminal(command, GMAILKIT=shlex.join(GMAILKIT), **options))
        return opened[-1]

    yield call
    for each in opened:
        each.kill()


@pytest.fixture
def mailbox(sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The sandbox with three messages in the inbox, and a token for it in the environment."""
    for minute, subject in enumerate(("First report", "Second report", "Lunch")):
        when = datetime(2026, 11, 20, 12, minute, tzinfo=UTC)
        sandbox.mail.put(ME, letter(subject), date=when)
    let_in(sandbox, monkeypatch)
    yield sandbox
