"""kill -9, a full disk and others at work while a store is added to: nothing torn, lost, twice."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from disks import Counts, in_a_child, killed_at
from gmailkit.errors import BackupDamaged, BackupLocked, CannotWrite, UsageError
from gmailkit.model.item import Item
from gmailkit.stores.door import Door, Step, unwatched
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.protocol import Mailbox

WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)
LARGE = b"From x\n" + b"0123456789abcde\n" * 70_000  # two pieces
MAIL = [
    Item.of(raw, labels=frozenset(labels), flags=frozenset({"seen"}), received=WHEN)
    for raw, *labels in (
        (b"Subject: one\n\nFirst\n", "INBOX", "Work", "Work/a.b"),
        (b"Subject: two\n\nno end", "INBOX"),
        (b"Subject: large\n\n" + LARGE, "Work"),
        (b"",),
    )
]
PLACES: dict[str, Callable[[Path, Step], Mailbox]] = {
    "mbox": lambda path, step: MboxStore(path / "mail.mbox", write=True, step=step),
    "maildir": lambda path, step: MaildirStore(path / "mail", write=True, step=step),
    "eml": lambda path, step: EmlStore(path / "mail", write=True, step=step),
}


def copied(place: str, path: Path, step: Step = unwatched) -> None:
    with PLACES[place](path, step) as store:
        for item in MAIL:
            if not any(store.find(item)):
                store.add(item)
            store.flush()


def steps_of(place: str, path: Path) -> list[str]:
    """What a run does that nothing disturbs."""
    steps: list[str] = []
    path.mkdir()
    copied(place, path, lambda step, path: steps.append(step))
    return steps


def contents(place: str, path: Path) -> dict[bytes, frozenset[str]]:
    """Labels by content; fails where one is there twice, or torn."""
    with PLACES[place](path, unwatched) as store:
        got = [(item.content.bytes, item.labels) for _, item in store.fetch(store.refs())]  # type: ignore[union-attr]
    assert len(dict(got)) == len(got)
    return dict(got)


KILLED = -signal.SIGKILL
PARTS = ("tmp", ".gmailkit-parts")
WANTED = {item.content.bytes: item.labels for item in MAIL}


def kill_at(place: str, folder: Path, *, every: int) -> int:
    """Kill a run at every so many steps, look, run again, look."""
    points = list(range(1, len(steps_of(place, folder / "whole")) + 1))[::every]
    for number in points:
        path = folder / f"{number}"
        path.mkdir()
        with Counts() as counts:
            hook = killed_at(number, counts)
            assert in_a_child(lambda path=path, hook=hook: copied(place, path, hook)) == KILLED
        assert all(labels <= WANTED[raw] for raw, labels in contents(place, path).items())
        copied(place, path)
        assert contents(place, path) == WANTED
        assert [each for each in path.rglob("*") if each.parent.name in PARTS] == []
    return len(points)


@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_at_some_step_is_finished_by_the_next(place: str, quick_path: Path) -> None:
    assert kill_at(place, quick_path, every=5) > 3


@pytest.mark.soak
@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_at_any_step_is_finished_by_the_next(place: str, quick_path: Path) -> None:
    assert kill_at(place, quick_path, every=1) > 15


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("place", PLACES)
def test_a_disk_that_fails_at_any_step_is_told_and_the_next_run_finishes(
    place: str, code: int, quick_path: Path
) -> None:
    steps = steps_of(place, quick_path / "whole")
    for number in range(1, len(steps) + 1, 3):
        path, done = quick_path / f"{number}", iter(range(1, 10_000))

        def fails(step: str, where: Path, at: int = number, done: object = done) -> None:
            if next(done) >= at:  # type: ignore[call-overload]
                raise OSError(code, os.strerror(code), str(where))

        path.mkdir()
        with pytest.raises(CannotWrite, match=os.strerror(code)):
            copied(place, path, fails)
        copied(place, path)
        assert contents(place, path) == WANTED


@pytest.mark.parametrize("place", PLACES)
def test_two_runs_do_not_write_at_once(place: str, quick_path: Path) -> None:
    with PLACES[place](quick_path, unwatched) as store:
        store.add(MAIL[0])

        def second() -> None:
            with pytest.raises(BackupLocked, match=str(quick_path)):
                PLACES[place](quick_path, unwatched)

        second()  # not in the same process either
        assert in_a_child(second) == 0
    assert len(contents(place, quick_path)) == 1


@pytest.mark.parametrize("place", PLACES)
def test_links_are_not_followed(place: str, quick_path: Path) -> None:
    elsewhere = quick_path / "elsewhere"
    (elsewhere / "cur").mkdir(parents=True)
    mail = quick_path / "mail"
    if place == "mbox":
        (quick_path / "mail.mbox").symlink_to(elsewhere / "file")
    else:
        copied(place, quick_path)
        folder = mail / (".Work" if place == "maildir" else "undated")
        folder.rename(quick_path / "away")
        folder.symlink_to(elsewhere)
    with pytest.raises(CannotWrite):
        copied(place, quick_path)
    assert [each.name for each in elsewhere.rglob("*")] == ["cur"]


@pytest.mark.parametrize("place", PLACES)
def test_a_store_goes_on_after_a_step_that_failed(place: str, quick_path: Path) -> None:
    failing = iter([False, True])

    def fails(step: str, where: Path) -> None:
        if step in ("write", "append") and next(failing, False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with PLACES[place](quick_path, fails) as store:
        with pytest.raises(CannotWrite):
            store.add(MAIL[2])
            store.flush()
        store.add(MAIL[2])
    assert contents(place, quick_path) == {MAIL[2].content.bytes: MAIL[2].labels}


# -- disks without hard links


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)


@pytest.mark.usefixtures("no_links")
@pytest.mark.parametrize("place", PLACES)
def test_a_disk_without_hard_links_keeps_each_message_whole(place: str, quick_path: Path) -> None:
    copied(place, quick_path)
    assert contents(place, quick_path) == WANTED
    assert not list(quick_path.glob(".*"))


@pytest.mark.usefixtures("no_links")
@pytest.mark.parametrize("way", ["place", "replace"])
def test_what_appears_in_the_last_moment_is_not_written_over(
    way: str, quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, taken = quick_path / "part", quick_path / "taken"
    part.write_bytes(b"ours")
    taken.write_bytes(b"theirs")
    monkeypatch.setattr(os.path, "lexists", lambda path: False)  # as it was a moment ago
    with pytest.raises(CannotWrite, match="File exists"):
        if way == "place":
            Door().place(part, taken, parts=quick_path)
        else:
            Door().replace(part, taken)
    assert taken.read_bytes() == b"theirs"


@pytest.mark.usefixtures("no_links")
def test_a_system_that_cannot_rename_so_looks_first(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda *words, **more: object())
    (quick_path / "part").write_bytes(b"ours")
    Door().replace(quick_path / "part", quick_path / "new")
    (quick_path / "part").write_bytes(b"another")
    with pytest.raises(CannotWrite, match="File exists"):
        Door().replace(quick_path / "part", quick_path / "new")
    assert (quick_path / "new").read_bytes() == b"ours"


# -- mbox: what others do to the same file

OTHERS = b"From bob@example.com Mon Jan  2 09:00:00 2023\nSubject: theirs\n\nHello.\n\n"


def torn(path: Path, at: int) -> bytes:
    """A file that a run was killed in after so many bytes of its second message."""
    with MboxStore(path, write=True) as store:
        store.add(MAIL[0])
    whole = path.read_bytes()
    with MboxStore(path, write=True) as store:
        store.add(MAIL[1])
    second = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + second[:at])
    path.with_name(f"{path.name}.lock").write_bytes(b"1\ngmailkit %d\n" % len(whole))
    return whole


def test_a_torn_end_is_cut_wherever_it_was_torn(quick_path: Path) -> None:
    path = quick_path / "mail.mbox"
    whole = torn(path, 10**6)
    for at in range(0, len(path.read_bytes()) - len(whole), 3):
        path.unlink()
        torn(path, at)
        MboxStore(path, write=True).close()
        assert path.read_bytes() == whole
        assert not path.with_name("mail.mbox.lock").exists()


def test_what_another_program_added_behind_a_torn_end_is_never_cut(quick_path: Path) -> None:
    path = quick_path / "mail.mbox"
    whole = torn(path, 10**6)
    for at in range(1, len(path.read_bytes()) - len(whole), 23):
        path.unlink()
        torn(path, at)
        with path.open("ab") as file:
            file.write(OTHERS)
        copied("mbox", quick_path)
        assert path.read_bytes().startswith(whole)
        assert OTHERS in path.read_bytes()
        with MboxStore(path) as store:
            got = [each for _, each in store.fetch(store.refs())]
        whole_ones = [each.content.bytes for each in got if isinstance(each, Item)]
        assert sum(isinstance(each, BackupDamaged) for each in got) <= 1
        assert all(whole_ones.count(item.content.bytes) == 1 for item in MAIL)


OF_TAKEOUT = (
    b"From 1728938475839201@xxx Thu Jan  1 00:00:00 2026\nX-GM-THRID: 1728938475839201\n"
    b"X-Gmail-Labels: Inbox\nSubject: kept by Takeout\n\nHello.\n\n"
)


@pytest.mark.parametrize(
    "theirs", [OF_TAKEOUT, OF_TAKEOUT.replace(b" Thu Jan  1 00:00:00 2026", b"")]
)
@pytest.mark.parametrize("at", [0, 3, 40, 200, 10**6])
def test_mail_of_takeout_behind_what_a_killed_run_left_is_never_cut(
    at: int, theirs: bytes, quick_path: Path
) -> None:
    path = quick_path / "mail.mbox"
    torn(path, at)
    with path.open("ab") as file:
        file.write(theirs)
    copied("mbox", quick_path)
    assert theirs in path.read_bytes()


def test_a_run_that_is_interrupted_leaves_no_part_of_a_message(quick_path: Path) -> None:
    path, interrupts = quick_path / "mail.mbox", iter([False, True])

    def ctrl_c(step: str, where: Path) -> None:
        if step == "append" and next(interrupts, False):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), MboxStore(path, write=True, step=ctrl_c) as store:
        store.add(MAIL[0])
    assert path.read_bytes() == b""
    assert not path.with_name("mail.mbox.lock").exists()
    copied("mbox", quick_path)
    assert contents("mbox", quick_path) == WANTED


def test_an_end_that_could_not_be_cut_is_added_to_by_no_one_and_cut_later(quick_path: Path) -> None:
    path, appended = quick_path / "mail.mbox", iter([False, True])

    def fails(step: str, where: Path) -> None:
        if step == "truncate" or (step == "append" and next(appended, True)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with MboxStore(path, write=True, step=fails) as store:
        for words in ("Input/output", "ends in a part"):
            with pytest.raises(CannotWrite, match=words):
                store.add(MAIL[0])
    copied("mbox", quick_path)
    assert contents("mbox", quick_path) == WANTED


def test_an_end_that_no_lock_says_to_be_ours_stays(quick_path: Path) -> None:
    path = quick_path / "mail.mbox"
    torn(path, 300)
    path.with_name("mail.mbox.lock").unlink()
    before = path.read_bytes()
    copied("mbox", quick_path)
    assert path.read_bytes().startswith(before)
    with MboxStore(path) as store:
        got = [each for _, each in store.fetch(store.refs())]
    assert [type(each) for each in got].count(BackupDamaged) == 1
    assert WANTED.keys() == {each.content.bytes for each in got if isinstance(each, Item)}


def test_reading_the_file_leaves_it_locked(quick_path: Path) -> None:
    path = quick_path / "mail.mbox"
    with MboxStore(path, write=True) as store:
        store.add(MAIL[0])
        MboxStore(path).close()

        def lock_as_mail_programs_do() -> None:
            with path.open("ab") as file, pytest.raises(BlockingIOError):
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

        assert in_a_child(lock_as_mail_programs_do) == 0


def test_the_lock_of_another_program_is_waited_for(quick_path: Path) -> None:
    path = quick_path / "mail.mbox"
    path.with_name("mail.mbox.lock").write_bytes(b"4711\n")
    with pytest.raises(BackupLocked, match=r"mail\.mbox\.lock"):
        MboxStore(path, write=True)
    assert path.with_name("mail.mbox.lock").read_bytes() == b"4711\n"


def test_a_file_that_is_no_mbox_is_not_added_to(quick_path: Path) -> None:
    path = quick_path / "mail.mbox"
    path.write_bytes(b"%PDF-1.7\n")
    for write in (True, False):
        with pytest.raises(UsageError, match="no mbox file"):
            MboxStore(path, write=write)
    assert path.read_bytes() == b"%PDF-1.7\n"
    assert list(quick_path.iterdir()) == [path]


def test_mail_of_others_in_the_file_is_found_by_its_bytes(quick_path: Path) -> None:
    path = quick_path / "mail.mbox"
    path.write_bytes(OTHERS.rstrip(b"\n"))
    with MboxStore(path, write=True) as store:
        item = Item.of(b"Subject: theirs\n\nHello.\n")
        assert len(list(store.find(item))) == 1
        store.add(MAIL[1])
    with MboxStore(path) as store:
        assert len(list(store.refs())) == 2
