"""Who may open an encrypted backup, and what is said to everybody else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from disks import Failing, Watched, flip
from gmailkit.backup.crypt import age, keys
from gmailkit.backup.crypt.given import BackupKey, use_key
from gmailkit.backup.crypt.keys import Keys, Owners
from gmailkit.errors import BackupDamaged, CannotWrite, KeyNeeded, UsageError
from gmailkit.secret import Secret
from quick_keys import leave_out_scrypt

WORDS = Secret("correct horse battery")


@pytest.fixture(autouse=True)
def no_keys_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GMAILKIT_IDENTITY", raising=False)
    monkeypatch.delenv("GMAILKIT_BACKUP_PASSPHRASE", raising=False)
    keys._opened.clear()
    yield
    keys._opened.clear()


@pytest.fixture
def no_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_scrypt(monkeypatch)


class Owner:
    """A person with an identity file."""

    def __init__(self, path: Path) -> None:
        identity = age.new_identity()
        self.recipient = age.recipient_of(identity)
        path.write_text(f"# public key: {self.recipient}\n{identity!s}\n")
        self.given = BackupKey(identity=path)


@pytest.fixture
def ann(tmp_path: Path) -> Owner:
    return Owner(tmp_path / "ann.txt")


@pytest.fixture
def bob(tmp_path: Path) -> Owner:
    return Owner(tmp_path / "bob.txt")


@pytest.fixture
def backup(tmp_path: Path) -> Keys:
    (tmp_path / "b").mkdir()
    return Keys(tmp_path / "b", Watched())


def folder_of(backup: Keys) -> Path:
    return backup.backup / "keys"


def known(words: str = WORDS) -> BackupKey:
    return BackupKey(ask=lambda _: Secret(words))


def test_each_owner_opens_what_is_packed_for_all(backup: Keys, ann: Owner, bob: Owner) -> None:
    backup.make(Owners((ann.recipient, bob.recipient)))
    packed = age.encrypt([b"mail"], backup.recipients()).bytes
    opened = [backup.open(owner.given) for owner in (ann, bob)]
    assert [age.decrypt(packed, each.identities) for each in opened] == [b"mail", b"mail"]
    assert opened[0].index_key == opened[1].index_key
    assert opened[0].notes == ()


def test_a_passphrase_opens_it_and_another_does_not(backup: Keys) -> None:
    backup.make(Owners(passphrase=WORDS))
    packed = age.encrypt([b"mail"], backup.recipients()).bytes
    opened = backup.open(known())
    assert age.decrypt(packed, opened.identities) == b"mail"
    with pytest.raises(KeyNeeded, match="not the passphrase"):
        backup.open(known("wrong horse battery"))
    everything = b"".join(each.read_bytes() for each in folder_of(backup).iterdir())
    for secret in (*opened.identities.texts, WORDS):
        assert str(secret).encode() not in everything
    (work,) = re.findall(rb"-> scrypt \S+ (\d+)\n", everything)
    assert int(work) >= 15  # log2 of scrypt's N, as measured for a second on this machine


def test_another_identity_or_none_is_told_so(backup: Keys, ann: Owner, bob: Owner) -> None:
    backup.make(Owners((ann.recipient,)))
    with pytest.raises(KeyNeeded, match="holds no key that opens") as caught:
        backup.open(bob.given)
    assert ann.recipient in caught.value.hint
    with pytest.raises(KeyNeeded, match="no key was given") as caught:
        backup.open(BackupKey())
    assert "--identity FILE" in caught.value.hint


def test_no_secret_lies_in_the_folder(backup: Keys, ann: Owner) -> None:
    backup.make(Owners((ann.recipient,)))
    everything = b"".join(each.read_bytes() for each in folder_of(backup).iterdir())
    opened = backup.open(ann.given)
    for secret in opened.identities.texts:
        assert str(secret).encode() not in everything
    assert opened.index_key not in everything
    assert "AGE-SECRET" not in repr(opened)


def test_a_new_owner_reads_the_old_packs_and_an_old_one_not_the_new(
    backup: Keys, ann: Owner, bob: Owner
) -> None:
    backup.make(Owners((ann.recipient,)))
    old = age.encrypt([b"old"], backup.recipients()).bytes
    backup.rotate(Owners((bob.recipient,)), backup.open(ann.given))
    new = age.encrypt([b"new"], backup.recipients()).bytes
    opened = backup.open(bob.given)
    assert (age.decrypt(old, opened.identities), age.decrypt(new, opened.identities)) == (
        b"old",
        b"new",
    )
    assert opened.notes == ()
    with pytest.raises(KeyNeeded):
        backup.open(ann.given)
    anns = ann.given.identities()
    assert anns
    assert age.decrypt(old, anns) == b"old"
    with pytest.raises(KeyNeeded):
        age.decrypt(new, anns)


@pytest.mark.usefixtures("no_scrypt")
def test_from_passphrase_to_identity_and_back_nothing_is_lost(backup: Keys, ann: Owner) -> None:
    backup.make(Owners(passphrase=WORDS))
    packed = [age.encrypt([b"0"], backup.recipients()).bytes]
    owners = [Owners((ann.recipient,)), Owners(passphrase=WORDS), Owners((ann.recipient,), WORDS)]
    given = [known(), ann.given, known()]
    for number, (new, by) in enumerate(zip(owners, given, strict=True), start=1):
        backup.rotate(new, backup.open(by))
        packed.append(age.encrypt([b"%d" % number], backup.recipients()).bytes)
    for by in (known(), ann.given):
        found = [age.decrypt(each, backup.open(by).identities) for each in packed]
        assert found == [b"0", b"1", b"2", b"3"]


def test_a_change_of_owners_that_fails_anywhere_locks_nobody_out(
    backup: Keys, ann: Owner, bob: Owner, tmp_path: Path
) -> None:
    backup.make(Owners((ann.recipient,)))
    old = age.encrypt([b"old"], backup.recipients()).bytes
    opened = backup.open(ann.given)
    for step in range(1, 200):
        failing = Failing(step)
        trial = Keys(tmp_path / f"trial {step}", Watched(failing))
        shutil.copytree(backup.backup, trial.backup)
        with suppress(CannotWrite):
            trial.rotate(Owners((bob.recipient,)), opened)
        now = age.encrypt([b"now"], trial.recipients()).bytes
        read = []
        for owner in (ann, bob):
            with suppress(KeyNeeded):
                identities = trial.open(owner.given).identities
                read.append([age.decrypt(each, identities) for each in (old, now)])
        assert [b"old", b"now"] in read
        if not failing.failed:
            break
    assert step > 20


def test_keys_that_are_complete_are_whole_wherever_making_them_stopped(
    ann: Owner, tmp_path: Path
) -> None:
    for step in range(1, 200):
        failing = Failing(step)
        (tmp_path / f"trial {step}").mkdir()
        trial = Keys(tmp_path / f"trial {step}", Watched(failing))
        with suppress(CannotWrite):
            trial.make(Owners((ann.recipient,)))
        assert not trial.complete or trial.problems() == []
        if not failing.failed:
            break
    assert step > 20


@pytest.mark.usefixtures("no_scrypt")
@pytest.mark.parametrize("to", ["another passphrase", "an identity"])
@pytest.mark.parametrize("since", ["a passphrase", "an identity"])
def test_what_only_an_old_key_of_the_backup_opens_outlives_a_failed_change(
    backup: Keys, ann: Owner, bob: Owner, tmp_path: Path, since: str, to: str
) -> None:
    """The first pack is for nobody but the first key of the backup, which the second one opens."""
    backup.make(Owners(passphrase=WORDS))
    packed = [age.encrypt([b"first"], backup.recipients()).bytes]
    by = ann.given if since == "an identity" else known("second horse battery")
    second = Owners((ann.recipient,)) if by is ann.given else Owners((), "second horse battery")
    backup.rotate(second, backup.open(known()))
    packed.append(age.encrypt([b"second"], backup.recipients()).bytes)
    opened = backup.open(by)
    then = bob.given if to == "an identity" else known("third horse battery")
    third = Owners((bob.recipient,)) if then is bob.given else Owners((), "third horse battery")
    for step in range(1, 200):
        failing = Failing(step)
        trial = Keys(tmp_path / f"trial {step}", Watched(failing))
        shutil.copytree(backup.backup, trial.backup)
        with suppress(CannotWrite):
            trial.rotate(third, opened)
        now = age.encrypt([b"now"], trial.recipients()).bytes
        read = []
        for given in (by, then):
            with suppress(KeyNeeded):
                identities = trial.open(given).identities
                read.append([age.decrypt(each, identities) for each in (*packed, now)])
        assert [b"first", b"second", b"now"] in read, step
        if not failing.failed:
            break
    assert step > 20
    with pytest.raises(KeyNeeded):
        trial.open(by)


def test_a_recipient_that_somebody_planted_is_told_to_the_owner(
    backup: Keys, ann: Owner, bob: Owner
) -> None:
    backup.make(Owners((ann.recipient,)))
    path = folder_of(backup) / "recipients.txt"
    path.write_text(f"{bob.recipient}\n{path.read_text()}")
    assert "not as its owner left it" in backup.open(ann.given).notes[0]


def test_a_flipped_recipient_stops_the_writer(backup: Keys, ann: Owner) -> None:
    backup.make(Owners((ann.recipient,)))
    path = folder_of(backup) / "recipients.txt"
    path.write_text(path.read_text().replace("age1", "age2", 1))
    with pytest.raises(BackupDamaged, match=r"recipients\.txt cannot be read"):
        backup.recipients()


def test_keys_of_the_backup_that_are_damaged_leave_the_owners_identity(
    backup: Keys, ann: Owner
) -> None:
    backup.make(Owners((ann.recipient,)))
    packed = age.encrypt([b"mail"], backup.recipients()).bytes
    for name in ("001.age", "index.age"):
        path = folder_of(backup) / name
        flip(path, -1)
    opened = backup.open(ann.given)
    assert age.decrypt(packed, opened.identities) == b"mail"
    assert any("index.age cannot be read" in note for note in opened.notes)


@pytest.mark.parametrize("wrong", ["", "ann@example.com", "age1qqqq", "age1" + "q" * 58])
def test_what_is_no_recipient_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError, match="no recipient of age"):
        Owners((wrong,))


def test_a_file_named_as_a_recipient_is_told_how_its_key_is_had(tmp_path: Path) -> None:
    file = tmp_path / "my key.txt"
    file.write_text("# nothing is read of it\n")
    with pytest.raises(UsageError, match="no recipient of age") as raised:
        Owners((str(file),))
    assert raised.value.hint.endswith(f": age-keygen -y '{file}'")


def test_the_secret_half_given_as_a_recipient_is_refused_and_not_repeated() -> None:
    whole = str(age.new_identity())
    for identity in (whole, whole[:-1], f"{whole}Q", whole[:-1].lower()):
        with pytest.raises(UsageError, match="secret half") as caught:
            Owners((identity,))
        assert identity[20:] not in str(caught.value)


def test_nobody_and_a_short_passphrase_are_refused() -> None:
    with pytest.raises(UsageError, match="Nobody"):
        Owners()
    with pytest.raises(UsageError, match="8 characters"):
        Owners(passphrase=Secret("short"))


def test_the_only_key_is_called_so(ann: Owner, bob: Owner) -> None:
    assert ann.recipient in Owners((ann.recipient,)).warning
    assert "passphrase" in Owners(passphrase=WORDS).warning
    assert Owners((ann.recipient, bob.recipient)).warning == ""
    assert Owners((ann.recipient,), WORDS).warning == ""


@pytest.mark.parametrize("content", ["", "# nothing\n", "AGE-SECRET-KEY-1QQ\n", "\0\xff"])
def test_an_identity_file_without_one_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    path.write_text(content, "latin-1")
    with pytest.raises(UsageError, match="identity"):
        BackupKey(identity=path).identities()


def test_an_identity_from_a_pipe_is_read_once_and_known_from_then_on() -> None:
    identity = age.new_identity()
    ours, theirs = os.pipe()
    os.write(theirs, f"{identity!s}\n".encode())
    os.close(theirs)
    try:
        given = BackupKey(identity=Path(f"/dev/fd/{ours}"))
        for _ in range(2):
            found = given.identities()
            assert found
            assert found.texts == (identity,)
    finally:
        os.close(ours)


@pytest.mark.usefixtures("no_scrypt")
def test_a_program_that_named_a_wrong_passphrase_may_name_the_right_one(backup: Keys) -> None:
    backup.make(Owners(passphrase=WORDS))
    try:
        use_key(passphrase="wrong horse battery")
        with pytest.raises(KeyNeeded):
            backup.open()
        use_key(passphrase=str(WORDS))
        assert backup.open().own
    finally:
        use_key()


@pytest.mark.usefixtures("no_scrypt")
def test_a_person_may_mistype_a_passphrase_twice(backup: Keys) -> None:
    backup.make(Owners(passphrase=WORDS))
    wrong, right = Secret("wrong horse battery"), Secret(WORDS)
    typed = [wrong, wrong, right]
    key = BackupKey(ask=lambda _: typed.pop(0))
    assert backup.open(key).own
    key.forget()
    typed = [wrong, wrong, wrong, right]
    with pytest.raises(KeyNeeded, match="not the passphrase"):
        backup.open(key)
    said = [wrong, None]
    giving_up = BackupKey(ask=lambda _: said.pop(0))
    with pytest.raises(KeyNeeded, match="no key was given") as caught:
        backup.open(giving_up)
    assert "GMAILKIT_BACKUP_PASSPHRASE" in caught.value.hint


def test_an_identity_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no\.txt: No such file"):
        BackupKey(identity=tmp_path / "no.txt").identities()


def test_the_age_program_opens_the_keys_and_they_open_the_packs(
    backup: Keys, ann: Owner, tmp_path: Path, age_program: str
) -> None:
    backup.make(Owners((ann.recipient,)))
    packed = tmp_path / "pack.age"
    packed.write_bytes(age.encrypt([b"mail"], [backup.recipients()[-1]]).bytes)
    command = 'age -d -i <(age -d -i "$0" "$1") "$2"'
    arguments = [ann.given.identity, folder_of(backup) / "001.age", packed]
    run = subprocess.run(["bash", "-c", command, *map(str, arguments)], capture_output=True)
    assert run.stdout == b"mail"
    listed = folder_of(backup) / "recipients.txt"
    run = subprocess.run([age_program, "-R", listed], input=b"new", capture_output=True)
    assert age.decrypt(run.stdout, backup.open(ann.given).identities) == b"new"
