"""Equal messages of one backup are kept once, whoever's they are, and each is read back."""

from __future__ import annotations

import random
import shutil
import signal
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from disks import Counts, Watched, contents, flip, in_a_child, killed_at, message
from fakes import FakeClock
from gmailkit.backup import writer
from gmailkit.backup.check import verify, verify_structure
from gmailkit.backup.events import Gone, Labels
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.packs import Entry
from gmailkit.backup.record import Record, Same
from gmailkit.backup.storage import Storage
from gmailkit.errors import BackupDamaged, NoBackup
from gmailkit.model.content import Content
from power import Recorder

ANN, BOB = "ann@example.com", "bob@example.com"
LETTERS = [message(number).raw for number in range(40)]
LARGE = b"Subject: large\r\n\r\n" + b"From here on: 0123456789\r\n" * 350_000  # is not held


def mail(account: str, letters: list[bytes], first: int = 1) -> list[Record]:
    labels = {"INBOX": "INBOX"} if account == ANN else {"SENT": "SENT"}
    return [
        Record(account, f"{number:x}", f"{number:x}", number, labels, raw)
        for number, raw in enumerate(letters, start=first)
    ]


def save(path: Path, *records: Record) -> None:
    with Backup.open(path, create=True, storage=Watched()) as backup:
        for each in records:
            backup.add(each)


def by_key(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda each: (each.account, each.id))


def pointing(path: Path) -> dict[tuple[str, str], Same]:
    with Backup.open(path) as backup:
        return {(each.account, each.id): each.same for each in backup.entries() if each.same}


def found(backup: Backup, account: str, id: str) -> Entry:
    entry = backup.find(account, id)
    assert entry
    return entry


def flip_frame_of(path: Path, account: str, id: str) -> set[str]:
    """A bit of the frame in which that message lies; the ids of the account's that lie there."""
    with Backup.open(path) as backup:
        hit = found(backup, account, id)
        lie = [e for e in backup.entries() if (e.pack, e.offset) == (hit.pack, hit.offset)]
    pack = path / "packs" / f"{hit.pack:06d}.mbox.zst"
    flip(pack, hit.offset + hit.frame_length // 2)
    return {each.id for each in lie if each.account == account}


def test_what_two_accounts_got_is_kept_once_and_read_by_both(quick_path: Path) -> None:
    path = quick_path / "b"
    ann, bob = mail(ANN, LETTERS), mail(BOB, LETTERS, first=100)
    save(path, *ann)
    before = (path / "packs" / "000001.mbox.zst").stat().st_size
    save(path, *bob)
    after = (path / "packs" / "000001.mbox.zst").stat().st_size
    assert after - before < 0.2 * before
    assert by_key(contents(path)) == by_key(ann + bob)
    assert pointing(path) == {
        (BOB, each.id): Same(ANN, other.id) for each, other in zip(bob, ann, strict=True)
    }
    found = verify(path)
    assert found.ok, found
    assert (found.messages, found.bytes) == (80, 2 * sum(map(len, LETTERS)))
    rebuild(path)
    assert by_key(contents(path)) == by_key(ann + bob)
    assert verify(path).ok


def test_the_same_bytes_under_two_ids_of_one_account_are_kept_once(quick_path: Path) -> None:
    path = quick_path / "b"
    records = mail(ANN, [LETTERS[0], b"", LETTERS[0], b""]) + mail(BOB, [LETTERS[0]], first=9)
    save(path, *records)
    held = Same(ANN, "1")  # nobody points to one that points on, and nothing is there of no bytes
    assert pointing(path) == {(ANN, "3"): held, (BOB, "9"): held}
    assert by_key(contents(path)) == by_key(records)
    assert verify(path).ok


def test_a_message_that_is_too_large_to_be_held_is_kept_once(quick_path: Path) -> None:
    path = quick_path / "b"
    with Content.of(LARGE) as content:
        save(path, Record(ANN, "1", "1", 1, {}, content=content))
        save(path, Record(BOB, "2", "2", 2, {}, content=content))
    assert pointing(path) == {(BOB, "2"): Same(ANN, "1")}
    with Backup.open(path) as backup:
        for entry in backup.entries():
            with closing(backup.content(entry)) as content:
                assert content.bytes == LARGE
    assert verify(path).ok


def test_bytes_that_cannot_be_read_any_more_are_written_again(quick_path: Path) -> None:
    """Else a message that comes today would be lost to damage of long ago."""
    path = quick_path / "b"
    save(path, *mail(ANN, LETTERS[:1]))
    flip_frame_of(path, ANN, "1")
    save(path, *mail(BOB, LETTERS[:1]))
    assert pointing(path) == {}
    with Backup.open(path) as backup:
        assert backup.read(found(backup, BOB, "1")).raw == LETTERS[0]
    assert [each.account for each in verify(path).damaged] == [ANN]


@pytest.mark.parametrize("index", ["there", "lost"])
def test_damage_is_named_for_each_message_that_stands_in_it(quick_path: Path, index: str) -> None:
    path = quick_path / "b"
    save(path, *mail(ANN, LETTERS[:30]))
    save(path, *mail(BOB, LETTERS[:30]))
    hit = flip_frame_of(path, ANN, "f")
    if index == "lost":
        (path / "index.sqlite3").unlink()
    report = verify(path)
    named = {(each.account, each.id) for each in (*report.damaged, *report.missing)}
    assert named >= {(BOB, id) for id in hit}
    assert named - {(BOB, id) for id in hit} == (
        {(ANN, id) for id in hit} if index == "there" else set()
    )
    assert report.messages == 60 - 2 * len(hit)
    why = next(each.why for each in report.damaged if (each.account, each.id) == (BOB, "f"))
    assert why == f"Its bytes are those of message f of {ANN}, which cannot be read."
    with Backup.open(path) as backup:
        left = {(e.account, e.id) for e in backup.entries()}
        for whose, id in left & {(ANN, "f"), (BOB, "f")}:
            with pytest.raises(BackupDamaged, match=f"Message f of {whose}"):
                backup.read(found(backup, whose, id))


def test_a_quick_look_sees_that_a_lost_pack_held_the_bytes_of_others(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FILE_BYTES", 10_000)
    path = quick_path / "b"
    save(path, *mail(ANN, LETTERS), *mail(BOB, LETTERS[:3]))
    (path / "packs" / "000001.mbox.zst").unlink()
    report = verify_structure(path)
    gone = {each.id for each in report.missing if each.account == ANN}
    assert {"1", "2", "3"} <= gone
    assert [(each.account, each.id) for each in report.damaged] == [(BOB, i) for i in "123"]
    assert report.unread == report.messages == len(LETTERS) - len(gone)


def test_what_stood_in_a_lost_pack_is_fetched_again_for_each_account(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FILE_BYTES", 10_000)
    path = quick_path / "b"
    everything = mail(ANN, LETTERS) + mail(BOB, LETTERS)
    save(path, *everything)
    (path / "packs" / "000001.mbox.zst").unlink()
    with Backup.open(path, write=True, storage=Watched()) as backup:
        lost = {(ANN, each.id) for each in everything} - {(ANN, id) for id in backup.known(ANN)}
        assert backup.known(BOB) == {each.id for each in everything} - {id for _, id in lost}
        assert any("stood word for word in others" in note for note in backup.notes)
        for each in everything:
            backup.add(each)
    assert by_key(contents(path)) == by_key(everything)
    (path / "index.sqlite3").unlink()
    assert by_key(contents(path)) == by_key(everything)
    rebuild(path)
    assert by_key(contents(path)) == by_key(everything)


def test_a_message_is_read_as_of_a_day_when_the_one_that_holds_its_bytes_was_gone(
    quick_path: Path,
) -> None:
    path, clock = quick_path / "b", FakeClock(time=1_700_000_000)
    with Backup.open(path, create=True, storage=Watched(), clock=clock) as backup:
        backup.add(mail(ANN, LETTERS[:1])[0])
        clock.time += 60
        backup.note(Gone(account=ANN, id="1"))
        backup.add(mail(BOB, LETTERS[:1])[0])
    with Backup.open(path, as_of=datetime.fromtimestamp(clock.time + 1, UTC)) as backup:
        assert [(each.account, backup.read(each).raw) for each in backup.entries()] == [
            (BOB, LETTERS[0])
        ]


def test_what_is_mended_is_mended_for_all_that_stand_in_it(quick_path: Path) -> None:
    path = quick_path / "b"
    ann, bob = mail(ANN, LETTERS[:4]), mail(BOB, LETTERS[:4])
    save(path, *ann)
    save(path, *bob)
    hit = flip_frame_of(path, ANN, "1")
    with Backup.open(path, write=True, storage=Watched()) as backup:
        for each in ann:
            if each.id in hit:
                backup.mend(replace(each, saved=found(backup, ANN, each.id).saved))
    assert by_key(contents(path)) == by_key(ann + bob)
    report = verify(path)
    assert not report.damaged
    assert not report.missing
    rebuild(path)
    assert by_key(contents(path)) == by_key(ann + bob)


def test_what_stood_in_lost_bytes_is_there_again_once_those_are_saved_once_more(
    quick_path: Path,
) -> None:
    """By the other account, and although an index was made between that did not know them."""
    path = quick_path / "b"
    ann, bob = mail(ANN, LETTERS[:4]), mail(BOB, LETTERS[:4])
    save(path, *ann)
    save(path, *bob)
    with Backup.open(path, write=True, storage=Watched()) as backup:
        backup.note(Labels(account=BOB, id=bob[0].id, labels={"L": "Later"}))
    flip_frame_of(path, ANN, "1")
    (path / "index.sqlite3").unlink()
    with Backup.open(path, write=True, storage=Watched()) as backup:
        assert not backup.known(BOB)
        assert any("stood word for word in others" in note for note in backup.notes)
    save(path, *ann)
    assert verify(path).index_is_wrong  # it does not know what can be read
    with Backup.open(path, write=True, storage=Watched()) as backup:
        assert any("can be read again" in note for note in backup.notes)
        assert backup.known(BOB) == {each.id for each in bob}
        assert backup.labels(BOB, bob[0].id) == {"L": "Later"}
        assert [backup.read(found(backup, BOB, each.id)).raw for each in bob] == LETTERS[:4]
    assert not verify(path).index_is_wrong
    with Backup.open(path, write=True, storage=Watched()) as backup:
        assert not backup.notes


ADDS = st.lists(
    st.tuples(st.sampled_from([ANN, BOB, "carol@example.com"]), st.integers(0, 4)), max_size=25
)


@settings(max_examples=25, deadline=None)
@given(runs=st.lists(ADDS, max_size=4), lost=st.sets(st.integers(0, 4)))
def test_few_letters_in_many_mailboxes_are_each_kept_once(
    runs: list[list[tuple[str, int]]], lost: set[int]
) -> None:
    """Whoever adds them, in whatever order, and with an index that is lost between runs."""
    model: dict[tuple[str, str], bytes] = {}
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / "b"
        for number, adds in enumerate(runs):
            records = []
            for account, letter in adds:
                id = f"{len(model) + 1:x}"
                model[account, id] = LETTERS[letter]
                records.append(Record(account, id, id, 1, {}, LETTERS[letter]))
            save(path, *records)
            if number in lost:
                (path / "index.sqlite3").unlink(missing_ok=True)
        if runs:
            assert {(e.account, e.id): e.raw for e in contents(path)} == model
            assert len(model) - len(pointing(path)) == len(set(model.values()))
            report = verify(path)
            assert not report.damaged, report
            assert report.messages == len(model)


def two_accounts(path: Path, storage: Storage) -> None:
    """A run of each; what is known is not added again."""
    for records in (mail(ANN, SHORT), mail(BOB, SHORT[::-1])):
        with Backup.open(path, create=True, storage=storage) as backup:
            for each in records:
                if each.id not in backup.known(each.account):
                    backup.add(each)


SHORT = [message(number, size=300).raw for number in range(120)]


def kill_two_accounts(quick_path: Path, every: int) -> None:
    steps: list[str] = []
    two_accounts(quick_path / "whole", Watched(lambda step, _: steps.append(step)))
    wanted = by_key(contents(quick_path / "whole"))
    assert len(wanted) == 2 * len(SHORT)
    assert len(pointing(quick_path / "whole")) == len(SHORT)
    for step in range(1, len(steps) + 1, every):
        path = quick_path / str(step)
        with Counts() as counts:
            killed = partial(two_accounts, path, Watched(killed_at(step, counts)))
            assert in_a_child(killed) == -signal.SIGKILL
        with suppress(NoBackup):  # killed before it was one
            report = verify(path)
            assert not report.damaged
            assert not report.missing
        two_accounts(path, Watched())
        assert by_key(contents(path)) == wanted
        assert verify(path).ok
        shutil.rmtree(path)


def test_runs_of_two_accounts_killed_at_some_step_are_finished_by_the_next(
    quick_path: Path,
) -> None:
    kill_two_accounts(quick_path, every=13)


@pytest.mark.soak
def test_runs_of_two_accounts_killed_at_any_step_are_finished_by_the_next(quick_path: Path) -> None:
    kill_two_accounts(quick_path, every=1)


@pytest.mark.parametrize("seed", range(2))
def test_a_power_cut_takes_no_bytes_from_under_a_message_that_is_known(
    quick_path: Path, seed: int
) -> None:
    """Frames are lost while later ones stay; who stands in them is fetched again as well."""
    letters = [message(number, size=5000).raw for number in range(60)]
    everything = [
        each for pair in zip(mail(ANN, letters), mail(BOB, letters), strict=True) for each in pair
    ]
    recorder = Recorder(random.Random(seed), 0.5)
    with Backup.open(quick_path / "whole", create=True, storage=recorder) as backup:
        for each in everything:
            backup.add(each)
    for number, moment in enumerate(recorder.moments):
        path = quick_path / str(number)
        moment.lay_out(path, quick_path / "whole")
        with Backup.open(path, write=True) as backup:
            kept = [backup.read(entry) for entry in backup.entries()]
        assert kept[: moment.saved] == everything[: moment.saved]
        save(path, *everything)
        assert by_key(contents(path)) == by_key(everything)
        report = verify(path)
        assert not report.damaged, report
        assert not report.missing, report
        shutil.rmtree(path)
    assert recorder.moments
