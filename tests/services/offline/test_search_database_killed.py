"""A run that makes the search database may be killed at any moment: the next one goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from gmailkit.finding.schema import NAME
from gmailkit.services.offline import indexing, readers
from gmailkit.services.offline.rows import Job, read_here
from services.offline.conftest import Open, numbers, record, save

# Dies by kill -9 before that step of what is written, in the middle of a transaction.
DYING = """
import os, signal, sys
from pathlib import Path
from gmailkit import open_backup
from gmailkit.finding.writing import Writer
from gmailkit.services.offline import indexing

indexing.AT_ONCE = 10
step, folder = int(sys.argv[1]), Path(sys.argv[2])
done = 0
def counted(name):
    real = getattr(Writer, name)
    def call(self, *args, **more):
        global done
        done += 1
        if done == step:
            self._sql.execute("BEGIN IMMEDIATE")
            self._sql.execute("DELETE FROM messages")  # what a commit would never have had
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *args, **more)
    setattr(Writer, name, call)
for name in ("know", "take", "tidy"):
    counted(name)
open_backup(folder).count("x")
"""


def note(seen: list[int], done: int, total: int) -> None:
    seen.append(total)


def test_what_was_taken_in_is_kept_and_the_rest_is_read_by_the_next_run(
    folder: Path, opened: Open
) -> None:
    save(folder, *(record(n, f"Number {n}\nword{n % 7} same") for n in range(1, 41)))
    left = []
    for step in (1, 2, 3, 5, 6):
        command = [sys.executable, "-c", DYING, str(step), str(folder)]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == -9, done.stderr
        seen: list[int] = []
        with opened(on_progress=partial(note, seen)) as mail:
            assert numbers(mail, "same") == list(range(40, 0, -1))
            assert numbers(mail, "word3") == [n for n in range(40, 0, -1) if n % 7 == 3]
        left.append(seen[0] if seen else 0)
        for path in folder.glob(f"{NAME}*"):
            path.unlink()
    assert left == [40, 40, 30, 10, 0]


def test_processes_that_read_find_the_same_and_one_that_dies_costs_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [Job(n, float(n), record(n, f"Number {n}\nword{n}").raw) for n in range(1, 251)]
    assert list(readers.read_by_others(jobs)) == list(read_here(jobs))
    (tmp_path / "dying.py").write_text(
        "import os\nfrom gmailkit.services.offline import worker\nreal = worker.read_job\n"
        "def read(job, extractor):\n"
        "    return os._exit(9) if job.key == 120 else real(job, extractor)\n"
        "worker.read_job = read\nworker.main()\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setattr(readers, "_WORKER", "dying")
    done = list(readers.read_by_others(jobs))
    assert [each.key for each in done] == [job.key for job in jobs]
    (lost,) = [each for each in done if each.unread]
    assert lost.key == 120
    assert " number 120 " in lost.row.texts
    assert done[:119] == list(read_here(jobs[:119]))


def test_chunks_are_bounded_by_their_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "TEXT_AT_ONCE", 100)
    rows = [done.row for done in read_here([Job(1, 0, b"Subject: x\n\n" + b"word " * 30)])]
    taken = [indexing.Taken(n, rows[0]) for n in range(5)]
    assert [len(some) for some in indexing._chunks(iter(taken))] == [1] * 5
