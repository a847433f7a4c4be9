"""mbox files of other programs, and what those noted in them."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from disks import Watched, message, save
from gmailkit.backup.folder import Backup
from gmailkit.errors import BackupDamaged, UsageError
from gmailkit.model.item import Item
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.mbox.message import Reader
from store_room import RAW, items


def test_labels_and_threads_of_takeout_are_known_and_no_part_of_the_message(corpus: Path) -> None:
    expected = json.loads((corpus / "mbox" / "EXPECTED.json").read_text())
    for name in ("synthetic__takeout-lf.mbox", "synthetic__takeout-crlf.mbox"):
        with MboxStore(corpus / "mbox" / name) as store:
            got = [each for _, each in store.fetch(store.refs())]
        assert len(got) == expected[name]["messages"]
        for item, listed in zip(got, expected["synthetic__takeout-lf.mbox"]["list"], strict=True):
            assert isinstance(item, Item)
            assert int(item.thread, 16) == listed["thrid"]
            assert item.labels or item.flags
            assert not item.labels & {"Opened", "Archived", "Inbox", "Unread", "Sent"}
            assert b"X-Gmail-Labels" not in item.content.part(0, 500)


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (b"Status: RO\n", {"seen"}),
        (b"Status: O\nX-Status: AF\n", {"answered", "flagged"}),
        (b"X-Mozilla-Status: 1003\r\n", {"seen", "answered", "forwarded"}),
        (b"X-Mozilla-Status: 0004\nX-Mozilla-Status2: 00800000\n", {"flagged"}),
        (b"X-Mozilla-Status: zzzz\nX-Status: ???\n", set()),
        (b"A: b\n\nStatus: RO\n", set()),
    ],
)
def test_what_a_mail_program_noted_is_known(header: bytes, flags: set[str], tmp_path: Path) -> None:
    raw = b"Subject: x\n" + header + b"\nHello.\n"
    (tmp_path / "m").write_bytes(b"From bob@example.com Mon Jan  2 09:00:00 2023\n" + raw)
    with MboxStore(tmp_path / "m") as store:
        (found,) = items(store)
    assert (found.content.bytes, found.flags) == (raw, flags)


def test_a_disk_that_does_not_give_the_bytes_is_no_message_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MboxStore(tmp_path / "m", write=True) as store:
        refs = [store.add(Item.of(raw)) for raw in (RAW, RAW + b"x" * 3_000_000, RAW + b"z")]
    real = os.pread

    def bad_sector(descriptor: int, size: int, at: int) -> bytes:
        if at <= 2_000_000 < at + size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, size, at)

    monkeypatch.setattr(os, "pread", bad_sector)
    with MboxStore(tmp_path / "m") as store:
        got = [type(each).__name__ for _, each in store.fetch(refs)]
        assert got == ["Item", "UsageError", "Item"]
        with pytest.raises(UsageError, match=f"{tmp_path / 'm'}: Input/output"):
            list(store.refs())


def test_every_dialect_of_the_corpus_is_read_and_brought_into_ours(
    corpus: Path, quick_path: Path
) -> None:
    for file in sorted((corpus / "mbox").glob("*.mbox")):
        with MboxStore(file) as theirs, MboxStore(quick_path / file.name, write=True) as ours:
            refs = list(theirs.refs())
            for _, got in theirs.fetch(reversed(refs)):
                assert isinstance(got, Item)
                ours.add(got)
            ours.flush()
            assert {x.content.bytes for x in items(ours)} == {
                x.content.bytes for x in items(theirs)
            }


def test_in_the_packs_of_a_backup_an_equal_message_is_told_to_stand_elsewhere(
    quick_path: Path,
) -> None:
    records = [message(1), replace(message(1), account="ann@example.com"), message(2)]
    save(quick_path / "b", records, storage=Watched())
    with Backup.open(quick_path / "b") as backup:
        text = backup._layout.messages.text(next(backup.entries()).place)
    (quick_path / "all.mbox").write_bytes(text)
    with MboxStore(quick_path / "all.mbox") as store:
        one, equal, two = (each for _, each in store.fetch(store.refs()))
    assert isinstance(one, Item)
    assert isinstance(two, Item)
    assert [one.content.bytes, two.content.bytes] == [records[0].raw, records[2].raw]
    assert isinstance(equal, BackupDamaged)
    assert "stands in an equal one" in equal.message
    assert "gmailkit export" in equal.hint


def test_a_file_is_read_once_however_few_messages_are_asked_for_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, separator = tmp_path / "storm.mbox", b"From a@example.com Thu Jan  1 00:00:00 2026\n\n"
    path.write_bytes(separator * 10_000)
    read, given = Reader.read, []

    def counting(reader: Reader, size: int, /) -> bytes:
        given.append(piece := read(reader, size))
        return piece

    with MboxStore(path) as store:
        refs = list(store.refs())
        monkeypatch.setattr(Reader, "read", counting)
        pages = [refs[at : at + 50] for at in range(0, len(refs), 50)]
        got = [item for page in pages for _, item in store.fetch(page)]
        assert len(got) == 10_000
        assert sum(map(len, given)) == path.stat().st_size
        pages = [refs[at : at + 50] for at in range(9_900, -1, -100)]  # in another order too
        got = [ref for page in pages for ref, item in store.fetch(page) if isinstance(item, Item)]
        assert got == [ref for page in pages for ref in page]


def test_a_message_that_is_written_over_while_it_is_read_is_never_half_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = tmp_path / "mail.mbox", Reader.read
    old, new = (
        b"From a@example.com Thu Jan  1 00:00:00 2026\n\n" + x * 1_000_000 for x in (b"o\n", b"n\n")
    )
    path.write_bytes(old)

    def overtaken(reader: Reader, size: int, /) -> bytes:
        piece = read(reader, size)
        if path.read_bytes() == old and b"o" in piece:
            path.write_bytes(new)
        return piece

    with MboxStore(path) as store:
        refs = list(store.refs())
        monkeypatch.setattr(Reader, "read", overtaken)
        ((_, item),) = store.fetch(refs)
    assert isinstance(item, Item)
    assert item.content.bytes == new.partition(b"\n")[2]
