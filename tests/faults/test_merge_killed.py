"""A merge killed with -9, again and again, reaches everybody once; receipts and ledger agree.

The seed is printed; GMAILKIT_TEST_SEED=N repeats a run.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.paths import Home
from gmailkit.record.ledger import SendLedger
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending.merge.receipts import read_receipts

ME = "me@example.com"
NAME = "letter-people"
WORKER = Path(__file__).parents[1] / "merge_worker.py"


class Merge:
    """The files of a merge of so many rows, and the sandbox that it goes to."""

    def __init__(self, sandbox: Sandbox, folder: Path, rows: int) -> None:
        self.sandbox = sandbox
        self.rows = rows
        self.home = folder / "home"
        self.template = folder / "letter.md"
        self.table = folder / "people.csv"
        self.receipts = folder / "people.receipts.csv"
        self.template.write_text("---\nsubject: For {{ name }}\nformat: text\n---\nHi {{ name }}\n")
        lines = "".join(f"Person {n},p{n}@example.net\n" for n in range(rows))
        self.table.write_text(f"name,email\n{lines}")

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        words = [str(self.template), str(self.table), "--yes", "--day-limit", "9999", *more]
        return subprocess.Popen(
            [sys.executable, "-m", "gmailkit", "merge", *words],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "GMAILKIT_HOME": str(self.home),
            "GMAILKIT_API_ENDPOINT": self.sandbox.url,
            "GMAILKIT_ACCESS_TOKEN": self.sandbox.issue_token(ME, PURPOSES["modify"]),
        }

    def check(self) -> None:
        """Everybody once, no draft left, and the three books say the same."""
        sent = self.sandbox.mail
        ids = [id for id in sent.ids(ME) if "SENT" in sent.labels_of(ME, id)]
        whom = Counter(to.email for mail in self.sandbox.sent() for to in mail.to)
        assert set(whom.values()) == {1}, [each for each, times in whom.items() if times > 1]
        assert set(whom) == {f"p{n}@example.net" for n in range(self.rows)}
        assert len(ids) == len(sent.ids(ME)) == self.rows, "drafts are left"
        state = Home.at(self.home).account_state(ME, self.sandbox.url)
        ledger = SendLedger(lambda: state)
        entries = {entry.row: entry for entry in ledger.entries(batch=NAME)}
        ledger.close()
        assert {entry.state for entry in entries.values()} == {"sent"}
        assert {entry.message_id for entry in entries.values()} == set(ids)
        receipts = list(read_receipts(self.receipts))
        assert all(each.status == "sent" for each in receipts)
        assert sorted(each.row for each in receipts) == list(range(2, self.rows + 2))
        assert {each.row: each.message_id for each in receipts} == {
            row: entry.message_id for row, entry in entries.items()
        }


def dice() -> random.Random:
    seed = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(10**6)))
    print(f"GMAILKIT_TEST_SEED={seed}")
    return random.Random(seed)


def kill_at_random_steps(rows: int, kills: int, folder: Path) -> None:
    """In the worker: before or after a request, or a line of the ledger."""
    with Sandbox(sample=False) as sandbox:
        merge = Merge(sandbox, folder, rows)
        job = {
            **merge.environment,
            "seed": dice().randrange(10**6),
            "kills": kills,
            "rows": rows,
            "template": str(merge.template),
            "table": str(merge.table),
            "receipts": str(merge.receipts),
        }
        done = subprocess.run(
            [sys.executable, str(WORKER), json.dumps(job)],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        killed = json.loads(done.stdout)
        print(f"{killed} kills, {rows} rows")
        assert killed["times"] >= kills * 0.9
        merge.check()


def kill_at_random_moments(rows: int, kills: int, folder: Path) -> int:
    """The program itself, by whoever starts it; how often it died of that."""
    chance = dice()
    died = 0
    with Sandbox(sample=False) as sandbox:
        merge = Merge(sandbox, folder, rows)
        for number in range(kills):
            process = merge.start()
            # On average each kill finds its share of what is left.
            at = asked(sandbox) + chance.randrange(
                max(1, (rows - sent(sandbox)) // (kills - number))
            )
            while process.poll() is None and asked(sandbox) < at:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.05))
            died += is_killed(process)
        last = merge.start()
        _, said = last.communicate()
        assert last.returncode == 0, said.decode()
        merge.check()
    return died


def is_killed(process: subprocess.Popen[bytes]) -> bool:
    """By this; False when it was done before."""
    process.send_signal(signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said.decode()
    return process.returncode != 0


def asked(sandbox: Sandbox) -> int:
    """Requests for drafts so far, of either kind: one or two for each message."""
    return sum(
        1 for method, path in list(sandbox.requests) if method == "POST" and "drafts" in path
    )


def sent(sandbox: Sandbox) -> int:
    return sum(1 for _, path in list(sandbox.requests) if path.endswith("drafts/send"))


def test_thirty_rows_killed_twenty_times_at_random_steps(tmp_path: Path) -> None:
    kill_at_random_steps(30, 20, tmp_path)


def test_thirty_rows_killed_three_times_at_random_moments(tmp_path: Path) -> None:
    assert kill_at_random_moments(30, 3, tmp_path)


def test_a_run_that_is_over_before_it_is_killed_is_no_fault(tmp_path: Path) -> None:
    with Sandbox(sample=False) as sandbox:
        merge = Merge(sandbox, tmp_path, 1)
        process = merge.start()
        process.wait()
        assert not is_killed(process)
        merge.check()


def test_two_processes_at_once_send_to_each_once(tmp_path: Path) -> None:
    with Sandbox(sample=False) as sandbox:
        merge = Merge(sandbox, tmp_path, 30)
        both = [merge.start(), merge.start()]
        for each in both:
            _, said = each.communicate()
            assert each.returncode == 0, said.decode()
        merge.check()


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_hundred_rows_killed_two_hundred_times(tmp_path: Path) -> None:
    kill_at_random_steps(100, 200, tmp_path)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_thousand_rows_killed_thirty_times(tmp_path: Path) -> None:
    assert kill_at_random_moments(1000, 30, tmp_path) > 20
