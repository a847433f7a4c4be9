"""What policy.toml wants approved before it leaves by SMTP: bytes and envelope wait here."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from exim import WORD, Exim
from fakes import FakeClock
from gmailkit.errors import Conflict, Kept, NotFound, Refused, TryLater, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry, SendLedger
from gmailkit.record.waiting import WaitingMail
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.sending import once
from gmailkit.transport.smtp.session import Session
from gmailkit.transport.smtp.sink import Sink
from mailroom import ME

Open = Callable[..., Gmail]
ANN, BOB, CAT = "ann@example.com", "bob@example.org", "cat@example.net"
APPROVAL = 'approval = "all"\n'
DAY = 86_400


class Killed(BaseException):
    """As of kill -9: nothing of ours runs afterwards."""


def killed(*_: object, **__: object) -> None:
    raise Killed


def letter(gmail: Gmail, *to: str, text: str = "Hello") -> Outgoing:
    return gmail.compose(to=to or (ANN,), subject="Hi", text=text)


def entry(gmail: Gmail) -> Entry:
    (found,) = gmail._connection.sends.entries()
    return found


def files(gmail: Gmail) -> list[Path]:
    return sorted((gmail._connection.state_folder / "smtp").glob("*"))


def park(gmail: Gmail, *to: str, **more: object) -> None:
    with pytest.raises(Refused, match="parked under the key k") as caught:
        gmail.smtp(letter(gmail, *to), key="k", **more)  # type: ignore[arg-type]
    assert caught.value.hint == "gmailkit outbox approve k"


@pytest.fixture
def strict(policy: Path) -> Path:
    """Everything has to be approved."""
    policy.write_text(APPROVAL)
    return policy


@pytest.mark.usefixtures("strict")
def test_what_needs_approval_waits_with_its_envelope_and_nothing_leaves(
    mailbox: Open, sink: Sink
) -> None:
    gmail = mailbox(sink.url)
    park(gmail, rcpt=[BOB], mail_from="bounces@example.com")
    assert [(each.key, each.state, each.to) for each in gmail.outbox.waiting()] == [
        ("k", "parked", (BOB,))
    ]
    (file,) = files(gmail)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(gmail._connection.client.drafts.list()) == []
    assert list(gmail.outbox.run()) == []
    assert sink.lines == []


@pytest.mark.usefixtures("strict")
def test_what_was_read_and_approved_leaves_byte_for_byte_by_the_same_server(
    mailbox: Open, sink: Sink, sink_with: Callable[..., Sink]
) -> None:
    park(mailbox(sink.url), rcpt=[BOB], mail_from="bounces@example.com")
    other = sink_with()
    gmail = mailbox(other.url)
    seen = gmail.outbox.read("k")
    assert seen.mail
    assert seen.envelope
    assert (seen.mail.subject, seen.mail.to[0].email) == ("Hi", ANN)
    assert (seen.envelope.server, seen.envelope.recipients) == (sink.url, (BOB,))
    content = files(gmail)[0].read_bytes().partition(b"\n")[2]
    result = gmail.outbox.approve("k", digest=seen.digest)
    (caught,) = sink.messages
    assert (caught.sender, caught.to, caught.content) == ("bounces@example.com", (BOB,), content)
    assert (result.error, result.entry.state, files(gmail)) == (None, "sent", [])
    assert other.lines == []
    with pytest.raises(Conflict, match="has left"):
        gmail.outbox.approve("k")


@pytest.mark.usefixtures("strict")
def test_nothing_but_what_was_read_is_approved(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url)
    park(gmail)
    with pytest.raises(Conflict, match="nothing was approved"):
        gmail.outbox.approve("k", digest="0" * 64)
    assert (entry(gmail).state, sink.lines) == ("parked", [])


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("how", ["deny", "cancel"])
def test_what_is_taken_back_leaves_nothing_behind(mailbox: Open, sink: Sink, how: str) -> None:
    gmail = mailbox(sink.url)
    park(gmail)
    assert getattr(gmail.outbox, how)("k").state == "cancelled"
    assert files(gmail) == []
    with pytest.raises(Conflict, match="is cancelled already"):
        gmail.smtp(letter(gmail), key="k")
    assert sink.lines == []


@pytest.mark.parametrize("door", ["the same key", "release", "finish"])
def test_no_other_door_lets_it_leave_even_once_the_rule_is_gone(
    mailbox: Open, sink: Sink, strict: Path, door: str
) -> None:
    gmail = mailbox(sink.url)
    park(gmail)
    strict.write_text("")
    if door == "release":
        assert isinstance(gmail.outbox.release("k").error, Refused)
    else:
        with pytest.raises(Refused, match="waits for approval"):
            if door == "finish":
                once.finish(gmail._connection, entry(gmail))
            else:
                gmail.smtp(letter(gmail, text="other words"), key="k")
    assert (entry(gmail).state, sink.lines) == ("parked", [])


@pytest.mark.usefixtures("strict")
def test_it_waits_as_long_as_it_takes_and_four_days_of_tries_begin_with_the_approval(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(troubles="full:1")
    gmail = mailbox(sink.url)
    park(gmail)
    clock.time += 30 * DAY
    assert list(gmail.outbox.run()) == []
    result = gmail.outbox.approve("k")
    assert isinstance(result.error, TryLater)
    assert result.entry.state == "held"
    clock.time += 301
    assert [each.entry.state for each in gmail.outbox.run()] == ["sent"]
    assert len(sink.messages) == 1


@pytest.mark.usefixtures("strict")
def test_without_the_password_what_was_approved_waits_on(
    mailbox: Open, sink_with: Callable[..., Sink], clock: FakeClock
) -> None:
    sink = sink_with(auth=("ann", "open-sesame"))
    gmail = mailbox(sink.url, "modify")
    park(gmail)
    assert gmail.outbox.approve("k").error
    assert (entry(gmail).state, len(files(gmail)), sink.lines) == ("held", 1, [])
    wrong = mailbox(sink.url, "modify", smtp_password=Secret("open-says-me"))
    clock.time += 3601
    assert [each.entry.state for each in wrong.outbox.run()] == ["held"]
    right = mailbox(sink.url, "modify", smtp_password=Secret("open-sesame"))
    clock.time += 3601
    assert [each.entry.state for each in right.outbox.run()] == ["sent"]
    assert len(sink.messages) == 1


@pytest.mark.parametrize("before", ["killed", "held"])
def test_a_rule_that_comes_later_parks_what_is_on_its_way(
    mailbox: Open,
    sink_with: Callable[..., Sink],
    policy: Path,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
) -> None:
    sink = sink_with(troubles="full:1" if before == "held" else "")
    gmail = mailbox(sink.url)
    with monkeypatch.context() as patch:
        if before == "killed":
            patch.setattr(Session, "__enter__", killed)
        with pytest.raises(Killed if before == "killed" else Kept):
            gmail.smtp(letter(gmail), key="k")
    policy.write_text(APPROVAL)
    clock.time += 301
    with pytest.raises(Refused, match="parked under the key k"):
        once.finish(gmail._connection, entry(gmail))
    assert (entry(gmail).state, sink.messages) == ("parked", [])
    assert gmail.outbox.approve("k").entry.state == "sent"
    assert len(sink.messages) == 1


@pytest.mark.usefixtures("strict")
def test_recipients_that_somebody_puts_in_afterwards_are_not_approved(
    mailbox: Open, sink: Sink
) -> None:
    gmail = mailbox(sink.url)
    park(gmail)
    (file,) = files(gmail)
    head, _, content = file.read_bytes().partition(b"\n")
    facts = json.loads(head) | {"recipients": [CAT]}
    file.write_bytes(json.dumps(facts).encode() + b"\n" + content)
    result = gmail.outbox.approve("k")
    assert isinstance(result.error, Refused)
    assert (result.entry.state, sink.lines) == ("parked", [])


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(
    "other", [{"server": "smtp://127.0.0.1:1"}, {"sender": BOB}], ids=["server", "sender"]
)
def test_another_way_than_that_which_was_read_is_not_approved(
    mailbox: Open, sink: Sink, other: dict[str, str]
) -> None:
    gmail = mailbox(sink.url)
    park(gmail)
    seen = gmail.outbox.read("k")
    (file,) = files(gmail)
    head, _, content = file.read_bytes().partition(b"\n")
    file.write_bytes(json.dumps(json.loads(head) | other).encode() + b"\n" + content)
    with pytest.raises(Conflict, match="nothing was approved"):
        gmail.outbox.approve("k", digest=seen.digest)
    assert (entry(gmail).state, sink.lines) == ("parked", [])


@pytest.mark.parametrize("where", [(SendLedger, "put"), (WaitingMail, "put")], ids=["line", "file"])
def test_killed_while_it_is_parked(
    mailbox: Open,
    sink: Sink,
    strict: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: tuple[type, str],
) -> None:
    """Behind the line nothing of it waits yet; behind the file all does."""
    gmail = mailbox(sink.url)
    kind, name = where
    real = getattr(kind, name)

    def write_and_die(*given: object) -> None:
        real(*given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(kind, name, write_and_die)
        with pytest.raises(Killed):
            gmail.smtp(letter(gmail), key="k")
    with pytest.raises(Conflict, match="not wholly written down"):
        gmail.outbox.approve("k")
    strict.write_text("")
    assert list(gmail.outbox.run()) == []
    assert entry(gmail).state == ("failed" if kind is SendLedger else "parked")
    assert sink.lines == []
    if kind is WaitingMail:
        gmail.outbox.approve("k")
    else:
        gmail.smtp(letter(gmail), key="k")
    assert len(sink.messages) == 1


@pytest.mark.usefixtures("strict")
def test_without_a_server_nothing_is_parked(mailbox: Open) -> None:
    gmail = mailbox(None)
    with pytest.raises(UsageError, match="no SMTP server"):
        gmail.send(letter(gmail), way="smtp", key="k")
    assert list(gmail.outbox.waiting()) == []


@pytest.mark.usefixtures("strict")
def test_what_another_sends_while_it_is_read_does_not_count_as_lost(
    mailbox: Open, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look into the ledger and that for its bytes."""
    gmail, other = mailbox(sink.url), mailbox(sink.url)
    park(gmail)
    real, begun = WaitingMail.get, threading.Event()
    approving = threading.Thread(target=other.outbox.approve, args=("k",))

    def get(mail: WaitingMail, key: str) -> object:
        if threading.current_thread() is threading.main_thread() and not begun.is_set():
            begun.set()
            approving.start()
            approving.join(0.5)
        return real(mail, key)

    with monkeypatch.context() as patch:
        patch.setattr(WaitingMail, "get", get)
        gmail.outbox.read("k")
        approving.join()
    assert (entry(gmail).state, len(sink.messages)) == ("sent", 1)


@pytest.mark.usefixtures("strict")
def test_bytes_that_are_gone_are_said_to_be(mailbox: Open, sink: Sink) -> None:
    gmail = mailbox(sink.url)
    park(gmail)
    files(gmail)[0].unlink()
    with pytest.raises(NotFound, match="nothing of it left"):
        gmail.outbox.approve("k")
    assert (entry(gmail).state, sink.lines) == ("failed", [])


@pytest.mark.usefixtures("strict", "trusted")
def test_a_real_server_gets_what_was_approved(mailbox: Open, exim: Exim) -> None:
    gmail = mailbox(exim.url, smtp_password=Secret(WORD))
    park(gmail, "parked@example.com")
    assert gmail.outbox.approve("k").error is None
    (found,) = exim.delivered("parked")
    assert b"Hello" in found


@pytest.mark.usefixtures("strict")
def test_by_the_draft_it_is_still_parked_as_a_draft(
    mailbox: Open, sink: Sink, sandbox: Sandbox
) -> None:
    gmail = mailbox(sink.url)
    with pytest.raises(Refused, match="parked under the key k"):
        gmail.send(letter(gmail), key="k")
    assert len(list(gmail._connection.client.drafts.list())) == 1
    assert gmail.outbox.approve("k").entry.state == "sent"
    assert sandbox.sent(ME)[-1].subject == "Hi"
    assert sink.lines == []
