"""The shared file of what was spent: whole after any crash, and never in the way."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.record import spending
from gmailkit.record.spending import Spending

Open = Callable[[], Spending]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "quota.sqlite3"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def opened(path: Path, clock: FakeClock) -> Iterator[Open]:
    made: list[Spending] = []

    def make() -> Spending:
        made.append(Spending(path, clock=clock))
        return made[-1]

    yield make
    for each in made:
        each.close()


def append(store: Spending, letter: bytes, name: str = "me") -> bytes:
    """What the books hold after one more letter."""

    def change(old: list[bytes]) -> tuple[bytes, list[bytes]]:
        return old[0] + letter, [old[0] + letter]

    return store.exchange([name], change)


def test_two_processes_see_one_set_of_books(opened: Open) -> None:
    one, other = opened(), opened()
    append(one, b"a")
    append(other, b"b")
    assert append(one, b"c") == b"abc"


def test_books_of_several_names_change_together(opened: Open) -> None:
    store = opened()
    store.exchange(["me", "us"], lambda old: (None, [b"1", b"2"]))
    assert store.exchange(["us", "me"], lambda old: (old, old)) == [b"2", b"1"]


def test_nothing_changes_when_the_change_fails(opened: Open) -> None:
    store = opened()
    append(store, b"a")

    def fail(old: list[bytes]) -> tuple[None, list[bytes]]:
        raise KeyError

    with pytest.raises(KeyError):
        store.exchange(["me"], fail)
    assert append(store, b"b") == b"ab"


def test_counts_add_up_by_day_and_method(opened: Open) -> None:
    store = opened()
    for day, calls in (("2026-11-24", 1), ("2026-11-25", 2), ("2026-11-25", 3)):
        counts = [("me", day, "messages.get", calls, 20 * calls), ("me", day, "labels.list", 1, 1)]
        store.exchange(["me", "us"], lambda old: (None, old), counts)
    assert store.counts("me", "2026-11-25") == [
        ("me", "2026-11-25", "messages.get", 5, 100),
        ("me", "2026-11-25", "labels.list", 2, 2),
    ]
    assert store.counts("us", "2026-11-25") == []


def test_old_days_are_dropped(opened: Open) -> None:
    store = opened()
    for day in range(10, 30):
        store.exchange(["me"], lambda old: (None, old), [("me", f"2026-11-{day}", "watch", 1, 100)])
    assert store.counts("me", "2026-11-12") == []
    assert store.counts("me", "2026-11-22") != []


def test_the_file_is_private(opened: Open, path: Path) -> None:
    append(opened(), b"a")
    modes = {each.stat().st_mode & 0o077 for each in path.parent.iterdir()}
    assert modes == {0}
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_deleted_file_is_made_anew_and_shared_again(opened: Open, path: Path) -> None:
    one, other = opened(), opened()
    append(one, b"a")
    append(other, b"b")
    for each in path.parent.iterdir():
        each.unlink()
    append(one, b"c")
    assert append(other, b"d") == b"cd"


@pytest.mark.parametrize(
    "damage", [b"no database at all" * 300, b"SQLite format 3\0" + b"\7" * 9000]
)
def test_a_damaged_file_is_made_anew_by_one_and_shared(
    opened: Open, path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    one, other = opened(), opened()
    append(one, b"a")
    assert append(other, b"b") == b"ab"
    assert [r.levelname for r in caplog.records] == ["WARNING"]


def test_a_file_damaged_while_it_is_open_is_made_anew(opened: Open, path: Path) -> None:
    store = opened()
    append(store, b"a")
    store.close()
    path.write_bytes(b"x" * 5000)
    assert append(store, b"b") == b"b"


def test_a_file_of_another_version_is_made_anew(opened: Open, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE books (of TEXT)")
        database.execute("PRAGMA user_version = 99")
    assert append(opened(), b"a") == b"a"


def test_a_file_damaged_behind_its_first_page_is_made_anew(opened: Open, path: Path) -> None:
    store = opened()
    append(store, b"a" * 20_000)
    store.close()
    page = 4096
    path.write_bytes(path.read_bytes()[:page] + b"\7" * (path.stat().st_size - page))
    assert append(opened(), b"b") == b"b"
    assert append(opened(), b"c") == b"bc"


@pytest.mark.parametrize("table", ["books", "spent"])
def test_a_file_without_a_table_is_made_anew(opened: Open, path: Path, table: str) -> None:
    store = opened()
    append(store, b"a")
    store.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"DROP TABLE {table}")
    counts = [("me", "2026-11-25", "watch", 1, 100)]
    opened().exchange(["me"], lambda old: (None, [b"b"]), counts)
    assert append(opened(), b"c") == b"bc"
    assert opened().counts("me", "2026-11-25") == counts


def fails(message: str) -> Callable[..., object]:
    def fail(*arguments: object) -> object:
        raise sqlite3.OperationalError(message)

    return fail


def test_on_a_full_disk_a_process_goes_on_alone_and_says_so_once(
    opened: Open,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    store = opened()
    append(store, b"a")
    with monkeypatch.context() as full:
        real = spending._exchange

        def exchange(database: sqlite3.Connection, *rest: object) -> object:
            (file,) = database.execute("SELECT file FROM pragma_database_list").fetchone()
            if file:
                raise sqlite3.OperationalError("database or disk is full")
            return real(database, *rest)  # type: ignore[arg-type]

        full.setattr(spending, "_exchange", exchange)
        assert append(store, b"b") == b"b"
        assert append(store, b"c") == b"bc"
        clock.time += 61
        assert append(store, b"d") == b"bcd"
    assert len(caplog.records) == 1
    assert "paces itself alone" in caplog.records[0].getMessage()
    clock.time += 61
    assert append(store, b"e") == b"ae"


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_link_in_the_place_of_the_file_is_not_followed(opened: Open, path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(path.parent / "elsewhere")
    assert append(opened(), b"a") == b"a"
    assert not (path.parent / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_only_costs_the_sharing(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with closing(Spending(tmp_path / "state" / "quota.sqlite3")) as store:
        append(store, b"a")
        assert append(store, b"b") == b"ab"


def test_without_a_path_all_stays_in_memory() -> None:
    with closing(Spending(None)) as store:
        append(store, b"a")
        assert append(store, b"b") == b"ab"


HOLDER = """
import os, sys, time
from pathlib import Path
from gmailkit.record.spending import Spending

def change(old):
    print("inside", flush=True)
    time.sleep(60)
    return None, old

Spending(Path(sys.argv[1])).exchange(["me"], change)
"""


def test_a_process_killed_inside_a_change_holds_nobody_up(opened: Open, path: Path) -> None:
    store = opened()
    append(store, b"a")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE
    ) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"inside\n"
        held.send_signal(signal.SIGKILL)
        held.wait()
    assert append(store, b"b") == b"ab"
