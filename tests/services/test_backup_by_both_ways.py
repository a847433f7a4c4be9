"""A backup by Gmail's API and its IMAP at the same time: what comes, whence, and what becomes of it
when one of them ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmailkit.auth.scopes import FULL
from gmailkit.backup.check import verify
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.config import Settings
from gmailkit.errors import BudgetSpent, CannotDo, DailyLimit, Refused, ServerFault, TimeSpent
from gmailkit.gmail import Gmail
from gmailkit.model.ids import MessageId
from gmailkit.model.outside import Outside
from gmailkit.record.bandwidth import Allowance, Limits
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.backup.by_imap import ByImap
from gmailkit.services.backup.matrix import Matrix
from gmailkit.services.backup.planning import Ways
from gmailkit.services.backup.report import Progress
from gmailkit.services.backup.run import backup
from gmailkit.services.backup.ways import BackupPlan
from gmailkit.stores.gmail.bodies import ByApi, Came, May
from gmailkit.stores.imap import GmailImapStore
from gmailkit.transport.imap.session import Session
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.sasl import Login
from mailroom import ME, letter

COUNT = 120


@pytest.fixture
def gmail_with(
    settings_for: Callable[..., Settings], sandbox: Sandbox
) -> Iterator[Callable[..., Gmail]]:
    """Signed in with a purpose, Gmail's IMAP being the sandbox's."""
    outside = Outside(
        resolve=lambda host, port: (),
        is_open=lambda address: False,
        trust=sandbox.trust,
        gmail_imap=lambda: (sandbox.imap_port, sandbox.trust()),
    )
    with ExitStack() as opened:

        def make(purpose: str = "full", **more: object) -> Gmail:
            settings = replace(settings_for(purpose=purpose), outside=outside, **more)
            return opened.enter_context(Gmail(settings=settings))

        yield make


def fill(sandbox: Sandbox, count: int = COUNT) -> dict[str, bytes]:
    held = {}
    for number in range(count):
        raw = letter(f"Number {number}", body="word\r\n" * (number * 13 % 400))
        labels = ("INBOX", "UNREAD") if number % 2 else ("Wörk/Deep", "STARRED")
        when = datetime(2024, 2, 1 + number % 28, 12, number % 60, 7, tzinfo=UTC)
        thread = f"t{number // 3}"
        held[sandbox.mail.put(ME, raw, labels=labels, date=when, thread=thread)] = raw
    return held


def entries(folder: Path) -> dict[str, Entry]:
    with Backup.open(folder) as backup:
        return {entry.id: entry for entry in backup.entries()}


def assert_whole(folder: Path, held: dict[str, bytes]) -> None:
    """Each message once, with its very bytes."""
    assert verify(folder).ok
    with Backup.open(folder) as backup:
        every = list(backup.entries())
        assert sorted(entry.id for entry in every) == sorted(held)
        for entry in every:
            assert backup.read(entry).raw == held[entry.id]


@pytest.mark.parametrize("via", ["imap", "both"])
def test_what_came_by_imap_is_what_the_api_gives_and_says_whence_it_came(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path, via: str
) -> None:
    held = fill(sandbox)
    gmail = gmail_with()
    gmail.backup(tmp_path / "api", via="api")
    sandbox.meter.latency = 0.01
    report = gmail.backup(tmp_path / "b", via=via)
    assert report.fetched == COUNT
    assert report.reconciled
    assert not report.reconciled.differ
    assert_whole(tmp_path / "b", held)
    mine, api = entries(tmp_path / "b"), entries(tmp_path / "api")
    for id, entry in mine.items():
        assert (entry.labels, entry.thread) == (api[id].labels, api[id].thread)
        assert entry.date_ms // 1000 == api[id].date_ms // 1000
    by_imap = {id for id, entry in mine.items() if entry.origin == "imap+gmail"}
    assert len(by_imap) == report.by_imap > 0
    assert via == "both" or len(by_imap) == COUNT
    with Backup.open(tmp_path / "b") as folder:
        assert set(folder.unverified(ME)) == by_imap
    assert gmail.backup(tmp_path / "b", via=via).fetched == 0


def test_each_way_is_told_and_the_fastest_is_picked_where_the_quota_makes_a_run_long(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    held = fill(sandbox, 310)
    gmail = gmail_with(units_per_minute=6_000)  # 62 seconds of it
    plan = gmail.plan_backup(tmp_path / "b")
    api, imap, both = plan.ways
    assert (api.name, imap.name, both.name) == ("api", "imap", "both")
    assert (plan.messages, plan.bytes) == (310, sum(map(len, held.values())))
    assert 62 < api.seconds < 66
    assert api.units == 310 * 20
    assert max(imap.seconds, both.seconds) < 60
    assert plan.picked in {"imap", "both"}
    assert not (tmp_path / "b").exists()
    plans: list[BackupPlan] = []
    assert gmail.backup(tmp_path / "b", on_plan=plans.append).by_imap > 155
    assert [each.picked for each in plans] != ["api"]
    assert_whole(tmp_path / "b", held)


def test_a_sign_in_without_imap_is_told_what_it_would_take_and_goes_by_the_api(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    held = fill(sandbox)
    for number in range(3):  # of so few a sample of all would see one, or none
        raw = letter(f"Large {number}", body="x" * (1_000_000 + number))
        held[sandbox.mail.put(ME, raw)] = raw
    gmail = gmail_with("modify")
    plan = gmail.plan_backup(tmp_path / "b")
    assert (plan.picked, plan.sampled) == ("api", True)
    assert all(way.closed and "mail.google.com" in way.hint for way in plan.ways[1:])
    assert plan.bytes
    assert plan.bytes == pytest.approx(sum(map(len, held.values())), rel=0.2)
    for refused in (gmail.plan_backup, gmail.backup):
        with pytest.raises(Refused, match="IMAP") as caught:
            refused(tmp_path / "b", via="both")
        assert "mail.google.com" in caught.value.hint
    assert gmail.backup(tmp_path / "b").by_imap == 0
    assert_whole(tmp_path / "b", held)


def session_with(sandbox: Sandbox, meter: Allowance) -> GmailImapStore:
    token = Secret(sandbox.issue_token(ME, [FULL]))
    login = Login(user=ME, kind="token", secret=lambda: token)
    server = MailServer.of("imaps", "localhost", sandbox.imap_port, ME)
    return GmailImapStore(Session(server, login, context=sandbox.trust(), meter=meter).__enter__())


def test_when_the_bandwidth_of_the_day_is_spent_the_api_goes_on_and_that_is_said(
    sandbox: Sandbox,
    gmail_with: Callable[..., Gmail],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gmail = gmail_with()
    held = fill(sandbox, 2)
    gmail.backup(tmp_path / "b", via="api")  # so the next one lists nothing: it reads but once
    held |= fill(sandbox)
    meter = Allowance(lambda: tmp_path / "server", "imap", limits=Limits(60_000, 60_000))
    opened = lambda: session_with(sandbox, meter)  # noqa: E731
    with (
        closing(meter),
        Ways(gmail._client, ME, via="both", open=opened, clock=SYSTEM_CLOCK) as ways,
        caplog.at_level(logging.WARNING),
    ):
        report = backup(gmail._client, ME, tmp_path / "b", bodies=ways, clock=SYSTEM_CLOCK)
    assert (report.mode, report.fetched) == ("incremental", COUNT)
    assert "Gmail's IMAP ended: Today's bandwidth of Gmail's IMAP is used up" in caplog.text
    assert "Gmail's API goes on" in caplog.text
    assert_whole(tmp_path / "b", held)
    caplog.clear()
    with closing(meter):
        with (
            Ways(gmail._client, ME, via="imap", open=opened, clock=SYSTEM_CLOCK) as ways,
            pytest.raises(DailyLimit, match="goes on at"),
        ):
            backup(gmail._client, ME, tmp_path / "c", bodies=ways, clock=SYSTEM_CLOCK)
        assert verify(tmp_path / "c").ok
        with Ways(gmail._client, ME, via="both", open=opened, clock=SYSTEM_CLOCK) as ways:
            backup(gmail._client, ME, tmp_path / "c", bodies=ways, clock=SYSTEM_CLOCK)
    assert "Gmail's IMAP is closed: Today's bandwidth" in caplog.text
    assert_whole(tmp_path / "c", held)


def test_a_way_that_loses_a_message_moves_no_cursor(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    client, b = gmail_with()._client, tmp_path / "b"
    held = fill(sandbox, 2)
    backup(client, ME, b, clock=SYSTEM_CLOCK)
    held |= fill(sandbox, 5)

    class Losing(ByApi):
        def fetch(self, ids: Iterable[MessageId], may: May) -> Generator[Came, None, None]:
            return super().fetch(list(ids)[1:], may)

    with pytest.raises(ServerFault, match="1 message did not come"):
        backup(client, ME, b, bodies=Losing(client), clock=SYSTEM_CLOCK)
    assert backup(client, ME, b, clock=SYSTEM_CLOCK).fetched == 1
    assert_whole(b, held)


def test_when_the_units_are_spent_imap_goes_on(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    held = fill(sandbox)
    sandbox.meter.latency = 0.005
    gmail = gmail_with(budget=300)
    with pytest.raises(BudgetSpent):
        gmail.backup(tmp_path / "b", via="both")
    saved = entries(tmp_path / "b")
    by_api = [entry for entry in saved.values() if not entry.origin]
    assert len(by_api) < 300 / 20
    assert set(saved) == set(held)
    assert gmail_with().backup(tmp_path / "b", via="both").fetched == 0
    assert_whole(tmp_path / "b", held)


def test_a_run_whose_time_is_over_is_continued_by_the_next_whichever_way(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    held = fill(sandbox)
    sandbox.meter.latency = 0.02
    with pytest.raises(TimeSpent, match="are left"):
        gmail_with().backup(tmp_path / "b", via="both", at_most=0.6)
    before = len(entries(tmp_path / "b"))
    assert before < COUNT
    sandbox.meter.latency = 0
    assert gmail_with().backup(tmp_path / "b", via="imap").fetched == COUNT - before
    assert_whole(tmp_path / "b", held)


def test_ctrl_c_keeps_what_came_and_leaves_nothing_running(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    held = fill(sandbox)
    seen = 0

    def interrupt(progress: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 70:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gmail_with().backup(tmp_path / "b", via="both", on_progress=interrupt)
    assert verify(tmp_path / "b").ok
    gmail_with().backup(tmp_path / "b", via="both")
    assert_whole(tmp_path / "b", held)


def test_what_came_while_a_run_was_at_work_has_the_labels_that_its_history_told(
    sandbox: Sandbox,
    gmail_with: Callable[..., Gmail],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(sandbox, 20)
    late: list[str] = []
    look = ByImap.look

    def look_later(imap: ByImap) -> None:
        if not late:  # all is listed by the API, and nothing by IMAP
            late.append(sandbox.mail.put(ME, letter("Late"), labels=("INBOX", "UNREAD")))
        look(imap)

    def read_it(progress: Progress) -> None:
        if late and progress.done == 20:
            mailbox.mark_read(ids=late)

    monkeypatch.setattr(ByImap, "look", look_later)
    mailbox = gmail_with()
    mailbox.backup(tmp_path / "b", via="imap", on_progress=read_it)
    mailbox.backup(tmp_path / "b", via="imap")
    assert entries(tmp_path / "b")[late[0]].labels == {"INBOX": "INBOX"}


def test_a_message_that_no_listing_held_yet_comes_by_the_api_with_its_labels(
    sandbox: Sandbox,
    gmail_with: Callable[..., Gmail],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = fill(sandbox, 6)
    monkeypatch.setattr("gmailkit.services.backup.by_imap.listed", lambda *_: Matrix(()))
    assert gmail_with().backup(tmp_path / "b", via="imap").by_imap == 0
    assert all(entry.labels for entry in entries(tmp_path / "b").values())
    assert_whole(tmp_path / "b", held)


def test_what_imap_does_not_show_comes_by_the_api(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    held = fill(sandbox, 60)
    raw = letter("In the trash")
    held[sandbox.mail.put(ME, raw, labels=("TRASH",))] = raw
    sandbox.hide_from_imap(ME, ["TRASH"])
    report = gmail_with().backup(tmp_path / "b", via="imap", every=True)
    assert (report.fetched, report.by_imap) == (61, 60)
    assert_whole(tmp_path / "b", held)


def test_where_all_mail_is_hidden_from_imap_a_run_by_it_says_what_shows_it(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    fill(sandbox, 5)
    sandbox.hide_from_imap(ME, ["ALL"])
    with pytest.raises(CannotDo, match="hidden from IMAP") as caught:
        gmail_with().backup(tmp_path / "b", via="both")
    assert "Show in IMAP" in caught.value.hint
    assert gmail_with().backup(tmp_path / "b", via="fastest").fetched == 5


def test_a_store_that_a_backup_could_begin_with_is_one_more_way(
    sandbox: Sandbox, gmail_with: Callable[..., Gmail], tmp_path: Path
) -> None:
    fill(sandbox, 200)
    (archive, *_) = sandbox.takeout(ME, tmp_path / "takeout.zip")
    fill(sandbox, 150)  # came since
    name = f"takeout:{archive}"
    plan = gmail_with("read", units_per_minute=6_000).plan_backup(tmp_path / "b", seed=[name])
    api, seeded = plan.way("api"), plan.way(name)
    assert plan.messages == 350
    # The API reads what is not in the archive: 30 seconds of its 70, and lists labels twice.
    assert 150 * 20 < seeded.units < 150 * 20 + 600
    assert 30 < seeded.seconds < api.seconds < 75
    assert plan.picked == name
    assert not (tmp_path / "b").exists()
