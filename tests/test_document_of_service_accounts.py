"""docs/service-accounts.md works as pasted, and names the scopes that are asked for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.auth.service_account import delegated_scopes
from gmailkit.sandbox import Sandbox

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "service-accounts.md").read_text()
ANN = "ann@example.com"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder with a key.json that may do everything."""
    with Sandbox(sample=False) as sandbox:
        key = sandbox.add_service_account()
        sandbox.delegate(str(key["client_id"]), {s for p in PURPOSES for s in delegated_scopes(p)})
        (tmp_path / "key.json").write_text(json.dumps(key))
        (tmp_path / "key.json").chmod(0o600)
        yield tmp_path


def run(place: Path, *argv: str, **more: str) -> str:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GMAILKIT_")}
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**clean, "GMAILKIT_HOME": str(place / "home"), "PATH": tools, **more}
    done = subprocess.run(argv, cwd=place, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_commands_work_in_their_order(place: Path) -> None:
    use, environment, _ = blocks("sh")
    said = run(place, "bash", "-ec", f"{use}\n{environment}")
    assert f"Signed in as {ANN}." in said
    assert re.search(r"bob@example.com\tbob\t[^\n]*\(service account\)", said)
    assert f"account\t{ANN}" in said


def test_the_sandbox_makes_a_key_that_works(tmp_path: Path) -> None:
    _, _, practice = blocks("sh")
    with Sandbox(sample=False, admin=True) as sandbox:
        environment = {
            "GMAILKIT_API_ENDPOINT": sandbox.url,
            "GMAILKIT_SANDBOX_SECRET": sandbox.admin_secret,
        }
        said = run(tmp_path, "bash", "-ec", practice, **environment)
    assert "Signed in as carla@example.com." in said
    assert "INBOX" in said
    assert (tmp_path / "practice.json").stat().st_mode & 0o777 == 0o600


def test_the_lines_of_python_work(place: Path) -> None:
    (code,) = blocks("python")
    assert run(place, sys.executable, "-c", code).splitlines()[-1] == ANN


def test_the_scopes_to_enter_are_those_that_are_asked_for() -> None:
    rows = dict(re.findall(r"^\| `(\w+)`[^|]*\| `(\S+)` \|$", TEXT, re.MULTILINE))
    assert rows == {purpose: ",".join(delegated_scopes(purpose)) for purpose in PURPOSES}
