"""Watching a folder of a server of IMAP: told at once, and not lost when its numbers change."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice
from typing import Any

import pytest

import dovecot
from chaos_proxy import ChaosProxy, Weather
from fakes import FakeClock, Hours, ImpatientClock
from gmailkit.auth.passwords import Passwords
from gmailkit.config import Settings
from gmailkit.errors import CannotDo, GmailKitError, Unreachable
from gmailkit.gmail import Gmail
from gmailkit.model.outside import Outside
from gmailkit.query.context import Context
from gmailkit.query.tree import Everything
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.watching import folder
from gmailkit.services.watching.event import MailEvent
from gmailkit.services.watching.watch import Watch
from gmailkit.stores.imap.arriving_anywhere import ArrivingAnywhere
from gmailkit.transport.imap.idle import LOOK
from mailroom import ME, letter
from scripted_imap import OPEN, ScriptedImap

NEVER = 3_600  # seconds between two looks of a test that is told of its mail, or does not end


class Box:
    """A mailbox of its own on Dovecot, and somebody whose mail is watched."""

    def __init__(self, settings: Settings) -> None:
        self.user = f"watch{uuid.uuid4().hex[:8]}"
        self.url = dovecot.running().url("imap", self.user)
        self.settings = replace(settings, mail_password=Secret(dovecot.WORD))
        self.put("The watch has not begun")

    def put(self, subject: str, *, folder: str = "INBOX", at: datetime | None = None) -> None:
        raw = f"From: Ann <ann@example.com>\r\nSubject: {subject}\r\n\r\nHello.\r\n".encode()
        with dovecot.session("imap", self.user) as session:
            session.append(folder, [raw], len(raw), received=at)

    def watched(self, query: str = "", **how: object) -> list[MailEvent]:
        with Gmail(settings=self.settings) as gmail:
            return list(gmail.events(query, store=self.url, once=True, **how))  # type: ignore[arg-type]

    def made_anew(self) -> None:
        """Every message has another number, and the folder another UIDVALIDITY."""
        for each in dovecot.running().mailbox(self.user).glob("dovecot*"):
            each.unlink()


@pytest.fixture
def box(settings_for: Callable[..., Settings]) -> Iterator[Box]:
    yield (made := Box(settings_for()))
    shutil.rmtree(dovecot.running().mailbox(made.user), ignore_errors=True)


def subjects(events: list[MailEvent]) -> list[str]:
    return [event.envelope.subject for event in events]


def test_what_comes_into_the_folder_and_matches_is_told_once_and_can_be_shown(box: Box) -> None:
    assert box.watched("subject:code") == []
    for subject in ("Code 1", "Lunch", "Code 2"):
        box.put(subject)
    found = box.watched("subject:code")
    assert subjects(found) == ["Code 1", "Code 2"]
    first = found[0]
    assert first.id.startswith(f"{box.url}/subject:code/")
    assert (first.account, first.labels) == (box.url, ("INBOX", "UNREAD"))
    assert first.envelope.snippet == "Hello."
    with dovecot.session("imap", box.user) as session:
        from gmailkit.stores.imap import ImapStore

        ((_, item),) = ImapStore(session).fetch([first.envelope.id])  # type: ignore[list-item]
        assert b"Code 1" in item.content.bytes  # type: ignore[union-attr]
    assert box.watched("subject:code") == []


def test_mail_is_told_the_moment_it_comes(box: Box) -> None:
    with (
        Gmail(settings=box.settings) as gmail,
        closing(gmail.events(store=box.url, every=NEVER, since="1h")) as coming,
    ):
        next(coming)
        for number in range(2):
            timer = threading.Timer(0.1, box.put, (f"Code {number}",))
            timer.start()
            assert next(coming).envelope.subject == f"Code {number}"
            timer.join()


def test_what_comes_while_an_event_is_handled_is_told_without_further_news(box: Box) -> None:
    with (
        Gmail(settings=box.settings) as gmail,
        closing(gmail.events(store=box.url, every=NEVER, since="1h")) as coming,
    ):
        next(coming)
        box.put("Code 1")
        next(coming)
        box.put("Code 2")
        assert next(coming).envelope.subject == "Code 2"


def test_a_folder_that_was_made_anew_tells_what_is_new_and_nothing_twice(box: Box) -> None:
    failing = []

    def handle(event: MailEvent) -> None:
        if event.envelope.subject == "Code 2" and not failing:
            failing.append(event.id)
            raise OSError("not now")
        told.append(event)

    told: list[MailEvent] = []
    watch = Watch(store=box.url, handle=handle)
    long_ago = datetime(2020, 3, 1, tzinfo=UTC)
    with Gmail(settings=box.settings) as gmail:
        gmail.run_watches([watch], once=True)
        box.put("Code 1", at=long_ago)
        box.put("Code 2", at=long_ago)
        gmail.run_watches([watch], once=True)
        box.made_anew()
        box.put("Code 3")
        for each in gmail.waiting_events("all mail", box.url):
            gmail._opening().record(box.url).failed(each.number, "", due=0)
        gmail.run_watches([watch], once=True)
    assert subjects(told) == ["Code 1", "Code 2", "Code 3"]
    assert told[1].id == failing[0]


def test_a_folder_that_is_made_anew_under_a_watch_goes_on_telling(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "RENEWED", 0.3)  # Dovecot tells nobody who is in such a folder

    def made_anew() -> None:
        with dovecot.session("imap", box.user) as session:
            session.change("the end", "DELETE", "Work")
            session.create("Work")

    with dovecot.session("imap", box.user) as session:
        session.create("Work")
    with (
        Gmail(settings=box.settings) as gmail,
        closing(gmail.events(store=f"{box.url}/Work", every=1, since="1h")) as coming,
    ):
        for number in range(2):
            put = partial(box.put, f"Code {number}", folder="Work")
            timer = threading.Timer(0.1, put)
            timer.start()
            assert next(coming).envelope.subject == f"Code {number}"
            timer.join()
            made_anew()


def test_a_server_that_tells_no_next_number_and_cannot_idle_is_looked_at() -> None:
    chosen = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nTAG OK [READ-ONLY] in\r\n"
    listed = b'* LIST () "/" INBOX\r\nTAG OK\r\n'
    more = chosen.replace(b"1 EXISTS", b"2 EXISTS")
    header = (
        b'INTERNALDATE "01-Mar-2026 12:00:00 +0000" BODY[HEADER] {15}\r\nSubject: Hi\r\n\r\n)\r\n'
    )
    named = b"* 2 FETCH (UID 9 FLAGS () " + header + b"TAG OK\r\n"
    script = [*OPEN, listed, chosen, b"* SEARCH 4\r\nTAG OK\r\n"]
    script += [b"TAG OK\r\n", b"* 2 EXISTS\r\nTAG OK\r\n"]
    script += [more, b"* SEARCH 4 9\r\nTAG OK\r\n", named]
    clock = FakeClock()
    with ScriptedImap(script) as server:
        session = server.opened(clock=clock, timeout=2)
        arriving = ArrivingAnywhere(session, "INBOX", Everything(), lambda: Context(0))
        mark = arriving.mark()
        assert mark == "7:5"
        arriving.wait(NEVER, clock.sleep)
        assert clock.slept == [LOOK, LOOK]
        found = arriving.since(mark)
        assert found
        ((name,), one), (none, mark) = found
        assert (name.partition("-")[0], one, none, mark) == (f"{1772366400:x}", "7:10", [], "7:10")


def test_of_messages_that_are_the_same_to_the_byte_each_is_told(box: Box) -> None:
    box.watched()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    for _ in range(3):
        box.put("Done", at=at)
    assert len({event.id for event in box.watched()}) == 3
    assert box.watched() == []


def test_a_folder_has_watches_of_its_own(box: Box) -> None:
    store = f"{box.url}/Sent"
    with Gmail(settings=box.settings) as gmail:
        list(gmail.events(store=store, once=True))
        box.watched()
        box.put("Code", folder="Sent")
        assert subjects(list(gmail.events(store=store, once=True))) == ["Code"]
        assert box.watched() == []
        assert [each.name for each in gmail.watches(box.url)] == ["all mail", "all mail in Sent"]
    with pytest.raises(CannotDo, match="tells nobody"):
        Watch(store="maildir:/tmp/x")


def test_a_server_that_does_not_answer_keeps_other_watches_from_nothing(
    box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    def told(event: MailEvent) -> None:
        raise KeyboardInterrupt  # as of somebody who stops the run

    dead = Watch(store="imap://ann@127.0.0.1:1", name="dead")
    for url in (dead.store, box.url):
        Passwords(box.settings.home).save(url, Secret(dovecot.WORD), here=True)
    with Gmail(settings=replace(box.settings, timeout=1), clock=ImpatientClock()) as gmail:
        gmail.run_watches([Watch(store=box.url)], once=True)
        box.put("Code")
        with pytest.raises(KeyboardInterrupt):
            gmail.run_watches([dead, Watch(store=box.url, handle=told)])
        assert "127.0.0.1:1 cannot be reached" in caplog.text
        with pytest.raises(Unreachable):
            gmail.run_watches([dead, replace(dead, name="too")])


class Stormy(ChaosProxy):
    """Every connection is cut."""

    def _weather(self) -> Weather:
        return Weather(cut=1 + int(self._random.expovariate(1 / self._mean)))


def over_a_bad_line(box: Box, seed: int, messages: int, mean: int) -> int:
    """Mail that comes while the line drops and delays; over how many connections it was told."""
    told: list[str] = []
    over = threading.Event()

    class Over(BaseException):
        pass

    def handle(event: MailEvent) -> None:
        told.append(event.envelope.subject)
        if len(told) == messages:
            over.set()
        if over.is_set():
            raise Over  # what is told last is told again by nobody

    port = dovecot.running().ports["imap"]
    with Stormy(port, seed, clear=True, mean=mean) as line:
        store = f"imap://{box.user}@127.0.0.1:{line.port}"
        settings = replace(box.settings, timeout=5)
        watch = Watch(store=store, handle=handle, every=1)

        def run() -> None:
            with Gmail(settings=settings) as gmail, suppress(Over):
                while True:
                    with suppress(
                        GmailKitError
                    ):  # no connection at the start: a service begins anew
                        gmail.run_watches([watch])

        with Gmail(settings=settings) as gmail:
            while not gmail.watches(store):
                with suppress(GmailKitError):
                    gmail.run_watches([watch], once=True)
        runs = threading.Thread(target=run)
        runs.start()
        for number in range(messages):
            box.put(f"Code {number}")
            if number % 7 == 0:
                over.wait(0.05)
        ended = over.wait(120)
        over.set()
        if not ended:
            box.put("To stop it")
        runs.join(60)
        assert sorted(told) == sorted(f"Code {number}" for number in range(messages))
        return line.connections


def test_over_a_line_that_drops_each_message_is_told_once(box: Box) -> None:
    assert over_a_bad_line(box, seed=1, messages=20, mean=8_000) > 2


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_over_lines_that_drop_all_the_time_each_message_is_told_once(box: Box, seed: int) -> None:
    print(over_a_bad_line(box, seed=seed, messages=200, mean=4_000 + 2_000 * seed), "connections")


def test_what_a_look_that_broke_off_had_not_come_to_is_told_by_the_next(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, looks = ArrivingAnywhere.taken, count()

    def taken_at_first(arriving: ArrivingAnywhere, uids: list[int]) -> list[str]:
        if next(looks) == 1:
            raise Unreachable("The line broke.")
        return taken(arriving, uids)

    assert box.watched() == []
    for number in range(7):
        box.put(f"Code {number}")
    monkeypatch.setattr(ArrivingAnywhere, "page", 3)
    monkeypatch.setattr(ArrivingAnywhere, "taken", taken_at_first)
    with pytest.raises(Unreachable):
        box.watched()
    assert subjects(box.watched()) == [f"Code {number}" for number in range(7)]
    assert box.watched() == []


# Gmail


@pytest.fixture
def inbox(sandbox: Sandbox, settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """One whose IMAP is that of the sandbox too."""
    outside = Outside(
        resolve=lambda host, port: [],
        is_open=lambda address: False,
        trust=sandbox.trust,
        gmail_imap=lambda: (sandbox.imap_port, sandbox.trust()),
    )
    with Gmail(settings=replace(settings_for(purpose="full"), outside=outside)) as gmail:
        yield gmail


def test_gmails_imap_tells_the_same_events_as_its_history(sandbox: Sandbox, inbox: Gmail) -> None:
    labels = ("INBOX", "UNREAD", "CATEGORY_UPDATES", "Reise/Köln")
    sandbox.mail.put(ME, letter("The watch has not begun"))
    ways: tuple[dict[str, str], ...] = ({"name": "a"}, {"name": "b", "store": "imap+gmail:"})
    for how in ways:
        assert not list(inbox.events("subject:code", once=True, **how))  # type: ignore[arg-type]
    sandbox.mail.put(ME, letter("Code 1"), labels=labels)
    sandbox.mail.put(ME, letter("Code, a draft"), labels=("DRAFT",))
    sandbox.mail.put(ME, letter("Lunch"))
    said, units = [], []
    for how in ways:
        found = inbox.events("subject:code", once=True, **how)  # type: ignore[arg-type]
        said.append([event.facts() for event in found])
        units.append(sandbox.meter.by_method(ME))
    by_history, by_imap = said
    assert units[0] == units[1]  # IMAP costs none
    assert len(by_imap) == 1
    for facts in (*by_history, *by_imap):
        facts["labels"] = sorted(facts["labels"])  # type: ignore[call-overload]
        facts["date"] = facts["date"].replace(microsecond=0)  # type: ignore[attr-defined]
        for own in ("event", "watch", "size", "snippet"):
            del facts[own]
    assert by_imap == by_history


@pytest.mark.parametrize("how", [{"idle": True}, {"store": "imap+gmail:"}])
def test_gmail_is_not_asked_until_its_imap_tells_that_something_came(
    sandbox: Sandbox, inbox: Gmail, how: dict[str, Any]
) -> None:
    sandbox.mail.put(ME, letter("Code 0"))
    with closing(inbox.events("subject:code", since="5m", every=NEVER, **how)) as coming:
        next(coming)
        for number in (1, 2):
            timer = threading.Timer(0.1, sandbox.mail.put, (ME, letter(f"Code {number}")))
            timer.start()
            assert next(coming).envelope.subject == f"Code {number}"
            timer.join()


@pytest.mark.parametrize(
    ("fault", "every", "said"),
    [
        ("drop-before:imap.idle", NEVER, 0),
        ("truncate:imap.idle", NEVER, 0),
        ("503:imap.idle", 1, 1),
    ],
)
def test_a_watch_whose_imap_fails_while_it_idles_misses_nothing(
    sandbox: Sandbox,
    inbox: Gmail,
    fault: str,
    every: int,
    said: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox.mail.put(ME, letter("Code 0"))
    sandbox.faults.add(fault)
    with closing(inbox.events("subject:code", since="5m", every=every, idle=True)) as coming:
        next(coming)
        for number in (1, 2):
            timer = threading.Timer(0.2, sandbox.mail.put, (ME, letter(f"Code {number}")))
            timer.start()
            assert next(coming).envelope.subject == f"Code {number}"
            timer.join()
    assert sandbox.faults.fired == {fault: 1}
    assert caplog.text.count("So the watch looks every 1 s instead.") == said


def test_a_watch_that_cannot_idle_looks_and_says_so_once(
    sandbox: Sandbox,
    settings_for: Callable[..., Settings],
    caplog: pytest.LogCaptureFixture,
) -> None:
    hours = Hours(sandbox.clock.now())
    hours.then = {n: lambda: sandbox.mail.put(ME, letter("Code")) for n in (3, 6)}
    with Gmail(settings=settings_for(purpose="read"), clock=hours) as gmail:
        found = list(islice(gmail.events("subject:code", idle=True), 2))
    assert subjects(found) == ["Code", "Code"]
    assert set(hours.pauses) == {20}
    assert caplog.text.count("So the watch looks every 20 s instead.") == 1
