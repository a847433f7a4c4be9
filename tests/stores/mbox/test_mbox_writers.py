"""An mbox file that is added to: what a killed run left, and what others do to the same file."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from disks import in_a_child
from gmailkit.errors import BackupDamaged, BackupLocked, CannotWrite, UsageError
from gmailkit.model.item import Item
from gmailkit.stores.mbox import MboxStore
from store_room import MAIL, WANTED, contents, copied

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
        item = Item.of(b"Subject: theirs\n\nHello.\n", flags=frozenset({"seen"}))
        assert len(list(store.find(item))) == 1
        store.add(MAIL[1])
    with MboxStore(path) as store:
        assert len(list(store.refs())) == 2
