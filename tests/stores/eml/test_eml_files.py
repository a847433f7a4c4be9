"""Folders of .eml and .emlx files, their names, and what their manifest knows."""

from __future__ import annotations

import errno
import json
import os
import plistlib
import shutil
from pathlib import Path

import pytest

from gmailkit.errors import CannotDo, CannotWrite, UsageError
from gmailkit.model.item import Item, Ref
from gmailkit.stores.eml import EmlStore, ZipTarget
from store_room import RAW, WHEN, items


def emlx(raw: bytes, flags: int) -> bytes:
    known = plistlib.dumps({"flags": flags, "date-received": int(WHEN.timestamp())})
    return b"%-10d\n" % len(raw) + raw + known


def test_files_of_apple_mail_are_read_with_what_it_knows(tmp_path: Path) -> None:
    folder = tmp_path / "INBOX.mbox" / "Messages"
    folder.mkdir(parents=True)
    (folder / "1.emlx").write_bytes(emlx(RAW, 1 | 1 << 2 | 1 << 4))
    (folder / "2.emlx").write_bytes(b"19\n" + RAW + b"<?xml no list")
    (folder / "3.partial.emlx").write_bytes(emlx(RAW, 1))
    (folder / "4.emlx").write_bytes(b"9999\n" + RAW)
    (folder / "5.emlx").write_bytes(RAW)
    (folder / "6.EML").write_bytes(RAW)
    (folder / ".7.eml").write_bytes(b"hidden")
    (folder / "8.eml").symlink_to(folder / "6.EML")
    with EmlStore(tmp_path) as store:
        got = {ref[-6:]: each for ref, each in store.fetch(store.refs())}
    kinds = [type(each).__name__ for each in got.values()]
    assert kinds == ["Item", "Item", "CannotDo", "UsageError", "UsageError", "Item"]
    first, second = got["1.emlx"], got["2.emlx"]
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert (first.content.bytes, first.received) == (RAW, WHEN)
    assert first.flags == {"seen", "answered", "flagged"}
    assert (second.content.bytes, second.flags) == (RAW, set())


def test_what_cannot_be_read_is_no_message_that_is_gone(tmp_path: Path) -> None:
    """The one is a failure that somebody has to see to, the other was deleted meanwhile."""
    (tmp_path / "a.eml").write_bytes(RAW)
    (tmp_path / "link.eml").symlink_to(tmp_path / "a.eml")
    with EmlStore(tmp_path) as store:
        got = [each for _, each in store.fetch(map(Ref, ["a.eml", "link.eml", "gone.eml"]))]
    assert [type(each).__name__ for each in got] == ["Item", "UsageError", "NotFound"]


def test_a_manifest_that_cannot_be_read_is_told_since_labels_would_be_lost(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(RAW)
    (tmp_path / "manifest.jsonl").symlink_to(tmp_path / "a.eml")
    with EmlStore(tmp_path) as store, pytest.raises(UsageError, match=r"manifest\.jsonl"):
        items(store)


def test_names_say_date_and_subject_and_labels_are_tags(tmp_path: Path) -> None:
    raw = b"Date: Sun, 1 Mar 2026 23:30:05 +0100\nSubject: =?utf-8?q?A/B:_=C3=A9?=\n\nx\n"
    with EmlStore(tmp_path, write=True) as store:
        store.add(Item.of(raw, labels=frozenset({"A, b", "INBOX"}), received=WHEN))
    (file,) = tmp_path.rglob("*.eml")
    assert file.parent.name == "2026-03"
    assert file.name.startswith("2026-03-01 A-B- é ")
    assert file.stat().st_mtime == WHEN.timestamp()
    assert file.stat().st_mode & 0o777 == 0o600
    (line,) = (tmp_path / "manifest.jsonl").read_text().splitlines()
    assert json.loads(line)["labels"] == ["A, b", "INBOX"]
    try:
        tags = os.getxattr(file, "user.xdg.tags")
    except OSError:
        pytest.skip("this file system keeps no tags")
    assert tags == b"A; b,INBOX"


def test_flags_of_equal_messages_are_all_kept(tmp_path: Path) -> None:
    with EmlStore(tmp_path / "e", write=True) as store, ZipTarget(tmp_path / "z") as target:
        for flags, labels in (("seen", "A"), ("flagged", "A"), ("draft", "B")):
            item = Item.of(RAW, labels=frozenset({labels}), flags=frozenset({flags}))
            store.add(item)
            target.add(item)
        store.flush()
    assert [each.flags for each in items(EmlStore(tmp_path / "e"))] == [
        {"seen", "flagged", "draft"}
    ]
    shutil.unpack_archive(tmp_path / "z", tmp_path / "u", "zip")
    assert [each.flags for each in items(EmlStore(tmp_path / "u"))] == [
        {"seen", "flagged", "draft"}
    ]


def test_a_line_of_the_manifest_that_a_full_disk_tore_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmlStore(tmp_path, write=True) as store:
        store.add(Item.of(RAW, labels=frozenset({"A"})))
        real = os.write
        with monkeypatch.context() as patch:
            pieces = iter([20])

            def half(descriptor: int, text: bytes) -> int:
                for size in pieces:
                    return real(descriptor, text[:size])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            patch.setattr(os, "write", half)
            with pytest.raises(CannotWrite):
                store.flush()
    assert [each.labels for each in items(EmlStore(tmp_path))] == [{"A"}]


def test_a_manifest_of_others_and_torn_lines_are_left_alone(tmp_path: Path) -> None:
    theirs = b'{"path":"../../etc/passwd","filename":"x"}\n{"v":1,"pa'
    (tmp_path / "manifest.jsonl").write_bytes(theirs)
    with EmlStore(tmp_path, write=True) as store:
        store.add(Item.of(RAW, labels=frozenset({"A"})))
    assert (tmp_path / "manifest.jsonl").read_bytes().startswith(theirs + b"\n")
    assert [each.labels for each in items(EmlStore(tmp_path))] == [{"A"}]


def test_a_file_that_was_changed_is_neither_replaced_nor_taken_for_the_message(
    tmp_path: Path,
) -> None:
    with EmlStore(tmp_path, write=True) as store:
        store.add(Item.of(RAW))
    (file,) = tmp_path.rglob("*.eml")
    file.write_bytes(b"edited")
    with EmlStore(tmp_path, write=True) as store:
        assert not list(store.find(Item.of(RAW)))
        with pytest.raises(CannotDo, match="changed by another program"):
            store.add(Item.of(RAW))
    assert file.read_bytes() == b"edited"


def test_a_file_that_somebody_deleted_comes_again_without_the_labels_it_had(tmp_path: Path) -> None:
    raw = b"Subject: x\r\n\r\nHello.\r\n"
    with EmlStore(tmp_path, write=True) as store:
        ref = store.add(Item.of(raw, labels=frozenset({"Old"})))
        store.flush()
        (tmp_path / ref).unlink()
        store.add(Item.of(raw, labels=frozenset({"New"})))
    with EmlStore(tmp_path) as store:
        ((_, item),) = store.fetch(store.refs())
    assert isinstance(item, Item)
    assert item.labels == {"New"}
