"""Mailboxes that other programs made, and other programs on those that we make."""

from __future__ import annotations

import errno
import json
import os
import plistlib
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.errors import CannotDo, GmailKitError, UsageError
from gmailkit.model.item import Item, Ref
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.folder_names import folder_of, label_of
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.opening import open_source
from gmailkit.stores.protocol import Source
from gmailkit.stores.zipped import ZipTarget

RAW = b"Subject: x\n\nHello.\n"
WHEN = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)


def items(store: Source) -> list[Item]:
    """Contents are only good for the moment, so they are read at once."""
    found = []
    for _, got in store.fetch(store.refs()):
        assert isinstance(got, Item), got
        raw = got.content.bytes
        found.append(Item.of(raw, labels=got.labels, flags=got.flags, received=got.received))
    return found


# -- Maildir


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


# -- .eml and .emlx


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


@pytest.mark.parametrize("kind", [MaildirStore, EmlStore])
def test_bytes_that_a_disk_does_not_give_are_told_with_the_file(
    kind: type[MaildirStore] | type[EmlStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kind(tmp_path, write=True) as store:
        ref = store.add(Item.of(RAW))

    def bad_disk(path: Path) -> int:
        return os.open("/proc/self/mem", os.O_RDONLY)  # reading there is an EIO

    monkeypatch.setattr("gmailkit.stores.door.open_plain", bad_disk)
    with kind(tmp_path) as store:
        ((_, got),) = store.fetch([ref])
        assert isinstance(got, Item)
        for read in (lambda: got.content.bytes, lambda: list(got.content.pieces())):
            with pytest.raises(UsageError, match=f"{tmp_path}.*Input/output"):
                read()


@pytest.mark.parametrize("kind", [MaildirStore, EmlStore])
def test_a_folder_that_may_not_be_read_is_told(
    kind: type[MaildirStore] | type[EmlStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("cur", ".A/cur", "2026-03"):
        (tmp_path / folder).mkdir(parents=True)
    store, real = kind(tmp_path), os.scandir

    def refused(path: Path) -> object:
        if Path(path).name in ("2026-03", ".A"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(UsageError, match="Permission denied"):
        list(store.refs())


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


def test_a_manifest_of_others_and_torn_lines_are_left_alone(tmp_path: Path) -> None:
    theirs = b'{"path":"../../etc/passwd","filename":"x"}\n{"v":1,"pa'
    (tmp_path / "manifest.jsonl").write_bytes(theirs)
    with EmlStore(tmp_path, write=True) as store:
        store.add(Item.of(RAW, labels=frozenset({"A"})))
    assert (tmp_path / "manifest.jsonl").read_bytes().startswith(theirs + b"\n")
    assert [each.labels for each in items(EmlStore(tmp_path))] == [{"A"}]


# -- mbox


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


@pytest.mark.parametrize("kind", [MboxStore, MaildirStore, EmlStore])
def test_a_label_that_is_no_text_is_refused_before_anything_is_written(
    kind: type[MboxStore] | type[MaildirStore] | type[EmlStore], tmp_path: Path
) -> None:
    with kind(tmp_path / "out", write=True) as store:
        with pytest.raises(CannotDo, match="Unicode"):
            store.add(Item.of(RAW, labels=frozenset({"\ud800"})))
        assert items(store) == []


def test_what_cannot_be_held_is_refused_by_name(tmp_path: Path) -> None:
    many = frozenset(f"label {n}" for n in range(30_000))
    with MboxStore(tmp_path / "m", write=True) as store, pytest.raises(CannotDo, match="30,000"):
        store.add(Item.of(RAW, labels=many))
    with MaildirStore(tmp_path / "d", write=True) as box, pytest.raises(CannotDo, match="30,000"):
        box.add(Item.of(RAW, labels=many))
    with EmlStore(tmp_path / "e", write=True) as folder:
        folder.add(Item.of(RAW, labels=many))
        assert items(folder)[0].labels == many


def test_what_lies_at_a_path_is_seen(tmp_path: Path) -> None:
    item = Item.of(RAW)
    for name, kind in (("a", MboxStore), ("b", MaildirStore), ("c", EmlStore)):
        with kind(tmp_path / name, write=True) as store:
            store.add(item)
        with open_source(tmp_path / name) as found:
            assert type(found) is kind
            assert len(items(found)) == 1
    for wrong in (tmp_path / "nowhere", tmp_path / "d"):
        (tmp_path / "d").mkdir(exist_ok=True)
        with pytest.raises(GmailKitError):
            open_source(wrong)


# -- other programs as witnesses


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """An mbox file and a Maildir with the same two messages."""
    for store in (
        MboxStore(tmp_path / "mbox", write=True),
        MaildirStore(tmp_path / "Maildir", write=True),
    ):
        with store:
            for name, flags in (("one", {"seen", "flagged"}), ("two", set[str]())):
                raw = f"From: ann@example.com\nSubject: {name}\n\nFrom here to {name}.\n".encode()
                labels = frozenset({"INBOX", "Zürich/v1.2"})
                store.add(Item.of(raw, labels=labels, flags=frozenset(flags), received=WHEN))
    return tmp_path


def program(name: str, line: str, home: Path) -> str:
    """What a program of Debian says to a command line, on a terminal of its own."""
    if not (shutil.which(name) and shutil.which("script")):
        pytest.skip(f"{name} is not installed")
    done = subprocess.run(
        ["script", "-qec", line, "/dev/null"],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", "HOME": str(home)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("folder", ["mbox", "Maildir"])
def test_mutt_reads_every_message_of_it(folder: str, ours: Path) -> None:
    settings = f"set folder={ours} confirmcreate=no confirmappend=no quit=yes auto_tag=yes"
    keys = f'push "<tag-pattern>~A<enter><copy-message>{ours}/out<enter><exit>"'
    line = ["mutt", "-n", "-F", "/dev/null", "-R", "-f", str(ours / folder), "-e", settings]
    program("mutt", shlex.join([*line, "-e", keys]), ours)
    with MboxStore(ours / "out") as store:
        texts = [each.content.bytes.partition(b"\n\n")[2] for each in items(store)]
    assert sorted(texts) == [b"From here to one.\n", b"From here to two.\n"]


def test_formail_parts_an_mbox_file_as_we_do(ours: Path) -> None:
    said = program("formail", f"formail -s sed -n /^Subject:/p < {ours}/mbox", ours)
    assert said.split() == ["Subject:", "one", "Subject:", "two"]
