"""Backup, restore into an empty account, backup again: the same messages, labels, threads, dates.

Every difference is one of those that docs/restoring.md lists, and what Gmail refuses lies in
quarantine, byte for byte, and is named. A second restore adds nothing.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import PartialError
from gmailkit.gmail import Gmail
from gmailkit.model.item import Item, Ref
from gmailkit.paths import Home
from gmailkit.record.copies import Receipt
from gmailkit.sandbox import Sandbox
from gmailkit.sandbox.load import load
from gmailkit.secret import Secret
from gmailkit.services.copying.differences import differences
from gmailkit.services.restoring.run import restore
from gmailkit.stores.backup import BackupStore
from mailroom import ME, letter

ANN = "ann@example.com"
BEGIN = datetime(2019, 1, 1, tzinfo=UTC)
SYSTEM = ("INBOX", "UNREAD", "STARRED", "IMPORTANT", "SENT", "CATEGORY_UPDATES", "SPAM", "TRASH")
OWN = ("Work", "Work/Größe", "Work/2026, May", "日本語", "a" * 200, 'quo"te')
ODD: tuple[Callable[[bytes], bytes], ...] = (
    lambda raw: raw,
    lambda raw: raw.replace(b"\r\n", b"\n"),
    lambda raw: raw + bytes(range(1, 256)) * 3,  # 8-bit, and a bare CR
    lambda raw: raw.replace(b"Hello", b"NUL \x00 in it"),
    lambda raw: raw.replace(b"Hello", b"From here\n>From there\n\nFrom x\n"),
    lambda raw: raw.replace(b"Message-ID", b"X-None"),
    lambda raw: raw.replace(b"Date:", b"X-Date:"),
    lambda raw: raw.rstrip(b"\r\n"),
    lambda raw: raw.replace(b"Subject: ", b"Subject: \xff\xfe raw "),
    lambda raw: raw.replace(b"From: Ann Lee <ann@example.com>\r\n", b""),
    lambda raw: b"",
)


@dataclass(frozen=True)
class Put:
    """What `put_many` takes."""

    raw: bytes
    labels: tuple[str, ...]
    date: datetime
    thread: str | None


def odd_mail(count: int, *, one_in: int = 2, seed: int = 7) -> Iterator[Put]:
    """One in so many is odd, of each kind in turn, the others are ordinary."""
    chance = random.Random(seed)
    for n in range(count):
        raw = letter(f"Letter {n}", body="Hello. " + "word " * chance.randrange(50))
        date = BEGIN + timedelta(seconds=chance.randrange(10**8))
        own = tuple(chance.sample(OWN, chance.randrange(3)))
        system = tuple(chance.sample(SYSTEM, chance.randrange(1, 4)))
        thread = f"thread {n // 4}" if n % 3 else None
        said = date if n % 5 else date - timedelta(days=1)  # another day than Gmail knows
        stamp = f"Date: {said:%a, %d %b %Y %H:%M:%S} +0000".encode()
        raw = raw.replace(b"Date: Tue, 24 Nov 2026 10:00:00 +0000", stamp)
        made = raw if n % one_in else ODD[n // one_in % len(ODD)](raw)
        yield Put(made or b"\r\n", (*system, *own), date, thread)


@pytest.fixture
def sign_in(sandbox: Sandbox, quick_path: Path) -> Iterator[Callable[[str], Gmail]]:
    opened: list[Gmail] = []

    def call(address: str) -> Gmail:
        token = sandbox.issue_token(address, ["gmail.modify"], lasting=True)
        settings = Settings(
            home=Home.at(quick_path / address),
            access_token=Secret(token),
            endpoint=sandbox.url,
            units_per_minute=None,
            project_units_per_minute=None,
        )
        opened.append(Gmail(settings=settings, clock=ImpatientClock()))
        return opened[-1]

    yield call
    for each in opened:
        each.close()


def put_back(gmail: Gmail, folder: Path, refused: Path) -> tuple[dict[Ref, Receipt], int]:
    """What became of each message, and how many were added."""
    came: dict[Ref, Receipt] = {}
    plan = gmail.plan_restore(folder, mark="", everywhere=True)
    with suppress(PartialError):
        restore(
            gmail._connection,
            plan,
            quarantine=refused,
            on_settled=lambda receipt: came.update({receipt.ref: receipt}),
        )
    return came, sum(receipt.state == "added" for receipt in came.values())


def compared(before: Path, after: Path, came: dict[Ref, Receipt]) -> Counter[str]:
    """The differences that are listed; an assertion for any other."""
    threads: dict[str, set[str]] = defaultdict(set)
    listed: Counter[str] = Counter()
    with BackupStore(before, ME) as was, BackupStore(after, ANN) as now:
        for ref, item in was.fetch(was.refs()):
            receipt = came[ref]
            if receipt.state == "refused":
                continue
            assert receipt.state == "added", (ref, receipt)
            ((_, found),) = now.fetch([Ref(receipt.came)])
            assert isinstance(item, Item)
            assert isinstance(found, Item), found
            threads[item.thread].add(found.thread)
            for each in differences(item, found):
                assert each.listed, (ref, each.what, item, item.content.part(0, 300))
                listed[each.what] += 1
        added = [receipt.came for receipt in came.values() if receipt.state == "added"]
        assert sorted(now.refs()) == sorted(added)
    assert {len(there) for there in threads.values()} == {1}
    assert len(set.union(*threads.values())) == len(threads)
    return listed


def there_and_back(
    sign_in: Callable[[str], Gmail], path: Path, *, refused: int
) -> tuple[Counter[str], dict[Ref, Receipt]]:
    before, after, kept = path / "before", path / "after", path / "refused"
    me, ann = sign_in(ME), sign_in(ANN)
    me.backup(before, every=True)
    came, added = put_back(ann, before, kept)
    ann.backup(after, every=True)
    assert len(came) == added + refused
    listed = compared(before, after, came)
    with BackupStore(before, ME) as was:
        lost = [ref for ref, receipt in came.items() if receipt.state == "refused"]
        raws = [item.content.bytes for _, item in was.fetch(lost) if isinstance(item, Item)]
    assert {each.read_bytes() for each in kept.rglob("*.eml")} == set(raws)
    assert all(came[ref].why for ref in lost)
    _, again = put_back(ann, before, kept)
    assert again == 0
    return listed, came


def test_odd_mail_comes_back_as_it_was(
    sandbox: Sandbox, sign_in: Callable[[str], Gmail], quick_path: Path
) -> None:
    sandbox.mail.put_many(ME, odd_mail(110))
    listed, came = there_and_back(sign_in, quick_path, refused=20)
    assert set(listed) <= {"line ends", "date"}
    assert all(listed.values())
    whys = {receipt.why for receipt in came.values() if receipt.state == "refused"}
    assert len(whys) >= 4


def test_many_of_one_second_without_a_message_id_come_back_once(
    sandbox: Sandbox, sign_in: Callable[[str], Gmail], quick_path: Path
) -> None:
    raws = [letter(f"Letter {n}").replace(b"Message-ID", b"X-None") for n in range(230)]
    sandbox.mail.put_many(ME, [Put(raw, ("INBOX",), BEGIN, None) for raw in raws])
    there_and_back(sign_in, quick_path, refused=0)


def test_the_corpus_comes_back_as_it_was(
    sandbox: Sandbox, sign_in: Callable[[str], Gmail], quick_path: Path, corpus: Path
) -> None:
    raws = [raw for n, raw in enumerate(load(corpus / "mime")) if n % 8 == 0]
    sandbox.mail.put_all(ME, raws)
    me, ann = sign_in(ME), sign_in(ANN)
    me.backup(quick_path / "before", every=True)
    came, _ = put_back(ann, quick_path / "before", quick_path / "refused")
    ann.backup(quick_path / "after", every=True)
    compared(quick_path / "before", quick_path / "after", came)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_messages_come_back_as_they_were(
    sandbox: Sandbox, sign_in: Callable[[str], Gmail], quick_path: Path
) -> None:
    sandbox.mail.put_many(ME, odd_mail(10_000, one_in=25))
    sandbox.mail.put(ME, letter("Large", body="0123456789abcdef\r\n" * 2_222_222))  # 40 MB
    there_and_back(sign_in, quick_path, refused=145)
