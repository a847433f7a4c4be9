"""What an earlier run left of a send by SMTP: whose words leave, to whom, and who is asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.auth.passwords import Passwords
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    Conflict,
    Kept,
    NotFound,
    PartialError,
    Refused,
    TryLater,
    Unreachable,
)
from gmailkit.gmail import Gmail
from gmailkit.model.outgoing import Outgoing
from gmailkit.paths import Home
from gmailkit.record.ledger import Entry
from gmailkit.record.waiting import WaitingMail
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.sending import once
from gmailkit.services.sending.outbox import Result
from gmailkit.services.sending.ways import by_smtp
from gmailkit.services.sending.ways.smtp import attempt, trace
from gmailkit.transport.smtp.fault import after_the_dot
from gmailkit.transport.smtp.server import GMAIL
from gmailkit.transport.smtp.session import Session
from gmailkit.transport.smtp.sink import Sink
from mailroom import ME

Open = Callable[..., Gmail]
ANN, BOB, CAT = "ann@example.com", "bob@example.org", "cat@example.net"
NOT_BOB = '[recipients]\ndeny = ["example.org"]\n'


class Killed(BaseException):
    """As of kill -9: nothing of ours runs afterwards."""


@pytest.fixture
def like_gmail(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server takes lies in Sent under our Message-ID, as with smtp.gmail.com."""
    monkeypatch.setattr(trace, "keeps_ids", lambda *_: True)


def letter(gmail: Gmail, *to: str, text: str = "Hello") -> Outgoing:
    return gmail.compose(to=to or (ANN,), subject="Hi", text=text)


def entry(gmail: Gmail) -> Entry:
    (found,) = gmail._connection.sends.entries()
    return found


def files(gmail: Gmail) -> list[Path]:
    return sorted((gmail._connection.state_folder / "smtp").glob("*"))


def run(gmail: Gmail) -> list[Result]:
    return list(gmail.outbox.run())


def lose(patch: pytest.MonkeyPatch) -> None:
    """The line that ends a message is not heard, nor is it answered."""

    def lost(session: Session) -> None:
        session._dialogue.hang_up()
        raise after_the_dot(session.server, "lost")

    patch.setattr(Session, "_finish", lost)


def lose_one(
    gmail: Gmail, monkeypatch: pytest.MonkeyPatch, message: Outgoing, **more: Any
) -> Entry:
    """A message of which nobody can tell whether it left; it did not."""
    with monkeypatch.context() as patch:
        lose(patch)
        with pytest.raises(Unreachable):
            gmail.smtp(message, key="k", **more)
    assert entry(gmail).state == "unknown"
    return entry(gmail)


def kill(patch: pytest.MonkeyPatch, what: object, name: str) -> None:
    def killed(*_: object, **__: object) -> None:
        raise Killed

    patch.setattr(what, name, killed)


@pytest.mark.parametrize("how", ["settled", "killed before its bytes were dropped"])
def test_new_words_under_a_key_that_failed_leave_as_they_are(
    mailbox: Open, sink: Sink, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    gmail = mailbox(sink.url)
    if how == "settled":
        lose_one(gmail, monkeypatch, letter(gmail, ANN, text="old words"))
        gmail.settle("k", "failed")
        assert files(gmail) == []
    else:
        with monkeypatch.context() as patch:
            patch.setattr(WaitingMail, "drop", lambda *_: None)
            lose_one(gmail, monkeypatch, letter(gmail, ANN, text="old words"))
            gmail.settle("k", "failed")
        assert len(files(gmail)) == 1
    gmail.smtp(letter(gmail, BOB, text="new words"), key="k")
    (caught,) = sink.messages
    assert (caught.to, caught.mail.text.strip()) == ((BOB,), "new words")


def test_old_bytes_that_cannot_be_removed_leave_nothing(
    mailbox: Open, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    gmail = mailbox(sink.url)
    monkeypatch.setattr(WaitingMail, "drop", lambda *_: None)
    lose_one(gmail, monkeypatch, letter(gmail, ANN, text="old words"))
    gmail.settle("k", "failed")
    with pytest.raises(CannotWrite, match="cannot be removed"):
        gmail.smtp(letter(gmail, BOB, text="new words"), key="k")
    assert (sink.messages, entry(gmail).state) == ([], "failed")


@pytest.mark.usefixtures("like_gmail")
@pytest.mark.parametrize("user", ["other@gmail.com", "me", ME])
def test_only_in_ones_own_mailbox_is_a_message_looked_for(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock, user: str
) -> None:
    sink = sink_with(troubles="drop-after:1", auth=(user, "open-sesame"))
    gmail = mailbox(sink.url, smtp_password=Secret("open-sesame"))
    with pytest.raises(Unreachable):
        gmail.smtp(letter(gmail), key="k")
    assert (entry(gmail).due is not None) == (user == ME)
    for _ in range(2):
        clock.time += 1200
        run(gmail)
    # The sink does not put it into Sent, as Gmail would: in ones own mailbox it is sent again.
    assert (len(sink.messages), entry(gmail).state) == (
        (2, "sent") if user == ME else (1, "unknown")
    )


def test_where_what_left_can_be_looked_up(mailbox: Open, home: Home) -> None:
    google = Gmail(settings=Settings(home=home, access_token=Secret("ya29.word-of-a-test")))
    assert trace.keeps_ids(google._connection, GMAIL)
    assert not trace.keeps_ids(google._connection, replace(GMAIL, host="mail.example.org"))
    assert not trace.keeps_ids(mailbox(None)._connection, GMAIL)


@pytest.mark.parametrize("google", [True, False])
def test_what_nobody_can_look_up_is_not_tried_again_and_again(
    mailbox: Open,
    sink: Sink,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    google: bool,
) -> None:
    monkeypatch.setattr(trace, "keeps_ids", lambda *_: google)
    gmail = mailbox(sink.url)
    due = lose_one(gmail, monkeypatch, letter(gmail)).due
    assert (due is not None) == google
    clock.time += 1200
    assert len(run(gmail)) == google


@pytest.mark.usefixtures("like_gmail")
def test_a_copy_for_others_tells_nothing_of_the_rest(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ann has it, and Sent shows that; of Bob, who was to get it later, nobody knows."""
    sink = sink_with(troubles=f"later:{BOB}:1")
    gmail = mailbox(sink.url)
    with pytest.raises(PartialError):
        gmail.smtp(letter(gmail, ANN, BOB), key="k")
    gmail._connection.client.messages.insert(sink.messages[0].content, label_ids=["SENT"])
    with monkeypatch.context() as patch:
        lose(patch)
        clock.time += 301
        run(gmail)
    clock.time += 1200
    run(gmail)
    with pytest.raises(Conflict, match="Nobody can tell"):
        gmail.smtp(letter(gmail, ANN, BOB), key="k")
    assert (entry(gmail).state, [each.to for each in sink.messages]) == ("unknown", [(ANN,)])


@pytest.mark.usefixtures("like_gmail")
def test_killed_before_the_rest_was_written_down(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sink = sink_with(troubles=f"later:{BOB}:1")
    gmail = mailbox(sink.url)
    with monkeypatch.context() as patch:
        kill(patch, attempt, "_taken")
        with pytest.raises(Killed):
            gmail.smtp(letter(gmail, ANN, BOB), key="k")
    assert entry(gmail).state == "sending"
    gmail._connection.client.messages.insert(sink.messages[0].content, label_ids=["SENT"])
    clock.time += 1200
    with pytest.raises(Conflict, match="Nobody can tell"):
        once.finish(gmail._connection, entry(gmail))
    assert (entry(gmail).state, len(sink.messages)) == ("unknown", 1)


def test_who_has_it_does_not_get_it_again_once_the_rest_is_given_up(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles=f"later:{BOB}:1")
    gmail = mailbox(sink.url)
    with pytest.raises(PartialError):
        gmail.smtp(letter(gmail, ANN, BOB), key="k")
    sink.troubles.add(f"refuse:{BOB}")
    clock.time += 301
    (result,) = run(gmail)
    assert isinstance(result.error, Refused)
    assert "550 5.1.1" in entry(gmail).error
    assert gmail.smtp(letter(gmail, ANN, BOB), key="k").again
    assert [each.to for each in sink.messages] == [(ANN,)]


RAW = (
    b"From: me@example.com\r\nTo: ann@example.com\r\nSubject: Hi\r\n"
    b"Message-ID: <1@example.com>\r\n\r\nHello\r\n"
)


@pytest.mark.parametrize("end", ["cancel", "settle"])
def test_who_has_it_does_not_get_it_again_once_the_rest_is_called_off(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    end: str,
) -> None:
    sink = sink_with(troubles=f"later:{BOB}:1")
    gmail = mailbox(sink.url)
    message = letter(gmail, ANN, BOB)
    with pytest.raises(PartialError):
        gmail.smtp(message, key="k")
    if end == "settle":
        clock.time += 301
        with monkeypatch.context() as patch:
            lose(patch)
            run(gmail)
        assert gmail.settle("k", "failed").state == "sent"
    else:
        assert gmail.outbox.cancel("k").state == "sent"
    assert BOB in entry(gmail).error
    assert (files(gmail), run(gmail)) == ([], [])
    again = gmail.smtp(message, key="k")
    assert (again.again, BOB in " ".join(again.remarks)) == (True, True)
    assert [each.to for each in sink.messages] == [(ANN,)]


@pytest.mark.usefixtures("like_gmail")
@pytest.mark.parametrize("before", [timedelta(hours=1), timedelta(seconds=5)], ids=str)
def test_a_copy_that_was_there_before_tells_nothing(
    mailbox: Open,
    sink: Sink,
    sandbox: Sandbox,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    before: timedelta,
) -> None:
    """A finished message with a Message-ID of its own may have been sent before, by anybody."""
    at = datetime.fromtimestamp(clock.now()).astimezone() - before
    id = sandbox.mail.put(ME, RAW, labels=["SENT"], date=at)
    gmail = mailbox(sink.url)
    lose_one(gmail, monkeypatch, gmail.compose(raw=RAW))
    clock.time += 1200
    run(gmail)
    doubtful = before > trace.SKEW
    assert entry(gmail).state == ("unknown" if doubtful else "sent")
    assert entry(gmail).message_id == ("" if doubtful else id)
    assert sink.messages == []


@pytest.mark.usefixtures("like_gmail")
def test_the_copy_of_another_line_tells_nothing(
    mailbox: Open, sink: Sink, sandbox: Sandbox, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gmail = mailbox(sink.url)
    lost = lose_one(gmail, monkeypatch, gmail.compose(raw=RAW))
    id = sandbox.mail.put(ME, RAW, labels=["SENT"])
    gmail._connection.sends.put(
        Entry(
            key="other",
            state="sent",
            way="smtp",
            digest=lost.digest,
            to=lost.to,
            subject="Hi",
            size=lost.size,
            created=lost.created,
            updated=lost.updated,
            message_id=id,
        )
    )
    clock.time += 1200
    run(gmail)
    found = gmail._connection.sends.find("k")
    assert found
    assert (found.state, sink.messages) == ("unknown", [])


@pytest.mark.parametrize("written", [True, False], ids=["its bytes wait", "only its line"])
def test_the_rules_judge_whom_a_killed_run_wrote_down(
    mailbox: Open, sink: Sink, policy: Path, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """To Ann by its header, to Bob by its envelope; the rule came in between."""
    gmail = mailbox(sink.url)
    with monkeypatch.context() as patch:
        if written:
            kill(patch, Session, "__enter__")
        else:
            kill(patch, by_smtp, "deliver")
        with pytest.raises(Killed):
            gmail.smtp(letter(gmail, ANN), rcpt=[BOB], key="k")
    policy.write_text(NOT_BOB)
    with pytest.raises(Refused, match=BOB):
        gmail.smtp(letter(gmail, ANN), rcpt=[BOB], key="k")
    with suppress(NotFound, Refused, Conflict):
        once.finish(gmail._connection, entry(gmail))
    assert sink.lines == []


def test_other_people_under_the_key_of_a_killed_run_are_judged_and_written_down(
    mailbox: Open, sink: Sink, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy.write_text(NOT_BOB)
    gmail = mailbox(sink.url)
    with monkeypatch.context() as patch:
        kill(patch, by_smtp, "deliver")
        with pytest.raises(Killed):
            gmail.smtp(letter(gmail, ANN), rcpt=[ANN], key="k")
    with pytest.raises(Refused, match=BOB):
        gmail.smtp(letter(gmail, ANN), rcpt=[BOB], key="k")
    assert sink.lines == []
    gmail.smtp(letter(gmail, ANN), rcpt=[CAT], key="k")
    assert [each.to for each in sink.messages] == [(CAT,)]
    assert entry(gmail).to == (CAT,)


def test_the_password_of_the_environment_is_for_the_server_of_the_environment(
    mailbox: Open, sink_with: Callable[..., Sink], home: Home
) -> None:
    usual, named = sink_with(auth=("ann", "open-sesame")), sink_with(auth=("ann", "other-word"))
    Passwords(home).save(named.url, Secret("other-word"), here=True)
    gmail = mailbox(usual.url, "modify", smtp_password=Secret("open-sesame"))
    assert "that is kept" in gmail.smtp_standing(named.url).sign_in
    assert "of GMAILKIT_SMTP_PASSWORD" in gmail.smtp_standing(usual.url).sign_in
    gmail.smtp(letter(gmail), server=named.url)
    gmail.smtp(letter(gmail), server=usual.url)
    assert (len(named.messages), len(usual.messages)) == (1, 1)
    Passwords(home).forget(named.url)
    seen = len(named.lines)
    with pytest.raises(Refused, match="token"):  # that of the account needs another scope
        gmail.smtp(letter(gmail), server=named.url)
    assert len(named.lines) == seen


def test_alone_it_is_for_the_server_that_is_named_with_it(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(auth=("ann", "open-sesame"), troubles="full:1")
    gmail = mailbox(None, "modify", smtp_password=Secret("open-sesame"))
    with pytest.raises(Kept):
        gmail.smtp(letter(gmail), server=sink.url)
    seen = len(sink.lines)
    clock.time += 301
    (result,) = run(gmail)  # nobody names it now
    assert isinstance(result.error, Refused)
    assert (len(sink.lines), entry(gmail).state) == (seen, "held")
    named = mailbox(sink.url, "modify", smtp_password=Secret("open-sesame"))
    clock.time += 3601
    run(named)
    assert len(sink.messages) == 1


def test_without_its_bytes_it_is_said_once_that_nobody_knows(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gmail = mailbox(sink_with(troubles="full:1").url)
    with pytest.raises(Kept):
        gmail.smtp(letter(gmail), key="k")
    clock.time += 301
    with monkeypatch.context() as patch:
        kill(patch, attempt, "_taken")
        with pytest.raises(Killed):
            run(gmail)
    files(gmail)[0].unlink()
    (result,) = run(gmail)
    assert isinstance(result.error, Conflict)
    assert (entry(gmail).state, run(gmail)) == ("unknown", [])


@pytest.mark.parametrize("google", [True, False])
def test_another_try_that_is_killed_behind_the_dot_is_looked_up_or_unknown(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    google: bool,
) -> None:
    """The server has it and said so; the ledger was not told."""
    monkeypatch.setattr(trace, "keeps_ids", lambda *_: google)
    sink = sink_with(troubles="full:1")
    gmail = mailbox(sink.url)
    with pytest.raises(Kept):
        gmail.smtp(letter(gmail), key="k")
    clock.time += 301
    with monkeypatch.context() as patch:
        kill(patch, attempt, "_taken")
        with pytest.raises(Killed):
            run(gmail)
    assert (entry(gmail).state, len(sink.messages)) == ("sending", 1)
    (result,) = run(gmail)
    assert isinstance(result.error, TryLater if google else Conflict)
    assert (entry(gmail).state, run(gmail)) == ("unknown", [])
    gmail._connection.client.messages.insert(sink.messages[0].content, label_ids=["SENT"])
    clock.time += 1200
    assert len(run(gmail)) == google
    assert (entry(gmail).state, len(sink.messages)) == ("sent" if google else "unknown", 1)
