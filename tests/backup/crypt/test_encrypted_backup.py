"""An encrypted backup: who has a key reads it as any other, nobody else learns what it holds."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from crypt_room import owners
from disks import ME, Watched, contents, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import begin_encrypted, rotate
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.events import Cursor, Gone, Labels, Run, Setting
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import (
    KeyNeeded,
    NoBackup,
    UsageError,
)
from gmailkit.model.content import Content
from gmailkit.paths import Home
from gmailkit.services.offline.mailbox import open_backup

SECRET = b"Quarterly figures"


MAIL = [message(number) for number in range(60)]


def secret(number: int) -> Record:
    raw = b"Subject: %s %d\r\n\r\n%s\r\n" % (SECRET, number, b"word " * 200)
    labels = {"Label_7": "Layoffs 2027", "INBOX": "INBOX"}
    return Record(ME, f"{number + 1:016x}", f"{number + 1:016x}", 1_700_000_000_000, labels, raw)


READABLE = (SECRET, b"Layoffs", ME.encode())


def everything(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


def test_a_host_without_a_key_adds_and_its_owner_reads(path: Path, identity: Path) -> None:
    assert save(path, MAIL[:40], storage=Watched()) == 40
    assert save(path, MAIL, storage=Watched()) == 20
    assert save(path, MAIL, storage=Watched()) == 0
    with pytest.raises(KeyNeeded, match="no key was given"):
        Backup.open(path)
    GIVEN.identity = identity
    assert contents(path) == sorted(MAIL, key=lambda record: record.id)
    with Backup.open(path) as backup:
        assert backup.accounts() == (ME,)
        assert backup.labels(ME, MAIL[1].id) == dict(MAIL[1].labels)


def test_nothing_in_the_folder_can_be_read(path: Path, identity: Path) -> None:
    save(path, [secret(number) for number in range(60)])
    with Backup.open(path, write=True) as backup:
        backup.note(Labels(account=ME, id=secret(0).id, labels={"Label_8": "Layoffs 2028"}))
        backup.note(Setting(account=ME, name="vacation", value={"body": SECRET.decode()}))
        backup.note(Run(account=ME, mode="full", stopped=f"The sign-in of {ME} has ended."))
    GIVEN.identity = identity
    contents(path)  # makes the index that knows all
    found = everything(path)
    assert [text for text in READABLE if text in found] == []
    assert secret(5).id.encode() in found  # what is known to a host that adds to it


def test_no_temporary_file_holds_mail(
    path: Path, identity: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is too large for memory passes through one, and so does what becomes of it."""
    files: list[Path] = []

    def watched(**how: object) -> object:
        files.append(tmp_path / f"temporary {len(files)}")
        return files[-1].open("w+b", buffering=0)

    monkeypatch.setattr(tempfile, "TemporaryFile", watched)
    raw = b"Subject: large\r\n\r\n" + SECRET + random.Random(1).randbytes(9 << 20)
    large = Record(ME, "1", "1", 0, {}, content=Content.of(raw))
    save(path, [large])
    GIVEN.identity = identity
    with Backup.open(path) as backup:
        (entry,) = backup.entries()
        with backup.content(entry) as content:
            assert content.bytes == raw
    assert len(files) > 2
    piece = raw[5 << 20 : (5 << 20) + 32]
    for file in files:
        held = file.read_bytes()
        assert len(held) > 8 << 20
        assert SECRET not in held
        assert piece not in held
        assert not held.startswith(b"\x28\xb5\x2f\xfd")  # a zstd frame can be read by anybody


def test_a_message_is_the_same_to_hosts_with_and_without_a_key(path: Path, identity: Path) -> None:
    save(path, MAIL[:20])
    GIVEN.identity = identity
    save(path, MAIL[:40])
    GIVEN.identity = None
    assert save(path, MAIL[:50]) == 10
    GIVEN.identity = identity
    assert save(path, MAIL) == 10
    assert len(contents(path)) == 60


def test_a_blind_host_goes_on_from_where_it_was(path: Path, identity: Path) -> None:
    save(path, MAIL[:5])
    with Backup.open(path, write=True) as backup:
        backup.note(Gone(account=ME, id=MAIL[0].id))
        backup.note(Setting(account=ME, name="imap", value={"enabled": True}))
        backup.note(Cursor(account=ME, history="4711"))
    with Backup.open(path, write=True) as backup:
        assert set(backup.gone(ME)) == {MAIL[0].id}
        cursor = backup.latest(ME, Cursor)
        assert cursor
        assert cursor.history == "4711"
        assert backup.latest(ME, Setting, "imap") is None
        with pytest.raises(KeyNeeded):
            backup.read(next(backup.entries()))
    GIVEN.identity = identity
    with Backup.open(path) as backup:
        setting = backup.latest(ME, Setting, "imap")
        assert setting
        assert setting.value == {"enabled": True}
        assert set(backup.gone(ME)) == {MAIL[0].id}


@pytest.mark.parametrize("lost", ["index.sqlite3", "index.sqlite3mc"])
def test_both_indexes_are_derived(path: Path, identity: Path, lost: str) -> None:
    save(path, MAIL)
    GIVEN.identity = identity
    contents(path)
    (path / lost).unlink()
    assert len(contents(path)) == 60
    GIVEN.identity = None
    assert save(path, MAIL) == 0


def test_two_backups_are_read_at_once_each_with_its_own_key(
    path: Path, identity: Path, quick_path: Path
) -> None:
    hers, second = quick_path / "hers.txt", quick_path / "second"
    hers.write_text(f"{age.new_identity()!s}\n")
    begin_encrypted(second, owners(hers), storage=Watched())
    save(path, MAIL[:2])
    save(second, MAIL[2:4])
    with (
        open_backup(path, identity=identity, home=Home.at(quick_path / "home")) as one,
        Backup.open(second, identity=str(hers)) as other,
    ):
        assert {each.id for each in one.search("subject:1")} == {MAIL[1].id}
        assert [other.read(each) for each in other.entries()] == MAIL[2:4]
    with pytest.raises(KeyNeeded):
        Backup.open(path, identity=hers)
    with pytest.raises(KeyNeeded, match="no key was given"):
        Backup.open(path)


def test_another_key_is_one_clear_sentence(path: Path, identity: Path) -> None:
    save(path, MAIL[:3])
    identity.write_text(f"{age.new_identity()!s}\n")
    GIVEN.identity = identity
    for use in (Backup.open, verify):
        with pytest.raises(KeyNeeded, match="holds no key that opens"):
            use(path)
    assert save(path, MAIL[:5]) == 2  # adding needs none


def test_equal_messages_are_kept_once_by_who_has_the_key_and_again_by_who_has_none(
    path: Path, identity: Path
) -> None:
    """To know them a host without a key would need their hashes, which tell who has a copy."""
    hers = [replace(each, account="ann@example.com") for each in MAIL]
    his = [replace(each, account="bob@example.com") for each in MAIL[:10]]
    save(path, MAIL)
    GIVEN.identity = identity
    with Backup.open(path, write=True, storage=Watched()) as backup:
        for each in hers:
            backup.add(each)
    GIVEN.identity = None
    with Backup.open(path, write=True, storage=Watched()) as backup:
        for each in his:
            backup.add(each)
    assert b"same" not in b"".join(each.read_bytes() for each in path.rglob("*.ids"))
    GIVEN.identity = identity
    with Backup.open(path) as backup:
        entries = list(backup.entries())
        assert {each.account for each in entries if each.same} == {"ann@example.com"}
        assert backup.shared()[0] == len(hers)
        assert [backup.read(each).raw for each in entries] == [e.raw for e in [*MAIL, *hers, *his]]
    assert verify(path).ok
    sorted((path / "packs").glob("*.age"))[0].rename(path / "lost")
    report = verify(path)
    assert {each.account for each in report.missing} == {ME}
    assert {each.account for each in report.damaged} == {"ann@example.com"}
    assert len(report.missing) == len(report.damaged) == 50
    GIVEN.identity = None
    assert any("equal to these" in note for note in verify(path).notes)


def test_runs_of_two_accounts_take_turns_without_a_key(path: Path, identity: Path) -> None:
    hers = [replace(each, account="ann@example.com") for each in MAIL]
    with (
        Backup.open(path, create=True, account=ME, storage=Watched()) as mine,
        Backup.open(path, create=True, account="ann@example.com", storage=Watched()) as other,
    ):
        for one, two in zip(MAIL, hers, strict=True):
            mine.add(one)
            other.add(two)
    assert verify(path).ok
    GIVEN.identity = identity
    found = verify(path)
    assert (found.ok, found.messages) == (True, 120)


def test_after_a_rotation_the_new_key_reads_all_and_the_old_one_nothing_new(
    path: Path, identity: Path, tmp_path: Path
) -> None:
    save(path, MAIL[:30])
    GIVEN.identity = identity
    contents(path)
    new = tmp_path / "new.txt"
    new.write_text(f"{age.new_identity()!s}\n")
    rotate(path, owners(new))
    save(path, MAIL)
    GIVEN.identity = new
    assert len(contents(path)) == 60
    assert verify(path).ok
    GIVEN.identity = identity
    with pytest.raises(KeyNeeded):
        Backup.open(path)


def test_a_plain_backup_is_not_taken_for_an_encrypted_one(identity: Path, quick_path: Path) -> None:
    save(quick_path / "b", MAIL[:3])
    with pytest.raises(UsageError, match="not encrypted"):
        begin_encrypted(quick_path / "b", owners(identity))
    (quick_path / "c").mkdir()
    (quick_path / "c" / "photo.jpg").touch()
    with pytest.raises(NoBackup):
        begin_encrypted(quick_path / "c", owners(identity))


def test_two_that_begin_it_at_once_make_one_set_of_keys(identity: Path, quick_path: Path) -> None:
    """Another run begins it, and saves, between the look and the lock."""
    new, turns = quick_path / "new", []

    def first(step: str, path: Path) -> None:
        if step == "make_folder" and not turns:
            turns.append(step)
            assert begin_encrypted(new, owners(identity), storage=Watched())
            save(new, MAIL[:1], storage=Watched())

    GIVEN.identity = None
    assert not begin_encrypted(new, owners(identity), storage=Watched(first))
    GIVEN.identity = identity
    assert verify(new).ok
    assert contents(new) == MAIL[:1]


def test_begun_twice_it_is_the_same_and_for_others_it_is_not(path: Path, identity: Path) -> None:
    assert not begin_encrypted(path, owners(identity))
    other = age.recipient_of(age.new_identity())
    with pytest.raises(UsageError, match="for others"):
        begin_encrypted(path, owners(identity, other))


def test_the_age_and_zstd_programs_read_it(
    path: Path, identity: Path, age_program: str, tmp_path: Path
) -> None:
    """As README.txt in the folder says."""
    save(path, [secret(number) for number in range(60)])
    readme = (path / "README.txt").read_text()
    (line,) = (line.strip() for line in readme.splitlines() if "for f in" in line)
    command = line.replace("KEYFILE", f"'{identity}'").replace("all.mbox", f"'{tmp_path}/all.mbox'")
    subprocess.run(["bash", "-c", command], cwd=path, check=True)
    assert (tmp_path / "all.mbox").read_bytes().count(b"\nSubject: " + SECRET) == 60


def test_the_reader_of_the_examples_reads_it_once_age_has_opened_it(
    path: Path, identity: Path, age_program: str, tmp_path: Path
) -> None:
    """As docs/encryption.md says; equal messages and such as are large included."""
    root = Path(__file__).parents[3]
    GIVEN.identity = identity  # else nobody can tell that two are equal
    mail = [*map(secret, range(30)), replace(secret(40), raw=b"Subject: x\r\n\r\n" * 600_000)]
    equal = [replace(each, account="ann@example.com") for each in mail]
    save(path, [*mail, *equal])
    with Backup.open(path, write=True) as backup:
        assert sum(each.same is not None for each in backup.entries()) == len(equal)
        backup.note(Gone(account=ME, id=mail[0].id))
    (tmp_path / "mail.backup").symlink_to(path)
    lines = (root / "docs" / "encryption.md").read_text().splitlines()
    recipe = "\n".join(line for line in lines if "plain/" in line)
    subprocess.run(["sh", "-ec", recipe], cwd=tmp_path, check=True)
    reader = [sys.executable, "-I", root / "examples" / "read_backup.py"]
    run = subprocess.run(
        [*reader, tmp_path / "plain", tmp_path / "out"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[0] == f"{ME} {mail[0].id} {len(mail[0].raw)} gone"
    got = {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()}
    assert got == {f"{each.account},{each.id}.eml": each.raw for each in (*mail, *equal)}


def test_without_the_extra_one_line_says_what_to_install(path: Path) -> None:
    code = (
        "import sys; sys.modules['pyrage'] = None\n"
        "from gmailkit.backup.folder import Backup\n"
        "from gmailkit.errors import UsageError\n"
        f"try: Backup.open({str(path)!r}, write=True)\n"
        "except UsageError as error: print(error.message, error.hint)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "gmailkit[crypt]" in ran.stdout


def test_it_is_searched_with_a_key_and_the_search_database_says_nothing(
    path: Path, identity: Path, tmp_path: Path
) -> None:
    save(path, [secret(number) for number in range(20)])
    home = Home.at(tmp_path / "home")
    with pytest.raises(KeyNeeded):
        open_backup(path, home=home)
    GIVEN.identity = identity
    with open_backup(path, home=home) as saved:
        assert len(list(saved.search("subject:quarterly label:layoffs-2027", limit=50))) == 20
    GIVEN.identity = None
    save(path, [secret(number) for number in range(30)])
    GIVEN.identity = identity
    rotate(path, owners(identity))
    with open_backup(path, home=home) as saved:
        assert len(list(saved.search("quarterly", limit=50))) == 30
    with open_backup(path, home=home, as_of="2999-01-01") as saved:
        assert len(list(saved.search("quarterly label:layoffs-2027", limit=50))) == 30
    found = everything(path) + everything(tmp_path / "home")
    assert (path / "search.sqlite3").exists()
    assert [text for text in (*READABLE, b"quarterly") if text in found] == []
    assert verify(path).notes == ()
