"""An encrypted backup is mended by who has its key."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from disks import Watched, flip
from gmailkit.backup.check import verify, verify_structure
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.crypt.keys import Owners
from gmailkit.backup.folder import Backup
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from mailroom import ME, letter


@pytest.fixture
def folder(sandbox: Sandbox, gmail: Gmail, quick_path: Path, tmp_path: Path) -> Iterator[Path]:
    """An encrypted backup of thirty messages, with the key at hand."""
    dice, key, path = random.Random(1), tmp_path / "key.txt", quick_path / "mail.backup"
    key.write_text(f"{age.new_identity()!s}\n")
    secret = Secret(key.read_text().strip())
    begin_encrypted(path, Owners((age.recipient_of(secret),)), storage=Watched())
    GIVEN.identity = key
    for turn in range(3):
        for n in range(10):
            body = dice.randbytes(1500).hex()
            sandbox.mail.put(ME, letter(f"No {turn}.{n}", body=body))
        gmail.backup(path)
    yield path
    GIVEN.identity = None


def mail(path: Path) -> dict[str, tuple[object, ...]]:
    with Backup.open(path) as backup:
        return {
            each.id: (backup.read(each).raw, each.labels, each.saved) for each in backup.entries()
        }


@pytest.mark.parametrize("place", [30, -40], ids=["its header", "its end"])
def test_a_damaged_pack_is_saved_again(gmail: Gmail, folder: Path, place: int) -> None:
    before = mail(folder)
    first, *_ = sorted((folder / "packs").glob("*.age"))
    flip(first, place)
    assert not verify(folder).ok
    done = gmail.repair(gmail.plan_repair(folder))
    assert done.mended > 0
    assert mail(folder) == before
    found = verify(folder)
    assert (found.messages, found.damaged, found.missing) == (len(before), (), ())
    assert found.ok


def test_a_quick_look_needs_no_more_than_the_key(folder: Path) -> None:
    found = verify_structure(folder)
    assert (found.ok, found.messages, found.unread) == (True, 30, 30)
