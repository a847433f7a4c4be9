"""A backup in object storage, of moto's S3 on loopback: nothing is lost, doubled or put over."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from disks import ME, contents, message, save
from fakes import FakeClock
from gmailkit.backup import whole as whole_files
from gmailkit.backup.check import verify
from gmailkit.backup.events import Gone
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.marker import MARKER, VERSION
from gmailkit.backup.objects.bucket import Bucket, connected
from gmailkit.backup.objects.lock import SILENT, STALE, Lock, take_over
from gmailkit.backup.place import folder_of, name_of, url_of
from gmailkit.backup.shelf import Taken
from gmailkit.errors import (
    BackupDamaged,
    BackupLocked,
    CannotWrite,
    GmailKitError,
    NoBackup,
    Unreachable,
    UsageError,
)
from gmailkit.model.content import Content
from objectroom import KEYS, answering, environment_of

MAIL = [message(number) for number in range(120)]
WORKER = Path(__file__).parents[2] / "object_worker.py"
Machine = Callable[[str], None]


def bucket(url: str) -> Bucket:
    return connected(folder_of(url))


def packs(url: str) -> list[str]:
    return sorted(name for name in bucket(url).sizes() if name.startswith("packs/"))


def test_what_one_machine_saves_another_reads_verifies_and_continues(
    url: str, machine: Machine
) -> None:
    assert save(url, MAIL[:100]) == 100
    assert packs(url) == ["packs/000001.mbox.zst", "packs/000002.mbox.zst"]
    machine("there")
    assert verify(url).ok  # before there is an index
    assert contents(url) == MAIL[:100]
    assert save(url, MAIL) == 20
    with Backup.open(url, write=True) as backup:
        backup.note(Gone(account=ME, id=MAIL[0].id))
    machine("here")
    with Backup.open(url) as backup:  # its index is older than the store
        assert len(backup.known(ME)) == 120
        assert list(backup.gone(ME)) == [MAIL[0].id]
        assert [event.id for event in backup.events(ME, Gone)] == [MAIL[0].id]
        assert backup.size() == sum(bucket(url).sizes("packs").values()) + sum(
            bucket(url).sizes("events").values()
        )
    assert save(url, MAIL) == 0
    rebuild(url)
    report = verify(url)
    assert (report.ok, report.messages, report.notes) == (True, 120, ())
    assert "lock.json" not in bucket(url).sizes()


def test_a_backup_of_the_format_before_is_read_there_and_written_on_in_that_of_today(
    url: str, machine: Machine
) -> None:
    """Format 2 was the first that lay in object storage."""
    old = Path(__file__).parents[1] / "formats" / "version-2"
    for file in (*old.glob("packs/*"), *old.glob("events/*"), old / "README.txt", old / MARKER):
        name = str(file.relative_to(old))
        bucket(url).put(bucket(url).marker if name == MARKER else name, file.read_bytes())
    mail = [message(number, size=400) for number in range(12)]
    before = bucket(url).read(bucket(url).marker)
    assert contents(url) == mail
    assert verify(url).ok
    assert bucket(url).read(bucket(url).marker) == before  # who reads changes nothing
    machine("there")
    assert save(url, [*mail, message(12)]) == 1
    machine("here")  # which has the marker of before
    assert contents(url) == [*mail, message(12)]
    assert json.loads(bucket(url).read(bucket(url).marker) or b"{}")["version"] == VERSION
    assert b"format 3" in (bucket(url).read("README.txt") or b"")
    report = verify(url)
    assert (report.ok, report.messages) == (True, 13)


@pytest.mark.parametrize(
    ("kind", "every", "kills"),
    [
        ("plain", 2, 5),
        ("encrypted", 6, 4),
        pytest.param("plain", 1, 10, marks=pytest.mark.soak),
        pytest.param("encrypted", 1, 23, marks=pytest.mark.soak),
    ],
)
def test_a_run_that_is_killed_between_any_two_requests_is_gone_on_with(
    kind: str, every: int, kills: int, url: str, server: str, tmp_path: Path
) -> None:
    ran = subprocess.run(
        [sys.executable, str(WORKER), server, kind, str(every), str(tmp_path / "key.txt")],
        env=environment_of(server, str(tmp_path / "killed")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(told) == kills
    assert any(each["lock"] for each in told)
    for each in told:
        assert each["killed"] == -9
        assert each["whole"], each
        assert each["again"] <= 8 - each["safe"], each


def test_a_second_writer_is_told_who_is_first_and_one_that_was_robbed_harms_nothing(
    url: str, machine: Machine
) -> None:
    clock = FakeClock(time=time.time())
    first = Backup.open(url, create=True, clock=clock)
    for each in MAIL[:50]:  # one commit
        first.add(each)
    machine("there")
    with pytest.raises(
        BackupLocked, match=rf"{url} is locked. Process \d+ of .* on here"
    ) as caught:
        save(url, MAIL)
    assert "--take-over" in caught.value.hint
    before = bucket(url).read("lock.json")
    clock.time += STALE / 2
    first.add(MAIL[50])
    machine("here")
    first.flush()  # gives a sign of life
    assert bucket(url).read("lock.json") != before
    machine("there")
    with pytest.raises(BackupLocked, match="is locked"):
        Backup.open(url, write=True)
    clock.time += STALE * 2
    with pytest.raises(BackupLocked, match=r"1[2-5] hours ago, so it was probably killed"):
        Backup.open(url, write=True, clock=FakeClock(time=clock.time))
    take_over(url)
    assert save(url, MAIL) == 69
    machine("here")
    first.add(MAIL[60])
    clock.time -= STALE * 2  # too early for a sign of life: the store alone can tell
    with pytest.raises(BackupLocked, match="has put packs/000003"):
        first.flush()
    with pytest.raises(CannotWrite, match="failed before"):
        first.flush()
    first.close()
    machine("there")
    assert contents(url) == MAIL
    assert verify(url).ok


def test_a_run_that_was_taken_over_stops_when_it_gives_a_sign_of_life(
    url: str, machine: Machine
) -> None:
    clock = FakeClock()
    first = Backup.open(url, create=True, clock=clock)
    machine("there")
    take_over(url)
    with Backup.open(url, write=True):
        clock.time += 600
        first.add(MAIL[0])
        machine("here")
        with pytest.raises(BackupLocked, match="Somebody has taken"):
            first.flush()
        first.close()
        assert "lock.json" in bucket(url).sizes()  # the other one's stays
        assert packs(url) == []


def test_a_put_whose_answer_was_lost_has_succeeded(url: str) -> None:
    save(url, MAIL[:10])
    store = bucket(url)
    name = packs(url)[0]
    content = store.read(name)
    assert content is not None
    assert store.put_new(name, Content.of(content))["e_tag"]
    with pytest.raises(Taken):
        store.put_new(name, Content.of(content[:-1] + b"!"))
    assert store.read(name) == content
    assert (store.part(name, len(content) - 2, 10), store.part(name, 1 << 30, 5)) == (
        content[-2:],
        b"",
    )
    assert store.part("packs/none", 0, 5) is None


def test_large_objects_are_read_by_ranges(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    large = message(1000, size=3 << 20)
    save(url, [*MAIL[:20], large])
    monkeypatch.setattr(whole_files, "IN_MEMORY", 1 << 16)
    monkeypatch.setattr(Bucket, "read", _only_small(Bucket.read))
    assert verify(url).ok
    assert contents(url) == [*MAIL[:20], large]


def _only_small(
    read: Callable[[Bucket, str], bytes | None],
) -> Callable[[Bucket, str], bytes | None]:
    def checked(self: Bucket, name: str) -> bytes | None:
        assert not name.startswith("packs/")
        return read(self, name)

    return checked


def test_what_is_damaged_or_lost_in_the_store_is_named(url: str) -> None:
    save(url, MAIL)
    store, names = bucket(url), packs(url)
    whole = store.read(names[0])
    assert whole is not None
    store.put(names[0], whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    store.remove(names[2])
    report = verify(url)
    assert len(report.missing) == 20
    assert report.damaged
    assert {each.pack for each in report.damaged} == {1}
    with Backup.open(url) as backup:
        lost = backup.find(ME, MAIL[119].id)
        assert lost is not None
        with pytest.raises(BackupDamaged, match=rf"{url} is damaged .*000003") as caught:
            backup.read(lost)
        assert f"gmailkit verify {url}" in caught.value.hint
    with Backup.open(url, write=True) as backup:
        assert "packs/000003.mbox.zst has lost 20 messages" in backup.notes[0]
        assert [backup.add(each) for each in MAIL].count(True) == 20
    assert packs(url)[-1] == "packs/000004.mbox.zst"


def test_another_backup_at_the_same_url_is_not_mixed_with_what_was_known(url: str) -> None:
    save(url, MAIL[:60])
    for name in bucket(url).sizes():
        bucket(url).remove(name)
    with pytest.raises(NoBackup, match=f"{url} is not a backup"):
        Backup.open(url)
    assert save(url, MAIL[60:]) == 60
    assert contents(url) == MAIL[60:]


def test_files_of_somebody_else_are_left_alone(url: str) -> None:
    bucket(url).put("photo.jpg", b"x")
    with pytest.raises(NoBackup, match=r"has no gmailkit-backup\.json"):
        save(url, MAIL)
    assert bucket(url).sizes() == {"photo.jpg": 1}


@pytest.mark.parametrize(("status", "kind"), [(500, Unreachable), (403, NoBackup)])
def test_a_store_that_fails_or_refuses_is_told_in_a_sentence_without_keys(
    status: int, kind: type[GmailKitError], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _have_no_patience(monkeypatch)
    save(url, MAIL[:10])
    with answering(status) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        for work in (Backup.open, verify, contents, lambda at: Backup.open(at, create=True)):
            with pytest.raises(kind, match=url) as caught:
                work(url)
            said = f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"
            assert not any(secret in said for secret in KEYS.values())
            assert len(caught.value.message) < 150
        with pytest.raises(CannotWrite, match="Cannot write"):
            take_over(url)


@pytest.mark.parametrize(
    ("status", "code", "why", "hint"),
    [
        (403, "RequestTimeTooSkewed", "clock of this machine is wrong", "Set the clock"),
        (301, "PermanentRedirect", "lies in another region", "AWS_REGION"),
        (400, "AuthorizationHeaderMalformed", "lies in another region", "AWS_REGION"),
        (400, "ExpiredToken", "keys have expired", "AWS_SESSION_TOKEN"),
    ],
)
def test_what_a_store_finds_wrong_with_a_request_is_told_with_what_to_set(
    status: int, code: str, why: str, hint: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _have_no_patience(monkeypatch)
    with answering(status, code) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(Unreachable, match=why) as caught:
            contents(url)
        assert hint in caught.value.hint
        with pytest.raises(CannotWrite, match=why) as refused:
            take_over(url)
        assert hint in refused.value.hint


def test_how_long_a_writer_was_silent_is_told_by_the_clock_of_the_store(
    url: str, machine: Machine
) -> None:
    """A clock that goes wrong elsewhere makes no living run a dead one, and no dead one alive."""
    for wrong in (-7 * 3600, 7 * 3600):
        clock = FakeClock(time=time.time() + wrong)
        machine("there")
        with Backup.open(url, create=True, clock=clock):
            machine("here")
            with pytest.raises(BackupLocked) as caught:
                save(url, MAIL[:1])
            assert "probably" not in caught.value.message
            assert "Its clock and that of the store differ by 7 hours." in caught.value.message
            later = FakeClock(time=time.time() + STALE + 60)
            with pytest.raises(BackupLocked, match="6 hours ago, so it was probably killed"):
                Backup.open(url, write=True, clock=later)
            machine("there")


def test_two_copies_of_one_machine_that_begin_in_the_same_second_are_two(
    url: str, machine: Machine, tmp_path: Path
) -> None:
    """Started from one image, both have the same name in the store and the same process number."""
    clock = FakeClock()
    lock = Lock(bucket(url), clock)
    lock.take()
    with pytest.raises(Taken):
        bucket(url).put_new("lock.json", Content.of(Lock(bucket(url), clock)._said()))


def test_a_copy_of_a_machine_does_not_take_the_lock_of_the_living_one(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine waits after a restart too, which is another kernel, until nothing is heard."""
    first = Backup.open(url, create=True)
    shutil.copytree(tmp_path / "here", tmp_path / "copy")
    monkeypatch.setenv("GMAILKIT_HOME", str(tmp_path / "copy"))
    monkeypatch.setattr("gmailkit.backup.objects.lock.since", lambda: "another kernel")
    with pytest.raises(BackupLocked, match="is locked"):
        save(url, MAIL)
    with Backup.open(url, write=True, clock=FakeClock(time=time.time() + SILENT + 60)):
        first.close()
        assert "lock.json" in bucket(url).sizes()  # that of the one who took it over


def test_a_store_that_fails_in_the_middle_costs_what_was_not_committed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Bucket.put_new

    def failing(self: Bucket, name: str, content: Content) -> object:
        if name == "packs/000002.mbox.zst":
            raise CannotWrite("full", path=Path())
        return put(self, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "put_new", failing)
        with pytest.raises(CannotWrite, match="full"):
            save(url, MAIL)
    assert contents(url) == MAIL[:50]
    assert save(url, MAIL) == 70
    assert contents(url) == MAIL


def test_a_lock_that_cannot_be_removed_at_the_end_fails_no_run_and_hinders_no_later_one(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Bucket.read

    def failing(self: Bucket, name: str) -> bytes | None:
        if name == "lock.json":
            raise Unreachable("gone")
        return read(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "read", failing)
        assert save(url, MAIL[:10]) == 10
    assert "lock.json" in bucket(url).sizes()
    assert save(url, MAIL[:20]) == 10
    assert "lock.json" not in bucket(url).sizes()


def test_a_bucket_that_is_not_there_is_named_and_nobody_listening_is_told(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _have_no_patience(monkeypatch)
    for work in (Backup.open, verify, lambda at: save(at, MAIL)):
        with pytest.raises(NoBackup, match="There is no bucket for s3://nowhere/mail"):
            work("s3://nowhere/mail")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="it does not answer"):
        Backup.open("s3://nowhere/mail")
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:10")
    with pytest.raises(Unreachable, match="AWS_ALLOW_HTTP=true"):
        Backup.open("s3://nowhere/mail")


def test_what_is_no_url_of_a_backup_is_refused_without_repeating_it(tmp_path: Path) -> None:
    for text in ("s3://me:geheim@bucket/mail", "az://c/mail?sig=geheim", "s3://b/mail#geheim"):
        for place in (text, Path(text)):
            with pytest.raises(UsageError, match="no user, password or token") as caught:
                Backup.open(place)
            assert "geheim" not in str(caught.value)
    for text in ("s3://", "s3://bucket/../other", "gs://bucket:80/x"):
        with pytest.raises(UsageError):
            url_of(text)
    assert url_of(Path("s3://bucket/a/b/")) == "s3://bucket/a/b"
    assert name_of(Path("gs://bucket")) == "gs://bucket"
    assert url_of("./s3:/bucket") is url_of(tmp_path / "s3:/bucket") is url_of("http://x") is None


def test_what_works_in_folders_alone_says_so(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        take_over(tmp_path)


def test_without_the_library_one_line_names_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UsageError, match="needs obstore") as caught:
        Backup.open(f"{url}/other")
    assert "gmailkit[cloud]" in caught.value.hint
    assert caught.value.exit_code == 2


def _have_no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    from gmailkit.backup.objects import bucket as module

    monkeypatch.setattr(module, "_AGAIN", {**module._AGAIN, "max_retries": 1})


def test_the_same_message_is_not_saved_again_for_other_labels(url: str) -> None:
    save(url, MAIL[:2])
    other = replace(MAIL[0], labels={"TRASH": "TRASH"})
    assert save(url, [other]) == 0
