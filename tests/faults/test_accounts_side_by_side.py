"""Runs of two accounts write to one backup at once, each in its turn, and any may be killed."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disks import Watched, begun, contents, ended, message
from fakes import FakeClock
from gmailkit.backup.check import verify
from gmailkit.backup.events import Cursor, Gone, Labels
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.lock import turn
from gmailkit.backup.record import Record
from gmailkit.errors import BackupLocked, NoBackup, UsageError

ANN, BOB = "ann@example.com", "bob@example.com"
RAW = [message(number, size=600).raw for number in range(300)]


def mail(account: str) -> list[Record]:
    """Half of it is what the other account has as well, in another order."""
    own = 0 if account == ANN else 100
    order = random.Random(account).sample(range(own, own + 200), 200)
    return [Record(account, f"{n + 1:x}", "a", n, {"INBOX": "INBOX"}, RAW[n]) for n in order]


def run(path: Path, account: str, step: Callable[[str, Path], object] = lambda *_: None) -> None:
    """As a backup does it: what is not known is saved, and what became of the rest is noted."""
    with Backup.open(path, create=True, account=account, storage=Watched(step)) as backup:
        known = backup.known(account)
        for number, each in enumerate(mail(account)):
            if each.id not in known:
                backup.add(each)
            if number % 20 == 0:
                backup.note(Labels(account=account, id=each.id, labels={"STARRED": "STARRED"}))
        backup.note(Cursor(account=account, history="7", covers="all"))


def whole(path: Path) -> None:
    """Both are there, each letter once and in the order of time, and the next run knows it."""
    wanted = {(each.account, each.id): each.raw for who in (ANN, BOB) for each in mail(who)}
    found = verify(path)
    assert found.ok, found
    assert found.messages == len(wanted)
    assert {(each.account, each.id): each.raw for each in contents(path)} == wanted
    with Backup.open(path) as backup:
        entries = list(backup.entries())
        held = {each.sha256 for each in entries if not each.same}
        assert len(held) == len(entries) - sum(1 for each in entries if each.same) == 300
        assert [each.saved for each in entries] == sorted(each.saved for each in entries)
        for who in (ANN, BOB):
            assert backup.labels(who, mail(who)[0].id) == {"STARRED": "STARRED"}
            assert backup.latest(who, Cursor)
    state = {(each.account, each.id): (each.saved, each.labels) for each in entries}
    rebuild(path)
    with Backup.open(path) as backup:
        assert {(e.account, e.id): (e.saved, e.labels) for e in backup.entries()} == state
    assert verify(path).ok


def test_two_runs_at_once_take_turns_and_both_are_whole(quick_path: Path) -> None:
    path = quick_path / "b"
    with (
        Backup.open(path, create=True, account=ANN, storage=Watched()) as ann,
        Backup.open(path, create=True, account=BOB, storage=Watched()) as bob,
    ):
        for one, other in zip(mail(ANN), mail(BOB), strict=True):
            ann.add(one)
            bob.add(other)
        for backup, who in ((bob, BOB), (ann, ANN)):
            for each in mail(who)[::20]:
                backup.note(Labels(account=who, id=each.id, labels={"STARRED": "STARRED"}))
            backup.note(Cursor(account=who, history="7", covers="all"))
    with Backup.open(path) as backup:
        order = [each.account for each in backup.entries()]
    assert sum(1 for one, other in pairwise(order) if one != other) >= 6
    whole(path)


def killed_somewhere(path: Path, seed: int) -> None:
    """Two real processes, each killed at a step of its own, again and again, until both end."""
    dice = random.Random(seed)
    for _ in range(6):
        children = [
            begun(partial(run, path, who, dying(dice.randrange(1, 90)))) for who in (ANN, BOB)
        ]
        assert {ended(child) for child in children} <= {0, -signal.SIGKILL}
        with suppress(NoBackup):
            found = verify(path)
            assert not found.damaged, found
            assert not found.missing, found
    children = [begun(partial(run, path, who)) for who in (ANN, BOB)]
    assert [ended(child) for child in children] == [0, 0]
    whole(path)


def dying(fatal: int) -> Callable[[str, Path], None]:
    """A step of the disk at which the process ends, as kill -9 ends it."""
    left = [fatal]

    def step(_: str, __: Path) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def test_of_two_processes_each_may_be_killed_anywhere_in_its_turn(quick_path: Path) -> None:
    killed_somewhere(quick_path / "b", seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(40))
def test_of_two_processes_each_may_be_killed_anywhere_forty_times(
    quick_path: Path, seed: int
) -> None:
    killed_somewhere(quick_path / "b", seed)


MOVES = st.lists(
    st.tuples(st.sampled_from([ANN, BOB]), st.sampled_from(["add", "flush", "gone", "end", "die"])),
    max_size=40,
)


@settings(max_examples=30, deadline=None)
@given(moves=MOVES, lost=st.sampled_from(["", "index.sqlite3", "events"]), when=st.integers(0, 40))
def test_turns_in_any_order_lose_nothing(
    moves: list[tuple[str, str]], lost: str, when: int
) -> None:
    """Runs begin, commit, end and die in any order, and an index or events are lost meanwhile."""
    open_now: dict[str, Backup] = {}
    added: dict[str, list[Record]] = {ANN: [], BOB: []}
    safe: set[tuple[str, str]] = set()
    waiting = {ANN: iter(mail(ANN)), BOB: iter(mail(BOB))}
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / "b"
        for number, (who, move) in enumerate(moves):
            if number == when and lost:
                for each in path.glob(f"{lost}*" if lost != "events" else "events/*"):
                    each.unlink()
            if who not in open_now:
                open_now[who] = Backup.open(path, create=True, account=who, storage=Watched())
                added[who] = []
            backup = open_now[who]
            if move == "add":
                added[who].append(next(waiting[who]))
                backup.add(added[who][-1])
            elif move == "gone" and added[who]:
                backup.note(Gone(account=who, id=added[who][-1].id))
            elif move == "die":
                backup._failed = True  # it ends without another turn
                open_now.pop(who).close()
                continue
            elif move == "flush":
                backup.flush()
            if move == "end":
                open_now.pop(who).close()
            if move in ("flush", "end"):
                safe |= {(who, each.id) for each in added[who]}
        for backup in open_now.values():
            backup.close()
        for who in open_now:
            safe |= {(who, each.id) for each in added[who]}
        if not moves:
            return
        raw = {(each.account, each.id): each.raw for who in (ANN, BOB) for each in mail(who)}
        there = {(each.account, each.id): each.raw for each in contents(path)}
        assert there.keys() >= safe
        assert all(raw[key] == there[key] for key in there)
        with Backup.open(path, write=True, storage=Watched()):
            pass
        found = verify(path)
        assert not found.damaged, found
        assert not found.missing, found
        assert not [text for text in found.problems if lost != "events"], found
        assert found.messages == len(there)


def test_a_cursor_does_not_count_when_another_run_has_found_a_loss_meanwhile(
    quick_path: Path,
) -> None:
    path = quick_path / "b"
    run(path, ANN)
    with Backup.open(path, create=True, account=ANN, storage=Watched()) as ann:
        pack = path / "packs" / "000001.mbox.zst"
        pack.write_bytes(pack.read_bytes()[:20_000])
        with Backup.open(path, create=True, account=BOB, storage=Watched()) as bob:
            assert any("has lost" in note for note in bob.notes)
            bob.note(Cursor(account=BOB, history="1", covers="all"))
        ann.note(Cursor(account=ANN, history="8", covers="all"))
    with Backup.open(path) as backup:
        assert backup.latest(ANN, Cursor) is None, "history does not tell what is lacking now"
        assert backup.latest(BOB, Cursor)


def test_times_rise_though_the_clock_of_one_run_is_behind(quick_path: Path) -> None:
    path, early, late = quick_path / "b", FakeClock(time=1.7e9), FakeClock(time=1.8e9)
    with (
        Backup.open(path, create=True, account=ANN, storage=Watched(), clock=early) as ann,
        Backup.open(path, create=True, account=BOB, storage=Watched(), clock=late) as bob,
    ):
        ann.add(mail(ANN)[0])
        ann.note(Labels(account=ANN, id=mail(ANN)[0].id, labels={}))
        bob.add(mail(BOB)[0])
        bob.flush()
    with Backup.open(path) as backup:
        times = [each.saved for each in backup.entries()]
        (label,) = backup.events(ANN, Labels)
    assert times == [1.8e12, 1.8e12]
    assert label.at_ms == 1.8e12
    assert verify(path).ok


def test_a_run_of_one_account_writes_nothing_for_another(quick_path: Path) -> None:
    with Backup.open(quick_path / "b", create=True, account=ANN, storage=Watched()) as backup:
        with pytest.raises(UsageError, match=f"for the mail of {ANN} alone"):
            backup.add(mail(BOB)[0])
        with pytest.raises(UsageError, match=f"for the mail of {ANN} alone"):
            backup.note(Gone(account=BOB, id="1"))


def test_of_eight_runs_of_one_account_one_works_and_seven_are_told_who_it_is(
    quick_path: Path,
) -> None:
    path = quick_path / "b"
    with Backup.open(path, create=True, account=ANN, storage=Watched()) as backup:
        for _ in range(7):
            with pytest.raises(BackupLocked, match=f"Process {os.getpid()} has been writing since"):
                Backup.open(path, create=True, account=ANN)
        backup.add(mail(ANN)[0])
    assert len(contents(path)) == 1


def test_who_needs_the_folder_alone_is_refused_while_anybody_is_at_work(quick_path: Path) -> None:
    path = quick_path / "b"
    with Backup.open(path, create=True, account=ANN, storage=Watched()) as ann:
        ann.add(mail(ANN)[0])
        for _ in range(2):  # between two turns, and after one that was refused
            with pytest.raises(BackupLocked, match=f"Process {os.getpid()}"):
                Backup.open(path, write=True)
            with pytest.raises(BackupLocked, match=f"Process {os.getpid()}"):
                rebuild(path)
        ann.flush()
    with (
        Backup.open(path, write=True),
        pytest.raises(BackupLocked, match=f"Process {os.getpid()}"),
    ):
        Backup.open(path, create=True, account=BOB)
    assert verify(path).ok


def test_a_run_that_waits_for_its_turn_says_for_whom_and_gives_up_in_the_end(
    quick_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, clock = quick_path / "b", FakeClock()
    run(path, ANN)
    with (
        turn(path, since=1.7e9, storage=Watched(), clock=clock),
        pytest.raises(BackupLocked, match=f"Process {os.getpid()} has been writing since 2023"),
    ):
        Backup.open(path, create=True, account=BOB, clock=clock)
    (line,) = (each.message for each in caplog.records if "Waiting" in each.message)
    assert line.startswith(f"Waiting: Process {os.getpid()} has been writing since 2023-11-14")
