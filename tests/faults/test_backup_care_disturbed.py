"""backup, rebuild, repair and compact killed with -9, on a disk that fails, and without power.

Whatever was sound or reported as saved is there afterwards, byte for byte, and the next run ends
where an undisturbed one does. Seeds are printed; GMAILKIT_TEST_SEED=N repeats one.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from disks import ME, Counts, Failing, Watched, contents, in_a_child, killed_at, message, save
from fakes import ImpatientClock
from gmailkit.backup import writer
from gmailkit.backup.check import verify
from gmailkit.backup.events import Labels
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.record import Record
from gmailkit.backup.storage import Storage
from gmailkit.backup.stream import MESSAGES
from gmailkit.errors import CannotWrite, NoBackup, NotFound
from gmailkit.model.content import Content
from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.label import Label
from gmailkit.model.message import Message
from gmailkit.model.shape import from_millis
from gmailkit.services.compacting import Retention, compact, plan_compact
from gmailkit.services.connect import Connection
from gmailkit.services.repairing import plan_repair, repair

MAIL = [message(number, size=1500) for number in range(90)]


class Gmail:
    """As much of a connection as a repair uses."""

    address = ME
    clock = ImpatientClock()
    allowance = SimpleNamespace(units_per_minute=None)

    def __init__(self, mail: Mapping[str, Record]) -> None:
        self._mail = mail
        names = {id: name for each in mail.values() for id, name in each.labels.items()}
        labels = [Label(id=LabelId(id), name=name, type="user") for id, name in names.items()]
        listed = SimpleNamespace(list=lambda: tuple(labels))
        self.client = SimpleNamespace(messages=self, labels=listed, prices="new")

    def get_raw(self, id: str, *, in_memory: int = 0) -> tuple[Message, Content]:
        if id not in self._mail:
            raise NotFound(f"No message {id}.")
        record = self._mail[id]
        message = Message(
            id=MessageId(id),
            thread_id=ThreadId(record.thread),
            label_ids=tuple(map(LabelId, record.labels)),
            internal_date=from_millis(record.date_ms),
        )
        return message, Content.of(record.raw)


def gmail() -> Connection:
    return Gmail({each.id: each for each in MAIL})  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several packs, and several frames in each."""
    monkeypatch.setattr(writer, "FILE_BYTES", 40_000)
    monkeypatch.setattr(writer, "FRAME_BYTES", 8_000)


def seed() -> int:
    number = int(os.environ.get("GMAILKIT_TEST_SEED", random.randrange(10**6)))
    print(f"GMAILKIT_TEST_SEED={number}")
    return number


# What is disturbed.


def whole(path: Path) -> None:
    save(path, MAIL, storage=Watched())


def half(path: Path) -> None:
    save(path, MAIL[:45], storage=Watched())


def damaged(path: Path) -> None:
    """Two frames and the newest pack."""
    whole(path)
    first, second, *_, newest = MESSAGES.numbers(path)
    for number, place in ((first, 100), (second, 12_000)):
        flip(MESSAGES.path(path, number), place * 8)
    MESSAGES.path(path, newest).unlink()


def without_index(path: Path) -> None:
    whole(path)
    (path / "index.sqlite3").unlink()


def flip(file: Path, bit: int) -> None:
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def mend(path: Path, storage: Storage) -> None:
    repair(gmail, plan_repair(gmail, path), storage=storage)


def new_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def renew(path: Path, storage: Storage) -> None:
    if not new_of(path).exists():
        compact(plan_compact(path, new_of(path), Retention()), storage=storage)


Run = Callable[[Path, Storage], object]
JOBS: dict[str, tuple[Callable[[Path], None], Run]] = {
    "backup": (half, lambda path, storage: save(path, MAIL, storage=storage)),
    "rebuild": (without_index, lambda path, storage: rebuild(path, storage=storage)),
    "repair": (damaged, mend),
    "compact": (whole, renew),
}


def sound(path: Path) -> set[str]:
    """Ids of what can be read."""
    with Backup.open(path) as backup:
        known = backup.known(ME)
    found = verify(path)
    return known - {each.id for each in (*found.damaged, *found.missing)}


@dataclass
class Prepared:
    """A job, its folder as it is before, and what is sound in it."""

    job: str
    path: Path
    before: set[str] = field(default_factory=set)
    steps: int = 0

    @classmethod
    def of(cls, job: str, folder: Path) -> Prepared:
        prepare, run = JOBS[job]
        prepared = cls(job, folder / "prepared")
        prepare(prepared.path)
        prepared.before = sound(prepared.path)
        steps: list[str] = []
        tried = prepared.copy(folder / "tried")
        run(tried, Watched(lambda step, _: steps.append(step)))
        prepared.steps = len(steps)
        prepared.check_end(tried)
        return prepared

    def copy(self, path: Path) -> Path:
        shutil.copytree(self.path, path)
        return path

    def check(self, path: Path) -> None:
        """After a disturbance, and after the same again."""
        assert sound(path) >= self.before
        if self.job == "compact":
            with suppress(NoBackup):
                assert verify(new_of(path)).ok
                assert contents(new_of(path)) == MAIL
        JOBS[self.job][1](path, Watched())
        if self.job == "repair":  # a run stopped as it opened has forgotten what a lost pack held:
            save(path, MAIL, storage=Watched())  # so it is not counted as saved, and fetched
        self.check_end(path)

    def check_end(self, path: Path) -> None:
        for each in (path, new_of(path)) if self.job == "compact" else (path,):
            found = verify(each)
            assert found.ok, found
            assert found.messages == len(MAIL)
            assert contents(each) == MAIL
            shutil.rmtree(each)
        shutil.rmtree(new_of(path).with_name(f"{new_of(path).name}.unfinished"), ignore_errors=True)


def points(steps: int, few: int | None) -> Iterator[int]:
    """All steps of a run, or a few of them, the last one among them."""
    every = 1 if few is None else max(1, steps // few)
    yield from range(steps, 0, -every)


# How it is disturbed.


def check_kills(folder: Path, job: str, few: int | None) -> int:
    prepared = Prepared.of(job, folder)
    run = JOBS[job][1]
    done = 0
    for step in points(prepared.steps, few):
        path = prepared.copy(folder / str(step))
        with Counts() as counts:
            hook = killed_at(step, counts)
            ended = in_a_child(lambda path=path, hook=hook: run(path, Watched(hook)))
        assert ended == -signal.SIGKILL, step
        prepared.check(path)
        done += 1
    return done


FAULTS: dict[str, dict[str, Any]] = {
    "full for a moment": {"code": errno.ENOSPC},
    "full": {"code": errno.ENOSPC, "lasting": True},
    "broken for a moment": {"code": errno.EIO},
    "broken": {"code": errno.EIO, "lasting": True},
}


def check_faults(folder: Path, job: str, few: int | None) -> int:
    """A write that fails is half done before it fails: every second step of one is its rest."""
    prepared = Prepared.of(job, folder)
    run, done = JOBS[job][1], 0
    for kind, words in FAULTS.items():
        for step in points(prepared.steps, few):
            path, fault = prepared.copy(folder / f"{kind} {step}"), Failing(at=step, **words)
            try:
                run(path, Watched(fault))
            except CannotWrite as error:
                assert str(error.path) in error.message
            else:
                assert not fault.failed or fault.failed[0][0] in ("truncate", "remove"), fault
            prepared.check(path)
            done += 1
    return done


class PowerCut(BaseException):
    """No code goes on after it."""


class Forgetful(Watched):
    """A disk that keeps of each file what was synced, once the power is cut before step `at`."""

    def __init__(self, at: int) -> None:
        super().__init__(self._step)
        self._at = at
        self._taken = 0
        self._kept: dict[Path, int] = {}

    def _step(self, step: str, path: Path) -> None:
        self._taken += 1
        if self._taken >= self._at:
            raise PowerCut
        if step in ("write", "create") and path not in self._kept:
            self._kept[path] = path.stat().st_size if path.exists() else 0
        elif step == "sync":
            self._kept[path] = path.stat().st_size

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        if old in self._kept:
            self._kept[new] = self._kept.pop(old)

    def cut(self) -> None:
        for path, length in self._kept.items():
            if path.exists() and path.stat().st_size > length:
                os.truncate(path, length)


def check_power_cuts(folder: Path, job: str, few: int | None) -> int:
    prepared = Prepared.of(job, folder)
    done = 0
    for step in points(prepared.steps, few):
        path, disk = prepared.copy(folder / str(step)), Forgetful(step)
        with pytest.raises(PowerCut):
            JOBS[job][1](path, disk)
        disk.cut()
        prepared.check(path)
        done += 1
    return done


CHECKS = {"killed": check_kills, "failing": check_faults, "without power": check_power_cuts}


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("how", CHECKS)
def test_a_disturbed_run_loses_nothing_and_the_next_one_finishes(
    how: str, job: str, quick_path: Path
) -> None:
    few = 1 if how == "failing" or job == "compact" else 3
    assert CHECKS[how](quick_path, job, few) >= few


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("how", CHECKS)
def test_a_run_disturbed_at_any_step_loses_nothing(how: str, job: str, quick_path: Path) -> None:
    print(f"{job} {how}: {CHECKS[how](quick_path, job, None)} points")


# Bits that flip.


def check_flips(path: Path, count: int, number: int) -> None:
    """Each one is found, located to the messages it hit, and mended; the folder is the same again
    for the next one."""
    whole(path)
    with Backup.open(path, write=True, storage=Watched()) as backup:
        for each in MAIL[::3]:
            backup.note(Labels(account=ME, id=each.id, labels={"STARRED": "STARRED"}))
    wanted = state(path)
    lot = random.Random(number)
    names = [each for each in path.rglob("*") if each.is_file()]
    files = [each for each in names if "lock" not in each.name and each.suffix != ".txt"]
    for done in range(count):
        if done % 100 == 99:
            print(f"{done + 1} of {count}")
        target = lot.choices(files, [each.stat().st_size for each in files])[0]
        bit = lot.randrange(target.stat().st_size * 8)
        tried = path.with_name("tried")
        shutil.copytree(path, tried)
        where = tried / target.relative_to(path)
        flip(where, bit)
        told = f"bit {bit} of {target.relative_to(path)}, GMAILKIT_TEST_SEED={number}"
        with suppress(NoBackup):  # a marker of another format, for one
            found = verify(tried)
            assert not found.ok, told
            if target.parent.name == "packs":
                assert found.damaged, told
                assert found.messages + len(found.damaged) == len(MAIL), told
            done = repair(gmail, plan_repair(gmail, tried), storage=Watched())
            assert done.whole, told
            assert verify(tried).ok, told
            assert state(tried) == wanted, told
        shutil.rmtree(tried)


def state(path: Path) -> dict[str, tuple[object, ...]]:
    with Backup.open(path) as backup:
        return {
            each.id: (backup.read(each).raw, each.labels, each.saved, each.date_ms, each.thread)
            for each in backup.entries()
        }


def test_a_flipped_bit_anywhere_is_found_located_and_mended(quick_path: Path) -> None:
    check_flips(quick_path / "b", 12, seed())


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_thousand_flipped_bits_are_found_located_and_mended(quick_path: Path) -> None:
    check_flips(quick_path / "b", 2000, seed())
