"""Stores that change under a copy, or may not be changed: what cannot come is named, the rest comes
as it was, and the same command ends it.
"""

from __future__ import annotations

import imaplib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

import dovecot
from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import CannotWrite, GmailKitError, PartialError, ServerFault
from gmailkit.model.item import Item
from gmailkit.secret import Secret
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.check import Comparison, compare_stores
from gmailkit.services.copying.plan import plan_copy
from gmailkit.services.copying.run import Passed
from gmailkit.services.places import Places
from gmailkit.stores.eml import EmlStore
from gmailkit.stores.maildir import MaildirStore
from gmailkit.stores.mbox import MboxStore
from mailroom import letter

COUNT, FOLDERS = 60, 3
RAWS = [letter(f"Number {number}", body="x" * 30_000) for number in range(COUNT)]
KINDS = ("maildir", "mbox", "eml", "backup", "imap")
NOBODY = 65534
_NUMBERS = count()


@pytest.fixture
def open_places(settings_for: Callable[..., Settings]) -> Callable[[], Places]:
    settings = replace(settings_for(), mail_password=Secret(dovecot.WORD))
    return lambda: Places(lambda: settings, clock=ImpatientClock())


@pytest.fixture
def copied(open_places: Callable[[], Places]) -> Callable[..., CopyDone]:
    """Copies; `meanwhile` happens once so many messages were looked at."""

    def copied(
        source: str, target: str, *, at: int = 0, meanwhile: Callable[[], object] = lambda: None
    ) -> CopyDone:
        def passed(far: Passed) -> None:
            if far.done == at:
                meanwhile()

        with open_places() as places:
            return copy_mail(places, plan_copy(places, source, target), on_progress=passed)

    return copied


@pytest.fixture
def compared(open_places: Callable[[], Places]) -> Callable[[str, str], Comparison]:
    def compared(source: str, target: str) -> Comparison:
        with open_places() as places:
            return compare_stores(places, source, target)

    return compared


@pytest.fixture
def origin(tmp_path: Path) -> str:
    with MboxStore(tmp_path / "origin", write=True) as store:
        for number, raw in enumerate(RAWS):
            label = f"Folder {number * FOLDERS // COUNT}"
            store.add(Item.of(raw, labels=frozenset({label}), flags=frozenset({"seen"})))
    return f"mbox:{tmp_path / 'origin'}"


@pytest.fixture
def user() -> str:
    dovecot.running()
    return f"disturbed{next(_NUMBERS)}"


def place(kind: str, folder: Path, user: str) -> str:
    return dovecot.running().url("imap", user) if kind == "imap" else f"{kind}:{folder / kind}"


def delete(user: str, folder: str) -> None:
    with imaplib.IMAP4("127.0.0.1", dovecot.running().ports["imap"]) as session:
        session.login(user, dovecot.WORD)
        assert session.delete(f'"{folder}"')[0] == "OK"


@pytest.mark.parametrize("kind", ["maildir", "imap"])
def test_a_folder_that_is_deleted_while_it_is_read_is_named_and_the_others_come(
    kind: str, copied: Callable[..., CopyDone], origin: str, user: str, tmp_path: Path
) -> None:
    source = place(kind, tmp_path, user)
    copied(origin, source)

    def gone() -> None:
        if kind == "imap":
            delete(user, "Folder 1")
        else:
            shutil.rmtree(tmp_path / kind / ".Folder 1")

    with pytest.raises(PartialError) as partly:
        copied(source, f"eml:{tmp_path / 'there'}", at=5, meanwhile=gone)
    came = {path.read_bytes() for path in (tmp_path / "there").rglob("*.eml")}
    first, second, third = (set(RAWS[at : at + 20]) for at in range(0, COUNT, 20))
    assert first | third <= came <= {*RAWS}
    assert len(partly.value.failed) == len(second - came) >= 1
    assert {failure.why for failure in partly.value.failed} == {"It is not in the source any more."}


@pytest.mark.parametrize("kind", ["maildir", "eml", "imap"])
def test_a_folder_of_the_target_that_is_deleted_ends_the_copy_and_the_next_one_brings_all(
    kind: str,
    copied: Callable[..., CopyDone],
    compared: Callable[[str, str], Comparison],
    origin: str,
    user: str,
    tmp_path: Path,
) -> None:
    there = place(kind, tmp_path, user)
    meanwhile: dict[str, Callable[[], object]] = {
        "maildir": lambda: shutil.rmtree(tmp_path / kind / ".Folder 1"),
        "eml": lambda: shutil.rmtree(tmp_path / kind / "2026-11"),
        "imap": lambda: delete(user, "Folder 1"),
    }
    with pytest.raises(GmailKitError):
        copied(origin, there, at=30, meanwhile=meanwhile[kind])
    copied(origin, there)
    found = compared(origin, there)
    assert (found.ok, found.messages, found.extra) == (True, COUNT, 0)


@pytest.mark.parametrize("change", ["cut", "shifted", "written over"])
def test_of_an_mbox_file_that_changes_while_it_is_read_nothing_comes_otherwise_than_it_was(
    change: str, copied: Callable[..., CopyDone], origin: str, tmp_path: Path
) -> None:
    path = Path(origin.partition(":")[2])
    whole = path.read_bytes()
    new = b"From x Mon Jan  2 09:00:00 2023\nSubject: new\n\n"
    changed = {
        "cut": whole[: len(whole) * 5 // 9],
        "shifted": new + b"x\n\n" + whole,
        "written over": new + b"y" * len(whole),
    }
    with pytest.raises(PartialError) as partly:
        copied(
            origin,
            f"eml:{tmp_path / 'there'}",
            at=5,
            meanwhile=lambda: path.write_bytes(changed[change]),
        )
    came = {file.read_bytes() for file in (tmp_path / "there").rglob("*.eml")}
    assert came < {*RAWS}
    assert len(partly.value.failed) == COUNT - len(came)


@contextmanager
def read_only(root: Path, *, as_nobody: bool) -> Iterator[None]:
    """Nothing below may be written; whoever may write everywhere is nobody for that time."""
    every = [root, *root.rglob("*")]
    before = {path: path.stat().st_mode for path in every}
    for path in every:
        path.chmod(0o555 if path.is_dir() else 0o444)
    root_user = os.geteuid() == 0
    if as_nobody and root_user:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root_user:
            os.seteuid(0)
        for path, mode in before.items():
            with suppress(FileNotFoundError):
                path.chmod(mode)


@pytest.mark.parametrize("kind", KINDS)
def test_a_target_that_may_only_be_read_is_told_and_is_as_it_was(
    kind: str, copied: Callable[..., CopyDone], user: str, tmp_path: Path
) -> None:
    for each in (tmp_path, *tmp_path.parents):
        if each.stat().st_uid == os.geteuid() and each != Path("/"):
            each.chmod(0o755)
    for name, raws in (("few", RAWS[:2]), ("more", RAWS[:4])):
        with MboxStore(tmp_path / name, write=True) as store:
            for raw in raws:
                store.add(Item.of(raw, labels=frozenset({"Work"})))
        (tmp_path / name).chmod(0o644)
    there = place(kind, tmp_path, user)
    copied(f"mbox:{tmp_path / 'few'}", there)
    root = dovecot.running().mailbox(user) if kind == "imap" else tmp_path / kind
    before = files(root)
    with (
        read_only(root, as_nobody=kind != "imap"),  # the server is somebody of its own
        pytest.raises(ServerFault if kind == "imap" else CannotWrite) as caught,
    ):
        copied(f"mbox:{tmp_path / 'more'}", there)
    assert kind == "imap" or caught.value.hint
    if kind != "imap":
        assert files(root) == before
    assert copied(f"mbox:{tmp_path / 'more'}", there).copied.added == 2


def files(root: Path) -> dict[str, bytes]:
    every = [root, *root.rglob("*")]
    return {str(path): path.read_bytes() for path in every if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_two_stores_whose_folders_have_nearly_the_same_names_are_both_in_one_and_apart(
    kind: str,
    copied: Callable[..., CopyDone],
    compared: Callable[[str, str], Comparison],
    user: str,
    tmp_path: Path,
) -> None:
    names = ["Work", "work", "a/b", "a.b", "a=2Fb", "a&-b", "Gr\u00f6\u00dfe", "Gro\u0308\u00dfe"]
    names += ["Sent", "sent", "Archive", "Inbox", "inbox", "Drafts", "Spam", "SPAM", "cur", "Cur"]
    one = [Item.of(letter(f"{n}"), labels=frozenset({name})) for n, name in enumerate(names)]
    with MaildirStore(tmp_path / "one", write=True) as store:
        for item in one:
            store.add(item)
    with EmlStore(tmp_path / "other", write=True) as other:
        for number in range(len(one)):
            labels = one[(number + 1) % len(one)].labels
            other.add(replace(Item.of(letter(f"Other {number}")), labels=labels))
    there = place(kind, tmp_path, user)
    for source in (f"maildir:{tmp_path / 'one'}", f"eml:{tmp_path / 'other'}"):
        copied(source, there)
        found = compared(source, there)
        assert (found.ok, found.wrong, found.equal + found.near) == (True, (), found.messages)
