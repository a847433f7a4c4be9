"""The ledger of what was sent: nothing acknowledged is lost, nothing damaged is replaced."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from disks import in_a_child
from fakes import FakeClock
from gmailkit.errors import CannotWrite, Conflict, NotFound
from gmailkit.record import book
from gmailkit.record.ledger import LEDGER, Entry, SendLedger, Stage

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def entry(key: str, **fields: Any) -> Entry:
    given: dict[str, Any] = {
        "state": "drafting",
        "way": "draft",
        "digest": "d",
        "to": ("ann@example.com",),
        "subject": "Hi",
        "size": 100,
        "created": NOW,
        "updated": NOW,
    }
    return Entry(key=key, **given | fields)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "me"


@pytest.fixture
def ledger(folder: Path) -> Iterator[SendLedger]:
    opened = SendLedger(lambda: folder, clock=FakeClock(NOW.timestamp() + 60))
    yield opened
    opened.close()


def file_of(folder: Path) -> Path:
    return folder / "sent.sqlite3"


def test_a_line_is_found_again(ledger: SendLedger, folder: Path) -> None:
    first = entry("one", due=NOW, batch="b", row=3)
    assert ledger.open(first) == first
    ledger.close()
    assert ledger.find("one") == first
    assert ledger.find("two") is None
    assert stat.S_IMODE(file_of(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_line_that_stands_is_kept_by_open_and_replaced_by_put(ledger: SendLedger) -> None:
    ledger.open(entry("one"))
    assert ledger.open(entry("one", subject="Other")).subject == "Hi"
    assert ledger.put(entry("one", subject="Other")).subject == "Other"
    assert [each.subject for each in ledger.entries()] == ["Other"]


def test_a_change_says_when(ledger: SendLedger) -> None:
    ledger.open(entry("one"))
    changed = ledger.change("one", state="sent", message_id="1a")
    assert (changed.state, changed.message_id) == ("sent", "1a")
    assert changed.updated == NOW + timedelta(seconds=60)
    assert ledger.find("one") == changed
    with pytest.raises(NotFound):
        ledger.change("two", state="sent")


def test_the_list_is_newest_first_and_chosen_by_state_batch_and_time(ledger: SendLedger) -> None:
    for number in range(1203):
        state: Stage = "sent" if number % 2 else "failed"
        time = NOW + timedelta(minutes=number)
        ledger.open(entry(str(number), state=state, batch=f"b{number % 3}", created=time))
    assert [each.key for each in ledger.entries()] == [str(n) for n in reversed(range(1203))]
    assert len(list(ledger.entries(limit=501))) == 501
    assert [e.key for e in ledger.entries(states=("sent",), limit=2)] == ["1201", "1199"]
    assert len(list(ledger.entries(batch="b1"))) == 401
    late = NOW + timedelta(minutes=1200)
    assert [e.key for e in ledger.entries(since=late)] == ["1202", "1201", "1200"]


def test_a_draft_is_one_line_s_alone_while_there_is_one(ledger: SendLedger) -> None:
    ledger.open(entry("one", state="drafted", draft_id="r1"))
    ledger.open(entry("two"))
    with pytest.raises(Conflict):
        ledger.change("two", state="drafted", draft_id="r1")
    assert ledger.find("two") == entry("two")
    assert ledger.drafts_of_others(["r1", "r2"], key="two") == {"r1"}
    assert ledger.drafts_of_others(["r1", "r2"], key="one") == set()
    ledger.change("one", state="sent", message_id="m1")  # the draft is gone
    ledger.change("two", state="drafted", draft_id="r1")
    assert ledger.messages_of_others(["m1", ""], key="two") == {"m1"}


def test_what_is_committed_survives_a_power_cut(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as it can be seen from here: SQLite is told to sync all, we sync names of folders."""
    synced: list[Path] = []
    real = book.sync_folder
    monkeypatch.setattr(book, "sync_folder", lambda path: (synced.append(path), real(path)))
    with closing(book.connect(file_of(folder), LEDGER)) as database:
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    assert synced == [folder, folder.parent, folder.parent.parent]


CROWD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from gmailkit.record.ledger import LEDGER, Entry, SendLedger

name, folder = sys.argv[1], Path(sys.argv[2])
ledger, now = SendLedger(lambda: folder), datetime.now(UTC)
for number in range(25):
    key = f"{name}-{number}"
    with ledger.alone(key):
        ledger.open(Entry(key=key, state="drafting", way="draft", digest="d", to=("a@b.example",),
                          subject=key, size=1, created=now, updated=now))
        ledger.change(key, state="sent", message_id=key)
"""


def test_many_processes_write_at_once(ledger: SendLedger, folder: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", CROWD, str(name), str(folder)]) for name in range(6)
    ]
    assert [each.wait(60) for each in running] == [0] * 6
    found = list(ledger.entries(states=("sent",)))
    assert len({each.message_id for each in found}) == len(found) == 150


HOLDER = """
import sys, time
from pathlib import Path
from gmailkit.record.ledger import SendLedger
with SendLedger(lambda: Path(sys.argv[1])).alone("one"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_key_is_one_process_s_and_free_when_it_is_killed(
    ledger: SendLedger, folder: Path
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        entered = threading.Event()

        def enter() -> None:
            with ledger.alone("one"):
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.2)
        holder.kill()
        waiting.join(20)
        assert entered.is_set()


def test_a_thread_that_waits_for_another_of_its_run_is_told_of_no_other_run(
    ledger: SendLedger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(book, "_SILENCE", 0.01)
    inside = threading.Event()

    def wait() -> None:
        with ledger.alone("a"):
            inside.set()

    with ledger.alone("a"):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not inside.wait(0.3)
    waiting.join(60)
    assert inside.is_set()
    assert caplog.records == []


def test_an_error_inside_the_lock_is_its_own(ledger: SendLedger) -> None:
    with pytest.raises(OSError, match="network"), ledger.alone("one"):
        raise OSError("network")
    with ledger.alone("one"):
        pass


# kill -9 at every statement


def work(folder: Path, told: int = -1) -> None:
    """Two lines through their states; each change that returned is told to `told`."""
    ledger = SendLedger(lambda: folder)
    states: tuple[Stage, ...] = ("drafted", "sending", "sent")
    for key in ("one", "two"):
        ledger.open(entry(key))
        for state in ("drafting", *states):
            if state != "drafting":
                ledger.change(key, state=state, draft_id=f"r-{key}")
            if told >= 0:
                os.write(told, f"{key} {state}\n".encode())


class Fatal(sqlite3.Connection):
    """Ends the process, as kill -9 does, before the `at`-th statement of it."""

    at = 0

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.set_trace_callback(self._count)

    def _count(self, _: str) -> None:
        Fatal.at -= 1
        if Fatal.at == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def killed_at(number: int, folder: Path, told: int) -> int:
    def run() -> None:
        real = sqlite3.connect
        Fatal.at = number
        sqlite3.connect = lambda *w, **m: real(*w, factory=Fatal, **m)  # type: ignore[assignment]
        work(folder, told)

    return in_a_child(run)


def test_kill_9_at_every_statement_loses_nothing_that_was_told(tmp_path: Path) -> None:
    order = [f"{k} {s}" for k in ("one", "two") for s in _STATES]
    number, ended = 0, -signal.SIGKILL
    while ended == -signal.SIGKILL:
        number += 1
        folder = tmp_path / str(number)
        reading, writing = os.pipe()
        ended = killed_at(number, folder, writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            told = pipe.read().splitlines()
        ledger = SendLedger(lambda folder=folder: folder)  # type: ignore[misc]
        found = [f"{each.key} {each.state}" for each in reversed(list(ledger.entries()))]
        reached = order.index(found[-1]) + 1 if found else 0
        assert len(told) <= reached <= len(told) + 1, number
        work(folder)  # and the next run goes on
        assert [each.state for each in ledger.entries()] == ["sent"] * 2
        ledger.close()
    assert ended == 0
    assert number > 25


_STATES = ("drafting", "drafted", "sending", "sent")


# Files that are of no use


def with_a_line(folder: Path) -> bytes:
    ledger = SendLedger(lambda: folder)
    ledger.open(entry("one", state="sent", message_id="1a"))
    ledger.close()
    return file_of(folder).read_bytes()


def _run(*statements: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    return spoil


DAMAGES: dict[str, Callable[[Path], object]] = {
    "not a database": lambda path: path.write_bytes(b"no database at all" * 300),
    "half of it": lambda path: path.write_bytes(path.read_bytes()[:9000]),
    "one byte of a line": lambda path: path.write_bytes(
        path.read_bytes().replace(b'"state":"sent"', b'"state":"sunt"')
    ),
    "a line that says two things": _run("UPDATE send SET state = 'failed'"),
    "another key": _run("UPDATE send SET key = 'two'"),
    "no table": _run("DROP TABLE send"),
    "a table of somebody else": _run(
        "DROP TABLE send", "CREATE TABLE x (y)", "PRAGMA user_version = 0"
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_ledger_is_refused_and_left_as_it_is(folder: Path, damage: str) -> None:
    with_a_line(folder)
    DAMAGES[damage](file_of(folder))
    before = file_of(folder).read_bytes()
    ledger = SendLedger(lambda: folder)
    with pytest.raises(CannotWrite) as caught:
        list(ledger.entries())
    assert str(file_of(folder)) in caught.value.message
    assert "Nothing is sent without it" in caught.value.hint
    assert "mv '" in caught.value.hint
    assert "in:sent" in caught.value.hint
    assert file_of(folder).read_bytes() == before
    # As the hint says: out of the way, and on; the same object sees it.
    file_of(folder).rename(folder / "sent.sqlite3.old")
    assert list(ledger.entries()) == []
    ledger.close()


def test_one_of_a_newer_gmailkit_is_refused(folder: Path) -> None:
    with_a_line(folder)
    _run("PRAGMA user_version = 99")(file_of(folder))
    with pytest.raises(CannotWrite, match="newer gmailkit") as caught:
        SendLedger(lambda: folder).find("one")
    assert "update gmailkit" in caught.value.hint


def test_an_empty_file_is_what_a_crash_at_birth_leaves(folder: Path) -> None:
    folder.mkdir(parents=True)
    file_of(folder).touch()
    ledger = SendLedger(lambda: folder)
    assert ledger.open(entry("one")).key == "one"
    ledger.close()


def test_a_link_in_its_place_is_refused(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True)
    file_of(folder).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotWrite):
        SendLedger(lambda: folder).find("one")
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite):
        SendLedger(lambda: tmp_path / "file" / "me").find("one")


def test_a_full_disk_is_said_and_what_was_there_stays(folder: Path) -> None:
    """By a limit on the size of files, which needs no root."""
    with_a_line(folder)
    size = file_of(folder).stat().st_size

    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        ledger = SendLedger(lambda: folder)
        try:
            for number in range(1000):
                ledger.open(entry(f"more-{number}", subject="x" * 500))
        except CannotWrite as error:
            assert "free some space" in error.hint
            assert ledger.find("one")
        else:
            raise AssertionError("the disk was never full")

    assert in_a_child(fill) == 0
    ledger = SendLedger(lambda: folder)
    found = list(ledger.entries())
    assert found[-1].state == "sent"
    assert all(each.subject == "x" * 500 for each in found[:-1])
    ledger.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_a_folder_of_somebody_else_is_said(tmp_path: Path) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)

        def write() -> None:
            os.setuid(65534)
            try:
                SendLedger(lambda: Path(place) / "me").open(entry("one"))
            except CannotWrite:
                return
            raise AssertionError("it was written")

        assert in_a_child(write) == 0
