"""Verifying is a local command: it starts without the libraries of the network and of mail."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"email", "requests", "urllib3", "google", "asyncio", "filelock", "httplib2", "rich"}


@pytest.mark.parametrize("module", ["check", "folder"])
def test_it_loads_nothing_heavy(module: str) -> None:
    look = f"import gmailkit.backup.{module}, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True, text=True)
    assert HEAVY & set(run.stdout.split()) == set()
