"""docs/replying.md works as pasted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.mime.parse import parse
from gmailkit.sandbox import Sandbox
from test_documents import blocks, commands, environment, pasted

DOCUMENT = "docs/replying.md"
pytestmark = pytest.mark.usefixtures("warm_programs")


def test_the_commands_work_in_their_order(tmp_path: Path) -> None:
    lines = commands(DOCUMENT)
    assert len(lines) >= 12
    done = pasted(lines, tmp_path)
    assert (done.stdout.count("Sent to"), done.stdout.count("Sent before to")) == (4, 1)
    assert "It left before" in done.stderr


def test_the_library_lines_work(tmp_path: Path) -> None:
    (code,) = blocks(DOCUMENT, "python")
    with Sandbox() as sandbox:
        token = sandbox.issue_token("me@example.com", PURPOSES["modify"])
        done = subprocess.run(
            ["warm-python", "-c", code],
            env={
                **environment(tmp_path / "home"),
                "GMAILKIT_API_ENDPOINT": sandbox.url,
                "GMAILKIT_ACCESS_TOKEN": token,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        newest = parse(sandbox.mail.raw("ann@example.com", sandbox.mail.ids("ann@example.com")[0]))
    assert (newest.subject, newest.text.strip()) == ("Report", "Done.")
