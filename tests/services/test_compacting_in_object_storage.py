"""A compaction from and to object storage: there too it is a backup only when it is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from disks import contents, message, save
from gmailkit.backup.check import verify
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.crypt.keys import Owners
from gmailkit.backup.folder import Backup
from gmailkit.backup.objects.bucket import Bucket, connected
from gmailkit.backup.place import folder_of
from gmailkit.errors import Conflict, NoBackup, UsageError
from gmailkit.services.compacting import Retention, compact, plan_compact
from objectroom import make_bucket, reached_by, s3_server

MAIL = [message(number) for number in range(80)]
STARRED = [replace(each, labels={"STARRED": "STARRED"}) for each in MAIL[:3]]
RULES = Retention(drop="is:starred")
NUMBERS = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def store(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new bucket."""
    for name, value in reached_by(server).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GMAILKIT_HOME", str(tmp_path / "home"))
    bucket = f"compact{next(NUMBERS)}"
    make_bucket(server, bucket)
    return f"s3://{bucket}"


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Owners]:
    """Whom an encrypted backup is for; this process has the key."""
    identity = age.new_identity()
    (tmp_path / "key.txt").write_text(f"{identity!s}\n")
    GIVEN.identity = tmp_path / "key.txt"
    yield Owners((age.recipient_of(identity),))
    GIVEN.identity = None


def at(url: str) -> Bucket:
    return connected(folder_of(url))


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_from_store_to_store_to_folder_to_store_all_but_what_is_let_go_stays(
    encrypted: bool, store: str, sealed: Owners, tmp_path: Path
) -> None:
    old = f"{store}/old"
    places = [Path(old), Path(f"{store}/new"), tmp_path / "folder", Path(f"{store}/last")]
    if encrypted:
        begin_encrypted(old, sealed)
    save(old, [*STARRED, *MAIL[3:]])
    before = at(old).sizes()
    for source, target in pairwise(places):
        plan = plan_compact(source, target, RULES)
        done = compact(plan)
        assert done.messages == 77
        report = verify(target)
        assert (report.ok, report.notes, report.head) == (True, (), done.head)
        assert contents(target) == MAIL[3:]
        with Backup.open(target) as backup:
            assert (backup.connector is not None) == encrypted
            assert len(backup.let_go(MAIL[0].account)) == 3
    assert at(old).sizes() == before
    assert save(Path(f"{store}/last"), MAIL) == 3


def test_what_is_no_place_for_it_is_refused_before_anything_is_done(store: str) -> None:
    old = Path(f"{store}/old")
    save(old, MAIL[:5])
    with pytest.raises(UsageError, match="lies in the backup itself"):
        plan_compact(old, old / "new", RULES)
    with pytest.raises(Conflict, match=rf"{store}/old is there already"):
        plan_compact(old, old, RULES)
    at(f"{store}/photos").put("photo.jpg", b"x")
    with pytest.raises(Conflict, match="Name an empty place") as caught:
        plan_compact(old, Path(f"{store}/photos"), RULES)
    assert "there already" in caught.value.message
    plan = plan_compact(old, Path(f"{store}/new"), RULES)
    save(old, MAIL[:6])
    with pytest.raises(Conflict, match="has changed meanwhile"):
        compact(plan)
    with pytest.raises(NoBackup):
        Backup.open(f"{store}/new")


class Stopped(BaseException):
    """Nothing more reaches the store, as after a kill."""


def stop_at(wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before that object is put."""
    stopped = False

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: Bucket, *words: Any) -> Any:
            nonlocal stopped
            stopped = stopped or wanted in words
            if stopped:
                raise Stopped
            return real(self, *words)

        return change

    for name in ("_put", "remove"):
        monkeypatch.setattr(Bucket, name, watched(getattr(Bucket, name)))


@pytest.mark.parametrize(
    "at_last",
    [
        "lock.json",
        "README.txt",
        "gmailkit-backup.json.new",
        "packs/000001.mbox.zst",
        "events/000001.jsonl.zst",
        "gmailkit-backup.json",
    ],
)
def test_one_that_is_killed_is_no_backup_and_the_next_begins_anew(
    at_last: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Path(f"{store}/old"), Path(f"{store}/new")
    save(old, MAIL[:5])
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_at(at_last, patch)
        compact(plan_compact(old, new, Retention()))
    with pytest.raises(NoBackup):
        Backup.open(new)
    compact(plan_compact(old, new, Retention()))
    assert contents(new) == MAIL[:5]
    assert not {"lock.json", "gmailkit-backup.json.new"} & set(at(str(new)).sizes())
