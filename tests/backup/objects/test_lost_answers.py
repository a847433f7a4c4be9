"""A line to the store that loses answers, and a store that has no time: each put settles."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from disks import ME, contents, message, save
from fakes import FakeClock
from gmailkit.backup.check import verify
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.folder import Backup
from gmailkit.backup.objects import bucket as module
from gmailkit.backup.objects.bucket import Bucket, connected
from gmailkit.backup.objects.lock import RENEWED_EVERY
from gmailkit.backup.place import folder_of
from gmailkit.backup.record import Record
from gmailkit.backup.shelf import Taken
from gmailkit.errors import CannotWrite, Unreachable
from gmailkit.model.content import IN_MEMORY, Content
from objectroom import Line, Owner, line_to

MAIL = [message(number) for number in range(60)]
LARGE = random.Random(1).randbytes(2 * IN_MEMORY + 9)


@pytest.fixture
def line(server: str, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    soon = {**module._AGAIN["backoff"], "init_backoff": timedelta(milliseconds=1)}
    monkeypatch.setitem(module._AGAIN, "backoff", soon)
    with line_to(server) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", line.address)
        yield line


def bucket(url: str) -> Bucket:
    return connected(folder_of(url))


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_whichever_answer_is_lost_all_is_saved_once(
    encrypted: bool, url: str, owner: Owner, line: Line
) -> None:
    pack = "000002.mbox.zst.age" if encrypted else "000002.mbox.zst"
    asked = ["PUT .*/lock.json", "PUT .*/gmailkit-backup.json", "GET .*list-type", f"PUT .*/{pack}"]
    asked += ["POST .*delete", "GET .*/lock.json"]
    if encrypted:
        asked += ["PUT .*/keys/recipients.txt", "PUT .*/packs/000001.ids", "GET .*/keys/index.age"]
    line.lose(*asked)
    if encrypted:
        begin_encrypted(url, owner.owners)
    assert save(url, MAIL) == 60
    owner.comes()
    assert contents(url) == MAIL
    assert not line.waits
    report = verify(url)
    assert (report.ok, report.packs, report.notes) == (True, 2, ())
    assert "lock.json" not in bucket(url).sizes()


def test_a_sign_of_life_whose_answer_is_lost_is_one(url: str, line: Line) -> None:
    clock = FakeClock()
    with Backup.open(url, create=True, clock=clock) as backup:
        for number in range(3):
            backup.add(MAIL[number])
            line.lose("PUT .*/lock.json")
            clock.time += RENEWED_EVERY
            backup.flush()
            assert not line.waits
    assert contents(url) == MAIL[:3]


def test_a_large_message_goes_up_in_parts_whichever_answer_is_lost(url: str, line: Line) -> None:
    large = Record(ME, "1", "1", 0, {}, LARGE)
    line.lose(
        r"POST .*/incoming/\w+\?uploads",
        r"PUT .*/incoming/\w+\?.*partNumber=2",
        r"POST .*/incoming/\w+\?uploadId",
        r"PUT .*/packs/\S+\?.*partNumber=1",
        r"POST .*/packs/\S+\?uploadId",
        r"POST .*delete",
    )
    assert save(url, [large]) == 1
    assert not line.waits
    assert contents(url) == [large]
    assert verify(url).ok
    assert [name for name in bucket(url).sizes() if "incoming" in name] == []
    puts = [each for each in line.seen if "/packs/" in each and each.startswith("PUT")]
    assert all("partNumber" in each for each in puts)


@pytest.mark.parametrize("cannot", [r"PUT .*/packs/\S+\?.*partNumber", r"POST .*/packs/\S+\?"])
def test_a_store_that_copies_on_no_condition_gets_a_large_pack_in_one_request(
    cannot: str, url: str, line: Line
) -> None:
    line.be_unable(cannot)
    large = Record(ME, "1", "1", 0, {}, LARGE)
    assert save(url, [large]) == 1
    assert contents(url) == [large]
    with pytest.raises(Taken):
        bucket(url).put_new("packs/000001.mbox.zst", Content.of(LARGE))
    assert [name for name in bucket(url).sizes() if "incoming" in name] == []


def test_what_is_there_already_is_not_put_over_by_a_large_one(url: str, line: Line) -> None:
    store = bucket(url)
    store.put("packs/000001.mbox.zst", b"of another machine")
    with pytest.raises(Taken):
        store.put_new("packs/000001.mbox.zst", Content.of(LARGE))
    assert store.sizes() == {"packs/000001.mbox.zst": 18}


def test_what_a_killed_upload_has_left_is_removed_by_the_next_writer(
    url: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(url, MAIL[:3])
    bucket(url).put("incoming/7", b"half a pack")
    assert save(url, MAIL[:3]) == 0
    assert "incoming/7" not in bucket(url).sizes()


def test_a_store_that_has_no_time_is_waited_for_and_in_the_end_told(
    url: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.be_busy(r"PUT .*/packs/", 3)
    line.be_busy(r"GET .*list-type", 2)
    assert save(url, MAIL[:5]) == 5
    assert not line.waits
    monkeypatch.setitem(module._AGAIN, "max_retries", 1)
    line.be_busy("", 999)
    for work in (contents, verify, lambda at: save(at, MAIL)):
        with pytest.raises(Unreachable, match="it answers 503 Service Unavailable"):
            work(f"{url}/")


def test_a_pack_that_was_put_before_the_line_broke_is_found_and_not_fetched_again(
    url: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._AGAIN, "max_retries", 0)
    line.lose(r"PUT .*/packs/000001")
    with pytest.raises(CannotWrite, match="it does not answer"):
        save(url, MAIL[:5])
    assert save(url, MAIL[:7]) == 2
    assert contents(url) == MAIL[:7]
    assert verify(url).packs == 2
