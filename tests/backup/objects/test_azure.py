"""The same in Azure's protocol, as Azurite speaks it: conditions, parts, copies, lists."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from azurite import PROGRAM, azurite, make_container
from disks import ME, contents, message, save
from fakes import FakeClock
from gmailkit.backup.check import verify
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.folder import Backup
from gmailkit.backup.objects.bucket import connected
from gmailkit.backup.objects.lock import RENEWED_EVERY, take_over
from gmailkit.backup.place import folder_of
from gmailkit.backup.record import Record
from gmailkit.backup.shelf import Taken
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.errors import BackupLocked, NoBackup
from gmailkit.model.content import IN_MEMORY, Content
from gmailkit.services.compacting import Retention, compact, plan_compact
from objectroom import Owner

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="azurite-blob is not there")
MAIL = [message(number) for number in range(60)]
LARGE = Record(ME, "1", "1", 0, {}, random.Random(1).randbytes(2 * IN_MEMORY))


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    with azurite() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        make_container(environment["AZURE_ENDPOINT"], "container")
        monkeypatch.setenv("GMAILKIT_HOME", str(tmp_path / "here"))
        yield "az://container"


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_a_backup_there_is_what_it_is_elsewhere(
    encrypted: bool, container: str, owner: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, clock = f"{container}/mail", FakeClock(time=SYSTEM_CLOCK.now())
    if encrypted:
        begin_encrypted(url, owner.owners)
        owner.comes()
    assert save(url, [LARGE, *MAIL]) == 61
    assert save(url, [LARGE, *MAIL]) == 0
    store = connected(folder_of(url))
    (pack, *_) = sorted(name for name in store.sizes("packs") if ".zst" in name)
    for content in (b"x", LARGE.raw):
        with pytest.raises(Taken):
            store.put_new(pack, Content.of(content))
    with Backup.open(url, write=True, clock=clock) as first:
        clock.time += RENEWED_EVERY
        first.add(message(100))
        first.flush()
        monkeypatch.setenv("GMAILKIT_HOME", str(tmp_path / "there"))
        with pytest.raises(BackupLocked, match="is locked"):
            save(url, MAIL)
        take_over(url)
        with Backup.open(url, write=True) as second:
            clock.time += RENEWED_EVERY
            first.add(message(101))
            with pytest.raises(BackupLocked, match="Somebody has taken"):
                first.flush()
            second.add(message(102))
    assert verify(url).ok
    compact(plan_compact(Path(url), Path(f"{container}/other"), Retention()))
    assert contents(f"{container}/other") == contents(url)
    assert len(contents(url)) == 63
    assert not {"incoming", "lock.json"} & {name.split("/")[0] for name in store.sizes()}
    with pytest.raises(NoBackup, match="There is no bucket for az://none/mail"):
        Backup.open("az://none/mail")
