"""kill -9 at any moment of a send by SMTP: never twice, and the ledger is right."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.transport.smtp.sink import Sink
from mailroom import ME

KILLS = 60
GMAILKIT = [sys.executable, "-m", "gmailkit"]


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_no_message_leaves_twice_however_it_is_killed(sandbox: Sandbox, tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", time.time_ns() % 1_000_000))
    print(f"SEED={seed}")
    dice = random.Random(seed)
    token = sandbox.issue_token(ME, ["https://mail.google.com/"], lasting=True)
    # A slow answer to the dot, so that many are killed while they wait for it.
    with Sink(on_message=lambda _: time.sleep(0.3)) as sink:
        env = {
            **{name: value for name, value in os.environ.items() if "GMAILKIT" not in name},
            "GMAILKIT_HOME": str(tmp_path / "home"),
            "GMAILKIT_API_ENDPOINT": sandbox.url,
            "GMAILKIT_ACCESS_TOKEN": token,
            "GMAILKIT_SMTP": sink.url,
        }
        usual = _seconds(["whoami"], env), _seconds(_send("warm"), env)
        for number in range(KILLS):
            process = subprocess.Popen(_words(_send(f"k{number}")), env=env, **_quiet())
            time.sleep(dice.uniform(usual[0] * 0.8, usual[1] * 1.1))
            process.kill()
            process.wait()
        subprocess.run(_words(["sent", "--finish", "--yes"]), env=env, check=False, **_quiet())
        time.sleep(1)  # what a killed one had handed over is still being taken
        caught = Counter(parse(each.content).subject for each in sink.messages)
    assert max(caught.values()) == 1
    settings = Settings(
        home=Home.at(tmp_path / "home"), access_token=Secret(token), endpoint=sandbox.url
    )
    with Gmail(settings=settings) as gmail:
        states = {each.key: each.state for each in gmail._connection.sends.entries()}
    for key, state in states.items():
        assert state in ("sent", "unknown", "failed"), (key, state)
        assert state == "unknown" or caught[key] == (state == "sent"), (key, state)
    assert set(caught) <= set(states)
    assert "unknown" in states.values()
    print(f"{KILLS} kills: {Counter(states.values())}, {caught.total()} messages caught")


def _send(key: str) -> list[str]:
    return ["send", "ann@example.com", "-s", key, "--body", "x", "--via", "smtp", "--key", key]


def _words(line: list[str]) -> list[str]:
    return [*GMAILKIT, *line]


def _quiet() -> dict[str, int]:
    nowhere = subprocess.DEVNULL
    return {"stdin": nowhere, "stdout": nowhere, "stderr": nowhere}


def _seconds(line: list[str], env: dict[str, str]) -> float:
    begin = time.monotonic()
    subprocess.run(_words(line), env=env, check=True, **_quiet())
    return time.monotonic() - begin
