"""A kind of store that a package brings, which pip has built and installed: a store as ours."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gmailkit.model.item import Item
from gmailkit.stores.maildir import MaildirStore
from mailroom import letter

PACKAGE = Path(__file__).resolve().parents[2] / "examples" / "store_package"
INSTALL = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
TWO = [
    Item.of(letter("Dinner"), labels=frozenset({"INBOX"})),
    Item.of(letter("Plan"), labels=frozenset({"Work"})),
]


def test_a_package_that_is_installed_brings_a_store_for_every_command(
    program: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no kind of store called 'lines'" in program(["ls", "lines:x"]).err
    built = ["--no-build-isolation", "--target", "site", str(PACKAGE)]
    subprocess.run([*INSTALL, *built], check=True, capture_output=True)
    run = partial(program, PYTHONPATH=str(tmp_path / "site"))
    with MaildirStore(tmp_path / "Mail", write=True) as store:
        for item in TWO:
            store.add(item)

    assert run(["copy", "maildir:Mail", "lines:mail", "--yes"]).code == 0
    assert len(Path("mail").read_text().splitlines()) == 2
    again = run(["copy", "maildir:Mail", "lines:mail", "--dry-run"])
    assert "not kept there: flags, the time of receipt" in again.out
    assert run(["copy", "maildir:Mail", "lines:mail", "--check"]).code == 0
    told = json.loads(run(["ls", "lines:mail", "--json"]).out)
    assert [each["name"] for each in told["folders"]] == ["INBOX", "Work"]
    assert told["can"] == ["take messages"]
    (ref,) = run(["search", "label:work", "--in", "lines:mail", "--ids"]).out.split()
    assert run(["show", ref, "--in", "lines:mail", "--raw"]).out.encode() == letter("Plan")
    assert run(["copy", "lines:mail", "mbox:back", "--yes"]).code == 0
    assert run(["copy", "mbox:back", "maildir:Mail", "--check"]).code == 0
    missing = run(["ls", "lines:none"])
    assert (missing.code, missing.err) == (6, "gmailkit: There is no file none.\n")
    threads = run(["search", "--threads", "--in", "lines:mail"])
    assert threads.code == 15
    assert run(["ls", "linse:mail"]).err.count("lines:") == 1  # a slip
