"""An encrypted backup in object storage: the store learns nothing, and nothing is lost there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from disks import ME, contents, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.folder import Backup
from gmailkit.backup.objects.bucket import Bucket, connected
from gmailkit.backup.place import folder_of
from gmailkit.errors import KeyNeeded
from gmailkit.paths import Home
from gmailkit.services.offline.mailbox import open_backup
from objectroom import Owner

Machine = Callable[[str], None]
MAIL = [message(number) for number in range(120)]
LABEL = "Layoffs 2027"
SECRET = [replace(each, labels={"Label_7": LABEL}) for each in MAIL[:60]]
READABLE = (b"Layoffs", ME.encode(), b"From here")


@pytest.fixture
def sealed(url: str, owner: Owner) -> str:
    begin_encrypted(url, owner.owners)
    return url


def bucket(url: str) -> Bucket:
    return connected(folder_of(url))


def test_a_host_without_a_key_adds_and_neither_it_nor_the_store_can_read(
    sealed: str, owner: Owner, machine: Machine, tmp_path: Path
) -> None:
    machine("nas")
    assert save(sealed, SECRET[:40]) == 40
    assert save(sealed, SECRET) == 20
    assert verify(sealed).ok
    with pytest.raises(KeyNeeded, match=rf"{sealed} is encrypted, and no key was given"):
        Backup.open(sealed)
    store = bucket(sealed)
    said = b"".join(store.read(name) or b"" for name in store.sizes())
    said += _everything(tmp_path / "nas")
    machine("desk")
    owner.comes()
    assert contents(sealed) == SECRET
    with open_backup(sealed, home=Home.at(tmp_path / "desk")) as saved:
        assert len(list(saved.search("label:layoffs-2027 subject:7", limit=9))) == 1
    said += _everything(tmp_path / "desk")
    assert [text for text in READABLE if text in said] == []
    assert SECRET[5].id.encode() in said
    assert verify(sealed).ok
    owner.leaves()
    machine("nas")
    assert save(sealed, MAIL) == 60
    owner.comes()
    machine("desk")
    assert len(contents(sealed)) == 120


def _everything(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())
