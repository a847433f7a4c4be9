"""Sending by SMTP from a mailbox: what the ledger says, what waits, what never leaves twice."""

from __future__ import annotations

import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exim import WORD, Exim
from fakes import FakeClock
from gmailkit.auth.passwords import Passwords
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotDo,
    CannotWrite,
    Conflict,
    Kept,
    PartialError,
    Refused,
    SignInNeeded,
    TryLater,
    Unreachable,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.paths import Home
from gmailkit.record.ledger import Entry
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.sending import once
from gmailkit.services.sending.ways import by_smtp
from gmailkit.services.sending.ways.smtp import trace
from gmailkit.services.sending.ways.smtp.submission import login_for, server_for
from gmailkit.transport.smtp.server import GMAIL, read_server
from gmailkit.transport.smtp.sink import Sink
from gmailkit.transport.smtp.transcript import Event, Line
from mailroom import ME
from scripted_server import DATA, HANG_UP, OPENING, TAKE_ALL, ScriptedServer

Open = Callable[..., Gmail]
ANN, BOB, CAT = "ann@example.com", "bob@example.org", "cat@example.net"


class Killed(BaseException):
    """As of kill -9: nothing of ours runs afterwards."""


def send(gmail: Gmail, *to: str, **more: Any) -> once.Sent:
    return gmail.send(to=to or (ANN,), subject="Hi", text="Hello", way="smtp", **more)


def entry(gmail: Gmail) -> Entry:
    (found,) = gmail._connection.sends.entries()
    return found


def waiting(gmail: Gmail) -> list[Path]:
    return sorted((gmail._connection.state_folder / "smtp").glob("*"))


def run(gmail: Gmail) -> list[Entry]:
    """What `gmailkit outbox run` does about it; errors are in the ledger."""
    tried = []
    for each in by_smtp.due(gmail._connection):
        tried.append(each)
        with suppress(TryLater, Conflict, Unreachable, PartialError, Refused):
            once.finish(gmail._connection, each)
    return tried


def test_the_envelope_is_apart_from_the_headers(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url)
    sent = send(gmail, ANN, cc=f"Bob <{BOB}>", bcc=CAT)
    (caught,) = sink.messages
    assert (caught.sender, caught.to) == (ME, (ANN, BOB, CAT))
    mail = parse(caught.content)
    assert (mail.sender and mail.sender.email, mail.bcc) == (ME, ())
    assert CAT.encode() not in caught.content
    assert mail.message_id.endswith("@example.com>")
    assert [each.email for each in sent.to] == [ANN, BOB, CAT]
    assert (sent.id, sent.way) == ("", "smtp")
    assert (entry(gmail).state, waiting(gmail)) == ("sent", [])


def test_the_same_key_sends_once(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url)
    assert not send(gmail, key="job 7").again
    assert send(gmail, key="job 7").again
    assert len(sink.messages) == 1


def test_what_the_server_took_is_written_down_before_it_is_told_goodbye(
    mailbox: Open, sink: Sink
) -> None:
    """A server may take its time with QUIT, and somebody his patience."""
    gmail = mailbox(sink.url)
    states: list[str] = []

    def hear(event: Event) -> None:
        if isinstance(event, Line) and event.text == "QUIT":
            states.append(entry(gmail).state)

    gmail.smtp(to=ANN, text="Hello", hear=hear)
    assert states == ["sent"]


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_the_token_of_the_account_signs_in(
    mailbox: Open, sink_with: Callable[..., Sink], sandbox: Sandbox, trusted: Path, tls: Any
) -> None:
    gmail = mailbox(None)
    word = str(gmail._connection.mail_token())
    sink = sink_with(auth=(ME, word), tls=tls)
    heard: list[Any] = []
    gmail.smtp(to=ANN, text="Hello", server=sink.url, hear=heard.append)
    assert (sink.messages[0].user, sink.messages[0].tls) == (ME, tls is not None)
    assert word not in repr(heard)


def test_without_the_full_scope_nothing_is_connected_to(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url.replace("://", "://me%40example.com@"), "modify")
    with pytest.raises(Refused, match=r"lacks mail\.google\.com") as caught:
        send(gmail)
    assert caught.value.needs == ("https://mail.google.com/",)
    assert sink.lines == []
    assert (entry(gmail).state, waiting(gmail)) == ("failed", [])


def test_a_token_is_shown_to_nobody_else(mailbox: Open) -> None:
    connection = mailbox(None)._connection
    with pytest.raises(Refused, match=r"is not shown to smtp\.gmail\.com"):
        login_for(connection, GMAIL)
    with pytest.raises(SignInNeeded, match="no password for me at"):
        login_for(connection, read_server("smtps://me@mail.example.org"))
    assert login_for(connection, read_server("smtps://mail.example.org")) is None


def test_a_practice_mailbox_sends_by_no_server_outside(mailbox: Open) -> None:
    with pytest.raises(UsageError, match="no SMTP server of its own") as caught:
        send(mailbox(None))
    assert "smtp-sink" in caught.value.hint
    with pytest.raises(UsageError, match=r"does not leave by mail\.example\.org:465"):
        send(mailbox("smtps://mail.example.org"))
    with pytest.raises(UsageError, match="does not leave by"):
        mailbox(None).smtp(to=ANN, text="Hello", server="smtps://mail.example.org")


def test_an_account_of_google_sends_by_its_own_server(home: Home) -> None:
    gmail = Gmail(settings=Settings(home=home, access_token=Secret("ya29.word-of-a-test")))
    assert server_for(gmail._connection) == GMAIL


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "in the environment"])
def test_a_password_signs_in(
    mailbox: Open, sink_with: Callable[..., Sink], home: Home, kept: bool
) -> None:
    sink = sink_with(auth=("ann lee", "pass wörd"))
    if kept:
        assert Passwords(home).save(sink.url, Secret("pass wörd"), here=True) == "file"
    gmail = mailbox(sink.url, "modify", smtp_password=None if kept else Secret("pass wörd"))
    send(gmail)
    assert sink.messages[0].user == "ann lee"
    Passwords(home).forget(sink.url)
    assert Passwords(home).load(sink.url) is None


def test_a_wrong_password_fails_and_is_not_tried_again(
    mailbox: Open, sink_with: Callable[..., Sink]
) -> None:
    sink = sink_with(auth=("ann", "right"))
    gmail = mailbox(sink.url, smtp_password=Secret("wrong-word"))
    with pytest.raises(SignInNeeded, match=r"535 5\.7\.8"):
        send(gmail)
    assert entry(gmail).state == "failed"
    assert run(gmail) == []


def test_who_was_refused_is_told_and_the_others_have_it(
    mailbox: Open, sink_with: Callable[..., Sink]
) -> None:
    sink = sink_with(troubles=f"refuse:{BOB}")
    gmail = mailbox(sink.url)
    with pytest.raises(PartialError, match="for 2 of 3") as caught:
        send(gmail, ANN, BOB, CAT)
    assert [(each.item, each.why) for each in caught.value.failed] == [
        (BOB, "550 5.1.1 No such user")
    ]
    assert sink.messages[0].to == (ANN, CAT)
    assert entry(gmail).state == "sent"
    again = send(gmail, ANN, BOB, CAT, key=entry(gmail).key)
    assert again.again
    assert again.remarks[0] == f"Not taken for {BOB}: 550 5.1.1 No such user"


def test_who_may_come_later_is_tried_again_alone(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles=f"later:{BOB}:1")
    gmail = mailbox(sink.url)
    with pytest.raises(PartialError):
        send(gmail, ANN, BOB)
    assert run(gmail) == []  # not yet
    clock.time += 301
    assert len(run(gmail)) == 1
    assert [each.to for each in sink.messages] == [(ANN,), (BOB,)]
    assert sink.messages[0].content == sink.messages[1].content
    assert (entry(gmail).state, waiting(gmail)) == ("sent", [])


def test_nobody_accepted(mailbox: Open, sink_with: Callable[..., Sink]) -> None:
    sink = sink_with(troubles="refuse")
    gmail = mailbox(sink.url)
    with pytest.raises(Refused, match="refuses every recipient"):
        send(gmail, ANN, BOB)
    assert (entry(gmail).state, sink.messages, waiting(gmail)) == ("failed", [], [])


def test_what_waits_for_a_server_can_be_let_go_now(
    mailbox: Open, sink_with: Callable[..., Sink]
) -> None:
    sink = sink_with(troubles="full:1")
    gmail = mailbox(sink.url)
    with pytest.raises(Kept):
        send(gmail, ANN, key="one")
    result = gmail.outbox.release("one")
    assert (result.entry.state, result.error, len(sink.messages)) == ("sent", None, 1)


@pytest.mark.parametrize("trouble", ["later", "full", "drop-before"])
def test_later_means_by_itself_and_once(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock, trouble: str
) -> None:
    sink = sink_with(troubles=f"{trouble}:2")
    gmail = mailbox(sink.url)
    with pytest.raises(Kept) as caught:
        send(gmail, key="k")
    assert "outbox run" in caught.value.hint
    assert not caught.value.retryable  # a second send would be a second message
    held = entry(gmail)
    assert (held.state, held.due) == ("held", gmail._connection.sends.now() + timedelta(minutes=5))
    with pytest.raises(Conflict, match="waits for its time"):
        send(gmail, key="k")
    (file,) = waiting(gmail)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    clock.time += 301
    assert len(run(gmail)) == 1
    assert entry(gmail).due == gmail._connection.sends.now() + timedelta(minutes=15)
    clock.time += 901
    assert len(run(gmail)) == 1
    assert (len(sink.messages), entry(gmail).state, waiting(gmail)) == (1, "sent", [])
    assert run(gmail) == []


def test_after_four_days_it_is_given_up(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    gmail = mailbox(sink_with(troubles="full").url)
    with pytest.raises(Kept):
        send(gmail)
    tries = 0
    while entry(gmail).state == "held":
        due = entry(gmail).due
        assert due
        assert tries < 40
        clock.time = due.timestamp()
        tries += len(run(gmail))
    assert entry(gmail).error.startswith("Given up after 4 days: ")
    assert "452 4.3.1" in entry(gmail).error
    assert (tries > 20, waiting(gmail)) == (True, [])


def test_an_answer_lost_behind_the_dot_is_never_repeated(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="drop-after")
    gmail = mailbox(sink.url)
    with pytest.raises(Unreachable) as caught:
        send(gmail, key="k")
    assert (caught.value.maybe_done, entry(gmail).state) == (True, "unknown")
    for _ in range(3):
        clock.time += 3600
        with pytest.raises(Conflict, match="Nobody can tell"):
            send(gmail, key="k")
        run(gmail)
    assert len(sink.messages) == 1
    clock.time += 4 * 86400
    run(gmail)
    assert (entry(gmail).state, waiting(gmail)) == ("unknown", [])


@pytest.fixture
def like_gmail(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server takes lies in Sent under our Message-ID, as with smtp.gmail.com."""
    monkeypatch.setattr(trace, "keeps_ids", lambda *_: True)


@pytest.mark.usefixtures("like_gmail")
def test_at_gmail_it_is_looked_up_and_found(
    mailbox: Open, sink_with: Callable[..., Sink], sandbox: Sandbox, clock: FakeClock
) -> None:
    sink = sink_with(troubles="drop-after")
    gmail = mailbox(sink.url)
    with pytest.raises(Unreachable):
        send(gmail, key="k")
    with pytest.raises(TryLater, match="Nobody can tell yet"):
        send(gmail, key="k")
    id = sandbox.mail.put(ME, sink.messages[0].content, labels=["SENT"])
    sent = send(gmail, key="k")
    assert (sent.id, len(sink.messages)) == (id, 1)
    assert (entry(gmail).state, waiting(gmail)) == ("sent", [])


@pytest.mark.usefixtures("like_gmail")
def test_at_gmail_what_is_not_there_after_a_while_did_not_leave(
    mailbox: Open, sandbox: Sandbox, clock: FakeClock
) -> None:
    lost = (*OPENING, "250 ok", "250 ok", DATA, TAKE_ALL, HANG_UP)
    with ScriptedServer(*lost) as server:
        gmail = mailbox(server.url)
        with pytest.raises(Unreachable):
            send(gmail, key="k")
        assert run(gmail) == []
        for _ in range(2):
            assert len(server.bodies) == 1
            clock.time += 901
            assert len(run(gmail)) == 1
        assert server.bodies[0] == server.bodies[1]
    assert entry(gmail).state == "unknown"


@pytest.mark.parametrize("before", [True, False], ids=["before the dot", "behind the dot"])
def test_killed(
    mailbox: Open, sink: Sink, monkeypatch: pytest.MonkeyPatch, before: bool, clock: FakeClock
) -> None:
    gmail = mailbox(sink.url)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    where = "gmailkit.transport.smtp.session.Session"
    with monkeypatch.context() as patch:
        patch.setattr(f"{where}._data" if before else f"{where}._finish", kill)
        with pytest.raises(Killed):
            send(gmail, key="k")
    again = mailbox(sink.url)
    if before:
        assert entry(again).state == "new"
        once.finish(again._connection, entry(again))
        assert (len(sink.messages), entry(again).state) == (1, "sent")
        return
    assert entry(again).state == "sending"
    with pytest.raises(Conflict):
        once.finish(again._connection, entry(again))
    assert (sink.messages, entry(again).state) == ([], "unknown")


def test_a_full_disk_sends_nothing(
    mailbox: Open, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise CannotWrite("No space left on device.", path=path)

    monkeypatch.setattr("gmailkit.record.waiting.write_private", full)
    with pytest.raises(CannotWrite):
        send(mailbox(sink.url))
    assert sink.lines == []


def test_a_ledger_that_fails_before_the_dot_sends_nothing(
    mailbox: Open, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    gmail = mailbox(sink.url)
    real = gmail._connection.sends.change

    def change(key: str, **fields: Any) -> Entry:
        if fields.get("state") == "sending":
            raise CannotWrite("No space left on device.", path=Path("x"))
        return real(key, **fields)

    monkeypatch.setattr(gmail._connection.sends, "change", change)
    with pytest.raises(CannotWrite):
        send(gmail)
    assert sink.messages == []


def test_bytes_that_somebody_spoilt_are_not_sent(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="full:1")
    gmail = mailbox(sink.url)
    with pytest.raises(Kept):
        send(gmail)
    waiting(gmail)[0].write_bytes(b"{}\nTo: evil@example.com\r\n\r\n")
    clock.time += 301
    with pytest.raises(CannotWrite, match="damaged"):
        once.finish(gmail._connection, entry(gmail))
    assert sink.messages == []


def test_an_envelope_of_ones_own(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url)
    gmail.smtp(to=ANN, text="Hello", mail_from="bounces@example.com", rcpt=[BOB])
    gmail.smtp(to=ANN, text="Hello", mail_from="<>")
    assert [(each.sender, each.to) for each in sink.messages] == [
        ("bounces@example.com", (BOB,)),
        ("", (ANN,)),
    ]
    assert parse(sink.messages[0].content).to[0].email == ANN


def test_the_rules_judge_the_envelope(mailbox: Open, sink: Sink, policy: Path) -> None:
    policy.write_text('[recipients]\ndeny = ["example.org"]\n')
    gmail = mailbox(sink.url)
    with pytest.raises(Refused, match="policy"):
        gmail.smtp(to=ANN, text="Hello", rcpt=[BOB])
    message = gmail.enveloped(gmail.compose(to=ANN, text="Hello"), [BOB])
    with gmail.over_smtp(), pytest.raises(Refused, match="policy"):
        gmail.send_later(message, at="in 2 hours", way="smtp")
    with pytest.raises(UsageError, match="Only SMTP has an envelope"):
        gmail.send(message)
    assert (sink.lines, list(gmail.sent())) == ([], [])


@pytest.mark.parametrize(
    "bad",
    ["a@x.org\r\nRCPT TO:<evil@x.org>", "a@x.org>\nDATA", "a b@x.org", "a@x.org\0", "a@b@c.d"],
)
def test_no_address_becomes_a_command(mailbox: Open, sink: Sink, bad: str) -> None:
    gmail = mailbox(sink.url)
    for words in ({"rcpt": [bad]}, {"mail_from": bad}):
        with pytest.raises(UsageError):
            gmail.smtp(to=ANN, text="Hello", **words)  # type: ignore[arg-type]
    assert sink.lines == []


def test_reports_from_a_server_that_has_none(mailbox: Open, sink: Sink) -> None:
    with pytest.raises(CannotDo, match="offers no DSN"):
        mailbox(sink.url).smtp(to=ANN, text="Hello", notify=["failure"])
    with pytest.raises(UsageError, match="--notify"):
        mailbox(sink.url).smtp(to=ANN, text="Hello", notify=["never", "delay"])
    assert sink.messages == []


def test_a_real_server_delivers_what_was_written(
    mailbox: Open, exim: Exim, trusted: Path, tmp_path: Path
) -> None:
    """From words to a Maildir: text, attachment, unseen recipient."""
    gmail = mailbox(exim.url, smtp_password=Secret(WORD))
    file = tmp_path / "report.bin"
    file.write_bytes(bytes(range(256)) * 400)
    text = "Grüße\n.\n..\nFrom here on\n" + "x" * 3000
    gmail.send(
        to="tenth@example.com",
        bcc="unseen@example.com",
        subject="你好",
        text=text,
        attach=[file],
        way="smtp",
    )
    for name in ("tenth", "unseen"):
        mail = parse(exim.delivered(name)[0])
        assert (mail.subject, mail.text.strip()) == ("你好", text)
        assert mail.attachments[0].content == file.read_bytes()
        assert (mail.bcc, b"unseen@" in exim.delivered("tenth")[0]) == ((), False)


@pytest.mark.parametrize("starttls", [True, False], ids=["a certificate", "no such host"])
def test_what_stays_as_it_is_is_not_tried_for_four_days(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    monkeypatch: pytest.MonkeyPatch,
    starttls: bool,
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if not starttls:
        monkeypatch.setattr("gmailkit.transport.smtp.dialogue.socket.create_connection", nowhere)
    gmail = mailbox(sink_with(tls="starttls").url)
    with pytest.raises(Unreachable, match="is not trusted" if starttls else "There is no host"):
        send(gmail)
    assert (entry(gmail).state, waiting(gmail)) == ("failed", [])


def test_what_waits_goes_on_waiting_without_its_password(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    """As when a timer runs without the environment of the shell."""
    sink = sink_with(auth=("ann", "open-sesame"), troubles="full:1")
    with pytest.raises(Kept):
        send(mailbox(sink.url, smtp_password=Secret("open-sesame")))
    clock.time += 301
    bare = mailbox(None, "modify")
    with pytest.raises(Refused):
        once.finish(bare._connection, entry(bare))
    assert (entry(bare).state, len(waiting(bare))) == ("held", 1)
    whole = mailbox(sink.url, "modify", smtp_password=Secret("open-sesame"))
    assert len(run(whole)) == 1
    assert (entry(whole).state, len(sink.messages)) == ("sent", 1)
