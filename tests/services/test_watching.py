"""Watching for mail against the sandbox: what is told, once or again, and what is never lost."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

import gmailkit
from fakes import Hours
from gmailkit.client.listing import PAGE
from gmailkit.config import Settings
from gmailkit.errors import NotFound, QueryError, Unreachable, UsageError
from gmailkit.gmail import Gmail
from gmailkit.record.watches import KEPT
from gmailkit.sandbox import Sandbox
from gmailkit.services import arriving
from gmailkit.services.watching.event import MailEvent
from gmailkit.services.watching.file import read_watches
from gmailkit.services.watching.handlers import Command, Webhook
from gmailkit.services.watching.history import ByHistory
from gmailkit.services.watching.watch import Watch
from mailroom import ME, letter


class Over(Exception):
    pass


class Ear:
    """A handler that remembers what it was told; `Code` it fails the next `fails` times."""

    def __init__(self, fails: int = 0) -> None:
        self.told: list[MailEvent] = []
        self.fails = fails

    def __call__(self, event: MailEvent) -> None:
        self.told.append(event)
        if self.fails and event.envelope.subject in ("Code", "Soon gone"):
            self.fails -= 1
            raise Over("not now")

    @property
    def subjects(self) -> list[str]:
        return [event.envelope.subject for event in self.told]


@pytest.fixture
def hours(sandbox: Sandbox) -> Hours:
    return Hours(sandbox.clock.now())


@pytest.fixture
def inbox(settings_for: Callable[..., Settings], hours: Hours) -> Iterator[Gmail]:
    with Gmail(settings=settings_for(), clock=hours) as gmail:
        yield gmail


def put(sandbox: Sandbox, subject: str, **options: Any) -> str:
    return sandbox.mail.put(ME, letter(subject), **options)


def test_what_comes_and_matches_is_told_once_in_its_order(sandbox: Sandbox, inbox: Gmail) -> None:
    ear = Ear()
    watch = Watch(query="subject:code", handle=ear)
    put(sandbox, "Code, an old one")
    assert inbox.run_watches([watch], once=True).handled == 0
    ids = [put(sandbox, subject) for subject in ("Code 1", "Lunch", "Code 2")]
    assert inbox.run_watches([watch], once=True).handled == 2
    assert inbox.run_watches([watch], once=True).handled == 0
    assert ear.subjects == ["Code 1", "Code 2"]
    assert [event.id for event in ear.told] == [f"{ME}/subject:code/{id}" for id in ids[::2]]
    assert {event.labels for event in ear.told} == {("INBOX",)}


@pytest.mark.parametrize("pages", [5, 0])
def test_an_import_with_an_old_date_is_told_among_hundreds_of_matches(
    sandbox: Sandbox, inbox: Gmail, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    monkeypatch.setattr(arriving, "_PAGES_FOR_ONE", pages)  # 0: as if it lay behind thousands
    for n in range(PAGE + 20):
        put(sandbox, f"Code {n}")
    ear = Ear()
    watch = Watch(query="subject:code", handle=ear)
    inbox.run_watches([watch], once=True)
    old = {"date": datetime(2017, 7, 14, tzinfo=UTC)}
    put(sandbox, "Code, imported", **old)
    put(sandbox, "Lunch, imported", **old)
    put(sandbox, "Lunch")
    assert inbox.run_watches([watch], once=True).handled == 1
    assert ear.subjects == ["Code, imported"]
    put(sandbox, "Lunch, too")
    units = sandbox.meter.units(ME)
    inbox.run_watches([watch], once=True)
    assert sandbox.meter.units(ME) - units <= 2 + 15 + 30  # the import is asked for once more


def test_a_new_watch_takes_what_came_shortly_before_where_that_is_asked(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    put(sandbox, "Code")
    ear = Ear()
    for _ in range(2):  # and but once
        inbox.run_watches([Watch(query="subject:code", handle=ear)], since="5m", once=True)
    assert ear.subjects == ["Code"]


def test_a_look_at_which_nothing_is_new_costs_2_units(sandbox: Sandbox, inbox: Gmail) -> None:
    watch = Watch(query="subject:code", handle=Ear())
    inbox.run_watches([watch], once=True)
    before = sandbox.meter.by_method(ME)
    inbox.run_watches([watch], once=True)
    after = sandbox.meter.by_method(ME)
    assert {name: calls[1] - before.get(name, (0, 0))[1] for name, calls in after.items()} == {
        "getProfile": 0,
        "messages.list": 0,
        "history.list": 2,
    }


def test_labels_are_listed_once_for_all_events_of_a_look(sandbox: Sandbox, inbox: Gmail) -> None:
    watch = Watch(query="subject:code", handle=Ear())
    inbox.run_watches([watch], once=True)
    for n in range(3):
        put(sandbox, f"Code {n}", labels=("INBOX", "Work"))
    assert inbox.run_watches([watch], once=True).handled == 3
    assert sandbox.meter.by_method(ME)["labels.list"][0] == 1


def test_what_fails_is_told_again_later_and_later_with_the_same_id_and_then_kept(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    ear = Ear(fails=3)
    watch = Watch(query="subject:code", handle=ear, tries=3, every=600)
    inbox.run_watches([watch], once=True)
    put(sandbox, "Code")
    put(sandbox, "Code, too")
    for later in (0, 9, 2, 19, 2, 600):  # 10 s, then 20
        hours.time += later
        inbox.run_watches([watch], once=True)
    first, second = inbox.dead_events("subject:code"), ear.told
    assert [(each.tries, each.why) for each in first] == [(3, "Over: not now")]
    assert [event.envelope.subject for event in second] == ["Code", "Code, too", "Code", "Code"]
    assert [event.tries for event in second] == [1, 1, 2, 3]
    assert len({event.id for event in second}) == 2
    assert inbox.retry_events("subject:code") == 1
    assert inbox.run_watches([watch], once=True).handled == 1
    assert not inbox.dead_events("subject:code")


def test_an_event_at_whose_handler_the_run_was_stopped_is_told_again_and_has_not_failed(
    sandbox: Sandbox, inbox: Gmail
) -> None:
    def stopped(event: MailEvent) -> None:
        raise KeyboardInterrupt

    ear = Ear()
    inbox.run_watches([Watch(name="bank", handle=ear)], once=True)
    put(sandbox, "Code")
    with pytest.raises(KeyboardInterrupt):
        inbox.run_watches([Watch(name="bank", handle=stopped)], once=True)
    inbox.run_watches([Watch(name="bank", handle=ear)], once=True)
    assert [event.tries for event in ear.told] == [1]


def test_who_leaves_the_loop_in_the_middle_of_an_event_gets_it_again(
    sandbox: Sandbox, inbox: Gmail
) -> None:
    list(inbox.events("subject:code", once=True))
    put(sandbox, "Code 1")
    put(sandbox, "Code 2")
    coming = inbox.events("subject:code")
    first, second = islice(coming, 2)
    coming.close()
    again = [event.id for event in inbox.events("subject:code", once=True)]
    assert again == [second.id]
    assert first.id != second.id


def test_a_run_looks_on_while_it_waits(sandbox: Sandbox, inbox: Gmail, hours: Hours) -> None:
    hours.then = {n: partial(put, sandbox, f"Code {n}") for n in (2, 3, 5)}
    found = [event.envelope.subject for event in islice(inbox.events("subject:code"), 3)]
    assert found == ["Code 2", "Code 3", "Code 5"]
    assert set(hours.pauses) == {20}


def test_gmail_that_does_not_answer_is_waited_out(
    sandbox: Sandbox, inbox: Gmail, hours: Hours, caplog: pytest.LogCaptureFixture
) -> None:
    list(inbox.events("subject:code", once=True))
    put(sandbox, "Code")
    sandbox.faults.next(500, reason="backendError", method="history.list", times=20)
    sandbox.faults.next(500, reason="backendError", method="messages.get", times=20)
    assert next(inbox.events("subject:code")).envelope.subject == "Code"
    assert 1 <= caplog.text.count("Watching goes on when that has passed.") <= 2


def test_a_history_that_is_gone_is_made_up_for_by_time(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    ear, a_while_ago = Ear(), datetime.fromtimestamp(hours.now() - 300, UTC)
    put(sandbox, "Code that came before the watch", date=a_while_ago)
    watch = Watch(query="subject:code", handle=ear)
    inbox.run_watches([watch], once=True)
    put(sandbox, "Code 1")
    inbox.run_watches([watch], once=True)
    put(sandbox, "Code 2", date=a_while_ago)  # and is known only now
    put(sandbox, "Lunch")
    sandbox.faults.next(404, reason="notFound", method="history.list", times=1)
    inbox.run_watches([watch], once=True)
    put(sandbox, "Code 3")
    inbox.run_watches([watch], once=True)
    assert ear.subjects == ["Code 1", "Code 2", "Code 3"]


def test_what_a_search_did_not_know_yet_when_a_history_was_gone_is_told_later(
    sandbox: Sandbox, inbox: Gmail, hours: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, after = Ear(), ByHistory.after
    watch = Watch(query="subject:code", handle=ear)
    inbox.run_watches([watch], once=True)
    put(sandbox, "Code 1")
    sandbox.faults.next(404, reason="notFound", method="history.list", times=1)
    monkeypatch.setattr(ByHistory, "after", lambda *_: [])  # its index lags behind
    inbox.run_watches([watch], once=True)
    monkeypatch.setattr(ByHistory, "after", after)
    hours.time += arriving.LAG
    inbox.run_watches([watch], once=True)
    assert "history.list" not in sandbox.meter.by_method(ME)
    put(sandbox, "Code 2")
    inbox.run_watches([watch], once=True)  # by the history again
    assert ear.subjects == ["Code 1", "Code 2"]
    assert sandbox.meter.by_method(ME)["history.list"][0] == 1


def test_drafts_and_what_is_gone_meanwhile_are_not_told(sandbox: Sandbox, inbox: Gmail) -> None:
    ear = Ear(fails=1)
    watch = Watch(handle=ear)
    inbox.run_watches([watch], once=True)
    put(sandbox, "A draft", labels=("DRAFT",))
    id = put(sandbox, "Soon gone")
    inbox.run_watches([watch], once=True)
    user = sandbox.mail.users.get(ME).n
    found = sandbox.mail.messages.find(user, id)
    assert found
    sandbox.mail.messages.remove(user, [found])
    inbox._clock.sleep(60)
    inbox.run_watches([watch], once=True)
    assert ear.subjects == ["Soon gone"]
    assert not inbox.waiting_events("all mail")


def test_many_watches_run_side_by_side_and_none_waits_for_a_slow_one(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> None:
    slow, quick, over = threading.Event(), threading.Event(), threading.Event()

    def stopped(event: MailEvent) -> None:
        quick.set()
        if over.is_set():
            raise KeyboardInterrupt  # as of somebody who stops the run

    watches = [
        Watch(name="slow", query="subject:code", handle=lambda event: slow.wait(60), every=1),
        Watch(name="quick", query="subject:code", handle=stopped, every=1),
    ]
    with Gmail(settings=settings_for()) as gmail:
        gmail.run_watches(watches, once=True)

        def run() -> None:
            with suppress(KeyboardInterrupt):
                gmail.run_watches(watches)

        put(sandbox, "Code")
        runs = threading.Thread(target=run)
        runs.start()
        assert quick.wait(30)
        slow.set()
        over.set()
        put(sandbox, "Code, to stop it")
        runs.join(30)
        assert not runs.is_alive()
        assert not gmail.dead_events("slow")


def test_what_was_done_long_ago_is_forgotten_and_a_watch_too_when_asked(
    sandbox: Sandbox, inbox: Gmail, hours: Hours
) -> None:
    list(inbox.events("subject:code", once=True))
    put(sandbox, "Code")
    list(inbox.events("subject:code", once=True))
    assert len(inbox._connection.watches.of("subject:code", "done")) == 1
    hours.time += KEPT + 60
    list(inbox.events("subject:code", once=True))
    assert not inbox._connection.watches.of("subject:code", "done")
    assert [each.name for each in inbox.watches()] == ["subject:code"]
    assert inbox.forget_watch("subject:code")
    assert not inbox.watches()
    assert not inbox.forget_watch("subject:code")


def test_bad_searches_names_and_paces_are_refused_before_anything_is_written(
    inbox: Gmail,
) -> None:
    with pytest.raises(QueryError):
        list(inbox.events("form:ann", once=True))
    with pytest.raises(NotFound):
        list(inbox.events("label:nowhere", once=True))
    for options in ({"every": 0.5}, {"tries": 0}, {"name": "a\nb"}, {"every": float("nan")}):
        with pytest.raises(UsageError):
            Watch(**options)
    with pytest.raises(UsageError, match="name of its own"):
        inbox.run_watches([Watch(handle=Ear()), Watch(handle=Ear())], once=True)
    assert not inbox.watches()


def test_a_script_needs_one_call(
    sandbox: Sandbox, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GMAILKIT_ACCESS_TOKEN", str(settings_for().access_token))
    monkeypatch.setenv("GMAILKIT_API_ENDPOINT", sandbox.url)
    put(sandbox, "Code")
    event = next(gmailkit.watch("subject:code", since="5m"))
    assert event.envelope.subject == "Code"


# Handlers


@pytest.fixture
def event(sandbox: Sandbox, inbox: Gmail) -> MailEvent:
    put(sandbox, "Code $(touch run)`touch run`; touch run")
    return next(inbox.events("subject:code", since="5m"))


def test_a_command_gets_the_event_and_text_of_a_stranger_is_never_run(
    event: MailEvent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Command('cat > told.json; printf "%s|%s" "$MAIL_ID" "$MAIL_SUBJECT" > env')(event)
    told = json.loads((tmp_path / "told.json").read_bytes())
    assert (told["event"], told["subject"]) == (event.id, event.envelope.subject)
    assert told["from"] == {"email": "ann@example.com", "name": "Ann Lee"}
    assert (tmp_path / "env").read_text() == f"{event.envelope.id}|{event.envelope.subject}"
    assert not (tmp_path / "run").exists()


def test_a_subject_longer_than_an_environment_holds_keeps_no_event_from_a_command(
    event: MailEvent, tmp_path: Path
) -> None:
    envelope = msgspec.structs.replace(event.envelope, subject="x" * 200_000)
    Command(f'cat > "{tmp_path}/json"; echo -n "$MAIL_SUBJECT" > "{tmp_path}/subject"')(
        replace(event, envelope=envelope)
    )
    assert json.loads((tmp_path / "json").read_bytes())["subject"] == envelope.subject
    assert (tmp_path / "subject").read_text() == "x" * 2_000


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("echo 'no  luck' >&2; exit 3", "It ended with 3: no luck"),
        ("sleep 60", "It took longer than 0.2 seconds."),
        ("/nowhere/at-all", "It ended with 127"),
    ],
)
def test_a_command_that_fails_or_hangs_has_not_done_it(
    event: MailEvent, line: str, why: str
) -> None:
    with pytest.raises(gmailkit.CannotDo, match=why):
        Command(line, patience=0.2 if "sleep" in line else 60)(event)


def test_a_command_that_is_stopped_together_with_its_watch_has_not_failed(event: MailEvent) -> None:
    with pytest.raises(KeyboardInterrupt):
        Command("kill -INT $$")(event)


class Service(http.server.BaseHTTPRequestHandler):
    answers: list[int]
    asked: list[tuple[Any, bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.headers, body))
        self.send_response(self.answers.pop(0))
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def service() -> Iterator[type[Service]]:
    kind = type("Asked", (Service,), {"answers": [], "asked": [], "url": ""})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    kind.url = f"http://127.0.0.1:{server.server_port}/hook?token=s3cret"  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind
    server.shutdown()
    server.server_close()


def test_a_web_service_gets_the_event_and_says_by_its_answer_whether_it_is_done(
    event: MailEvent, service: Any
) -> None:
    service.answers[:] = [204, 302, 500, 304, 300]
    hook = Webhook(service.url)
    hook(event)
    for said in ("a redirect, which is not followed", "500", "304", "300"):
        with pytest.raises(gmailkit.CannotDo, match=f"127.0.0.1 answered with {said}."):
            hook(event)
    headers, body = service.asked[0]
    assert headers["Idempotency-Key"] == event.id
    assert json.loads(body)["id"] == event.envelope.id
    assert len(service.asked) == 5  # the redirect was not followed


def test_a_web_service_is_told_of_a_watch_whose_name_no_header_can_hold(
    event: MailEvent, service: Any
) -> None:
    service.answers[:] = [204]
    Webhook(service.url)(replace(event, id="me@example.com/subject:領収 100%/18c"))
    headers, body = service.asked[0]
    assert headers["Idempotency-Key"] == "me@example.com/subject:%E9%A0%98%E5%8F%8E 100%/18c"
    assert json.loads(body)["event"] == "me@example.com/subject:領収 100%/18c"


def test_nothing_that_is_said_of_a_web_service_holds_its_address(event: MailEvent) -> None:
    with pytest.raises(Unreachable) as caught:
        Webhook("http://127.0.0.1:1/hook?token=s3cret")(event)
    assert caught.value.message == "127.0.0.1 cannot be reached."
    for url in ("http://example.com/", "ftp://example.com", "https://", "https://a b", "//x"):
        for more in ("", "/hook?token=s3cret", "/s3cret/x y", "#s3cret\n"):
            with pytest.raises(UsageError) as refused:
                Webhook(url + more)
            assert "s3cret" not in f"{refused.value} {refused.value.hint}"


def test_a_file_holds_many_watches(tmp_path: Path) -> None:
    file = tmp_path / "watches.toml"
    file.write_text(
        '[[watch]]\nname = "bank"\nquery = "from:bank"\nexec = "./told.sh"\nevery = "1m"\n'
        '[[watch]]\nname = "all"\nwebhook = "https://example.com/hook"\ntries = 3\n'
    )
    bank, every = read_watches(file)
    assert (bank.key, bank.query, bank.every, bank.handle) == (
        "bank",
        "from:bank",
        60,
        Command("./told.sh"),
    )
    assert (every.key, every.tries) == ("all", 3)
    for wrong in (
        "[[watch]]\nquery = 'x'",
        "[[watch]]\nname = 'x'",
        "[[watch]]\nname = 'x'\nexec = 'a'\nwebhook = 'https://example.com'",
        "[[watch]]\nname = 'x'\nexec = 'a'\nevrey = '1m'",
        "[[watch",
    ):
        file.write_text(wrong)
        with pytest.raises(UsageError):
            read_watches(file)
    with pytest.raises(NotFound):
        read_watches(tmp_path / "nix")
