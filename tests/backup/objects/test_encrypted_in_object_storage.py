"""An encrypted backup in object storage: the store learns nothing, and nothing is lost there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from disks import ME, contents, message, save
from gmailkit.backup import agreeing
from gmailkit.backup.check import verify, verify_structure
from gmailkit.backup.crypt.beginning import begin_encrypted, rotate
from gmailkit.backup.events import Cursor, Gone, Run
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.objects.bucket import Bucket, connected
from gmailkit.backup.objects.lock import Lock, take_over
from gmailkit.backup.place import folder_of
from gmailkit.errors import BackupDamaged, BackupLocked, KeyNeeded, UsageError
from gmailkit.model.content import Content
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


def test_a_blind_machine_goes_on_where_another_was(
    sealed: str, owner: Owner, machine: Machine
) -> None:
    save(sealed, MAIL[:5])
    with Backup.open(sealed, write=True) as backup:
        backup.note(Gone(account=ME, id=MAIL[0].id))
        backup.note(Cursor(account=ME, history="4711"))
        backup.note(Run(account=ME, mode="incremental", saved=5))
    machine("nas")
    with Backup.open(sealed, write=True) as backup:
        assert set(backup.gone(ME)) == {MAIL[0].id}
        assert len(backup.known(ME)) == 5
        assert backup.add(MAIL[5])
    owner.comes()
    assert contents(sealed) == MAIL[:6]
    assert verify(sealed).ok
    assert verify_structure(sealed).ok


def test_new_owners_read_all_on_every_machine_and_former_ones_nothing_new(
    sealed: str, owner: Owner, machine: Machine, tmp_path: Path
) -> None:
    save(sealed, MAIL[:30])
    owner.comes()
    assert len(contents(sealed)) == 30
    machine("desk")
    assert len(contents(sealed)) == 30  # with an index under the key of before
    new = Owner(tmp_path / "new.txt")
    machine("here")
    rotate(sealed, new.owners)
    save(sealed, MAIL[:60])
    for place in ("here", "desk"):
        machine(place)
        owner.comes()
        with pytest.raises(KeyNeeded, match=rf"holds no key that opens {sealed}"):
            Backup.open(sealed)
        new.comes()
        assert contents(sealed) == MAIL[:60]
        assert verify(sealed).ok
    with pytest.raises(UsageError, match=rf"{sealed} is encrypted for others"):
        begin_encrypted(sealed, owner.owners)
    store = bucket(sealed)
    store.put("keys/recipients.txt", (store.read("keys/recipients.txt") or b"")[:-9])
    assert "keys/recipients.txt is not as it was written." in verify(sealed).problems
    store.remove("keys/recipients.txt")
    with pytest.raises(BackupDamaged, match="nobody knows whom to encrypt for"):
        save(sealed, MAIL)


def test_what_is_damaged_or_lost_is_named_with_a_key_and_without(
    sealed: str, owner: Owner, machine: Machine
) -> None:
    save(sealed, MAIL)
    owner.comes()
    contents(sealed)
    store = bucket(sealed)
    first, last = "packs/000001.mbox.zst.age", "packs/000003.mbox.zst.age"
    whole = store.read(first) or b""
    store.put(first, whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    store.remove(last)
    store.remove("packs/000002.ids")
    report = verify(sealed)
    assert len(report.missing) == 20
    assert {each.pack for each in report.damaged} == {1}
    owner.leaves()
    blind = verify(sealed)
    assert len(blind.damaged) == 50
    assert {each.id for each in blind.missing} == {each.id for each in MAIL[100:]}
    assert any("packs/000002.mbox.zst.age cannot be checked" in each for each in blind.problems)
    owner.comes()
    assert any("what hosts without a key" in each.lower() for each in report.problems)
    store.put(first, whole)
    assert save(sealed, MAIL) == 20
    rebuild(sealed)
    assert verify(sealed).problems == ()
    owner.leaves()
    assert verify(sealed).messages == 120
    marker = store.read("gmailkit-backup.json") or b""
    store.put("gmailkit-backup.json", marker.replace(b'"age"', b'"agf"'))
    machine("nas")
    assert save(sealed, MAIL) == 0  # and no plain pack is put beside the others
    assert verify(sealed).ok


def test_of_two_that_put_the_same_file_one_stops_and_the_lines_are_of_the_other(
    sealed: str, owner: Owner, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken over while it was about to put its pack, after the lines beside it."""
    slow = Backup.open(sealed, write=True)
    for each in MAIL[:3]:
        slow.add(each)
    put, turns = Bucket.put_new, list[str]()

    def interrupted(self: Bucket, name: str, content: Content) -> object:
        if name.endswith(".age") and not turns:
            turns.append(name)
            machine("nas")
            take_over(sealed)
            with Backup.open(sealed, write=True) as quick:
                quick.add(MAIL[9])
            machine("here")
        return put(self, name, content)

    monkeypatch.setattr(Bucket, "put_new", interrupted)
    with pytest.raises(BackupLocked, match=r"has put packs/000001\.mbox\.zst\.age"):
        slow.flush()
    slow.close()
    report = verify(sealed)
    assert (report.ok, report.messages) == (True, 1)
    owner.comes()
    assert contents(sealed) == MAIL[9:10]
    assert verify(sealed).ok


def test_what_begins_meanwhile_elsewhere_is_not_taken_for_ones_own(
    url: str, owner: Owner, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have found nothing there; the other one is done before this one has the lock."""
    taken, turns = Lock.take, list[str]()

    def late(self: Lock) -> None:
        if not turns:
            turns.append("other")
            machine("nas")
            begin_encrypted(url, owner.owners)
            machine("here")
        taken(self)

    monkeypatch.setattr(Lock, "take", late)
    with pytest.raises(BackupLocked, match="Another run has just begun a backup"):
        save(url, MAIL[:3])
    assert save(url, MAIL[:3]) == 3
    assert all(name.endswith((".age", ".ids")) for name in bucket(url).sizes("packs"))


def test_a_reader_that_catches_up_forgets_nothing_that_came_a_moment_before(
    sealed: str, owner: Owner, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has seen that another machine added something; then a run of its own adds more."""
    owner.comes()
    save(sealed, MAIL[:10])
    machine("nas")
    save(sealed, MAIL[:20])
    machine("here")
    real = agreeing.turn

    @contextmanager
    def late(*words: object, **more: object) -> Iterator[None]:
        monkeypatch.setattr(agreeing, "turn", real)
        save(sealed, MAIL[:30])
        with real(*words, **more):
            yield

    monkeypatch.setattr(agreeing, "turn", late)
    assert contents(sealed) == MAIL[:30]
    assert save(sealed, MAIL[:30]) == 0
