"""Stores of files alike: mail that cannot be read or held, and other programs as witnesses."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from gmailkit.errors import CannotDo, GmailKitError, UsageError
from gmailkit.model.item import Item
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from gmailkit.stores.opening import open_source
from store_room import RAW, WHEN, items


@pytest.mark.parametrize("kind", [MaildirStore, EmlStore])
def test_bytes_that_a_disk_does_not_give_are_told_with_the_file(
    kind: type[MaildirStore] | type[EmlStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kind(tmp_path, write=True) as store:
        ref = store.add(Item.of(RAW))

    def bad_disk(path: Path) -> int:
        return os.open("/proc/self/mem", os.O_RDONLY)  # reading there is an EIO

    monkeypatch.setattr("gmailkit.stores.reading.open_plain", bad_disk)
    with kind(tmp_path) as store:
        ((_, got),) = store.fetch([ref])  # it stops no other
        assert isinstance(got, UsageError)
        assert re.search(f"{tmp_path}.*Input/output", got.message)
        monkeypatch.setattr("gmailkit.stores.reading.IN_MEMORY", -1)
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
