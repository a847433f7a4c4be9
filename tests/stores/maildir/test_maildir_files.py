"""Folders and names of a Maildir, whichever program made them."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import CannotDo, NotFound, UsageError
from gmailkit.model.content import Content
from gmailkit.model.item import Item, Ref
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.maildir.names import folder_of, label_of
from store_room import RAW, WHEN, items


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
    | st.text("./& aS-~é", min_size=1, max_size=12)
)
def test_every_label_has_a_folder_of_its_own_that_is_safe_and_says_it(label: str) -> None:
    folder = folder_of(label)
    if folder is None:
        assert len(label) > 60
    else:
        assert label_of(folder) == label
        assert folder not in (".", "..")
        assert not set(folder) & {"/", "\0"}
        assert folder.isascii()


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        (".Work.Receipts", "Work/Receipts"),
        (".Entw&APw-rfe", "Entwürfe"),  # Dovecot, Courier
        (".Entwürfe", "Entwürfe"),  # mutt, Dovecot with LISTUTF8
        (".&ZeVnLIqe-", "日本語"),
        (".a &- b", "a & b"),
        (".no &code", "no &code"),
        (".bad &AP-", "bad &AP-"),
        ("Work/Receipts", "Work/Receipts"),  # mbsync, OfflineIMAP
        ("INBOX", "INBOX"),
        (".Sent", "SENT"),
        (".Spam", "SPAM"),
    ],
)
def test_folders_of_other_programs_are_labels(folder: str, label: str, tmp_path: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (tmp_path / folder / part).mkdir(parents=True)
    (tmp_path / folder / "cur" / "1700000000.M1P1.host,S=19:2,Sa").write_bytes(RAW)
    (tmp_path / folder / "new" / "1700000001.M1P1.host").write_bytes(RAW + b"new")
    (tmp_path / folder / "tmp" / "1700000002.M1P1.host").write_bytes(b"not delivered yet")
    (tmp_path / folder / "dovecot-uidlist").write_bytes(b"3 V1 N1")
    read, new = items(MaildirStore(tmp_path))
    assert (read.content.bytes, read.labels, read.flags) == (RAW, {label}, {"seen"})
    assert (new.content.bytes, new.labels, new.flags) == (RAW + b"new", {label}, set())


def test_a_message_with_names_in_several_folders_is_one(tmp_path: Path) -> None:
    for folder in (".A", ".B"):
        (tmp_path / folder / "cur").mkdir(parents=True)
    (tmp_path / ".A" / "cur" / "1:2,").write_bytes(RAW)
    (tmp_path / ".B" / "cur" / "2:2,").hardlink_to(tmp_path / ".A" / "cur" / "1:2,")
    (tmp_path / ".B" / "cur" / "3:2,").symlink_to(tmp_path / ".A" / "cur" / "1:2,")
    assert [each.labels for each in items(MaildirStore(tmp_path))] == [{"A", "B"}]


def test_what_another_program_did_to_our_files_is_seen_and_nothing_comes_twice(
    tmp_path: Path,
) -> None:
    item = Item.of(RAW, labels=frozenset({"INBOX", "A"}), received=WHEN)
    with MaildirStore(tmp_path / "m", write=True) as store:
        store.add(item)
        with pytest.raises(CannotDo, match="longer than"):
            store.add(Item.of(b"x", labels=frozenset({"я" * 200})))
    (file,) = (tmp_path / "m" / "cur").iterdir()
    file.rename(file.with_name(f"{file.name}FS"))
    shutil.copytree(tmp_path / "m", tmp_path / "copy")  # the links are lost
    for path in (tmp_path / "m", tmp_path / "copy"):
        with MaildirStore(path, write=True) as store:
            assert store.add(item) in set(store.refs())
            (found,) = items(store)
        assert (found.labels, found.flags) == ({"INBOX", "A"}, {"flagged", "seen"})


def test_a_file_of_ours_that_was_cut_short_is_not_taken_for_the_message(tmp_path: Path) -> None:
    item = Item.of(RAW, labels=frozenset({"A"}))
    with MaildirStore(tmp_path, write=True) as store:
        store.add(item)
    (file,) = (tmp_path / ".A" / "cur").iterdir()
    file.write_bytes(RAW[:5])
    with MaildirStore(tmp_path, write=True) as store:
        assert not list(store.find(item))
        with pytest.raises(CannotDo, match="changed by another program"):
            store.add(item)
    assert file.read_bytes() == RAW[:5]


def test_one_more_label_for_many_messages_lists_no_folder_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[object] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(path), real(path))[1])
    counts = []
    for number in (2, 12):
        with MaildirStore(tmp_path / f"{number}", write=True) as store:
            for flags in (frozenset({"seen"}), frozenset[str]()):
                listed.clear()
                for n in range(number):
                    label = "A" if flags else "B"
                    store.add(Item.of(b"%d" % n, labels=frozenset({label}), flags=flags))
        counts.append(len(listed))
    assert counts[0] == counts[1]


def test_a_folder_of_other_things_is_no_maildir(tmp_path: Path) -> None:
    (tmp_path / "letter.odt").write_bytes(b"PK")
    for write in (True, False):
        with pytest.raises(UsageError, match="no Maildir"):
            MaildirStore(tmp_path, write=write)
    assert [each.name for each in tmp_path.iterdir()] == ["letter.odt"]


def test_a_mark_that_comes_later_is_in_all_folders_and_leaves_what_others_noted(
    tmp_path: Path,
) -> None:
    ours = Item.of(RAW, labels=frozenset({"A", "B"}), flags=frozenset({"seen"}), received=WHEN)
    with MaildirStore(tmp_path, write=True) as store:
        store.add(ours)
    for number, path in enumerate(tmp_path.rglob("*:2,S")):
        path.rename(path.with_name(f"{path.name}{'a' * number}"))
    (tmp_path / "new" / "1700000001.M1P1.host").write_bytes(RAW + b"theirs")
    with MaildirStore(tmp_path, write=True) as store:
        for raw in (RAW, RAW + b"theirs"):
            marked = replace(ours, content=Content.of(raw), labels=frozenset({"INBOX", "C"}))
            store.add(replace(marked, flags=frozenset({"flagged"})))
    letters = sorted(path.name.rpartition(":2,")[2] for path in tmp_path.rglob("*:2,*"))
    assert letters == ["F", "FS", "FS", "FS", "FSa"]
    assert {path.stat().st_mtime for path in tmp_path.rglob("*:2,*")} == {WHEN.timestamp()}
    assert (tmp_path / "new" / "1700000001.M1P1.host").exists()


def test_a_message_that_is_read_in_another_program_meanwhile_is_found(tmp_path: Path) -> None:
    """It moves out of `new`, and gets a flag in its name."""
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    for number in range(6):
        (tmp_path / "new" / f"{number}.host").write_bytes(b"Subject: %d\n\n" % number)
    with MaildirStore(tmp_path) as store:
        refs = list(store.refs())
        found = []
        for _, got in store.fetch([*refs, Ref("/none")]):
            found.append(got)
            for path in (tmp_path / "new").glob(f"{len(found)}.*"):
                path.rename(tmp_path / "cur" / f"{path.name}:2,S")
    assert isinstance(found.pop(), NotFound)
    assert [x.content.bytes[:10] for x in found if isinstance(x, Item)] == [
        b"Subject: %d" % number for number in range(6)
    ]
    assert [len(x.flags) for x in found if isinstance(x, Item)] == [0, 1, 1, 1, 1, 1]
