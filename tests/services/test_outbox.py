"""Mail that leaves later: held in Gmail's drafts, sent once, late when nobody looked."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from gmailkit.compose.when import said
from gmailkit.config import Settings
from gmailkit.errors import Conflict, GmailKitError, NotFound, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.paths import Home
from gmailkit.record.ledger import SendLedger
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending.once import OTHER_WORDS
from gmailkit.services.sending.outbox import BY_HAND, DELETED, EDITED, Result
from gmailkit.wire.base64url import decode

ANN = "ann@example.com"
START = datetime(2026, 11, 29, 18, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The date is the test's; waiting moves it, and takes no time."""

    time: float = START.timestamp()
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def move(self, **ahead: float) -> None:
        self.time += timedelta(**ahead).total_seconds()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gmail(settings_for: Callable[..., Settings], clock: Clock) -> Iterator[Gmail]:
    with Gmail(settings=settings_for(), clock=clock) as signed_in:
        yield signed_in


@pytest.fixture
def policy(home: Home) -> Callable[[str], None]:
    def write(text: str) -> None:
        home.config.mkdir(parents=True, exist_ok=True)
        (home.config / "policy.toml").write_text(text)

    return write


def keep(gmail: Gmail, subject: str = "Hi", **words: object) -> str:
    words = {"hold": "1h", **words} if "at" not in words else words
    return gmail.send_later(to=ANN, subject=subject, text="x", **words).key  # type: ignore[arg-type]


def run(gmail: Gmail) -> list[Result]:
    return list(gmail.outbox.run())


def arrived(sandbox: Sandbox) -> list[str]:
    return [str(sandbox.mail.raw(ANN, id)) for id in sandbox.mail.ids(ANN)]


def drafts(gmail: Gmail) -> list[str]:
    return [draft.id for draft in gmail.drafts.list()]


def first_of_thread() -> bytes:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = ANN, "Plan"
    mail.set_content("first")
    return mail.as_bytes()


def edited(subject: str = "Edited") -> bytes:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = "bob@example.com", subject
    mail.set_content("other words")
    return mail.as_bytes()


@pytest.fixture
def ahead(sandbox: Sandbox, clock: Clock) -> Callable[..., datetime]:
    """Gmail's clock so much later than at first, and ours so much ahead of it."""
    began = datetime.now(UTC).replace(microsecond=0)

    def move(later: timedelta = timedelta(), by: timedelta = timedelta(minutes=10)) -> datetime:
        sandbox.clock.set((began + later).timestamp())
        clock.time = (began + later + by).timestamp()
        return began

    return move


def test_a_time_that_was_named_has_not_come_while_our_clock_runs_ahead_of_gmails(
    gmail: Gmail, sandbox: Sandbox, ahead: Callable[..., datetime], caplog: pytest.LogCaptureFixture
) -> None:
    due = ahead() + timedelta(minutes=30)
    key = keep(gmail, at=f"{due:%Y-%m-%d %H:%M:%S} UTC")
    assert "The clock of this machine is 10 minutes ahead of Gmail's" in caplog.text
    now = ahead(timedelta(minutes=25)) + timedelta(minutes=35)
    (waits,) = run(gmail)
    assert (waits.entry.state, waits.sent, waits.error) == ("held", None, None)
    assert "10 minutes ahead of Gmail's: set it (gmailkit doctor" in waits.remark
    assert [each.waits for each in gmail.outbox.run(until=now + timedelta(minutes=2))] == [True]
    assert arrived(sandbox) == []
    ahead(timedelta(minutes=30))
    (left,) = run(gmail)
    assert (left.entry.key, left.entry.state, left.remark) == (key, "sent", "")
    assert len(arrived(sandbox)) == 1


def test_a_clock_that_was_set_meanwhile_lets_it_leave_at_its_time(
    gmail: Gmail, ahead: Callable[..., datetime]
) -> None:
    due = ahead() + timedelta(minutes=30)
    keep(gmail, at=due)
    ahead(timedelta(minutes=30), by=timedelta())
    assert [each.entry.state for each in run(gmail)] == ["sent"]


@pytest.mark.parametrize("steps", [3, 4])  # before it is "held", and after that
def test_a_run_that_was_killed_while_it_kept_it_has_said_that_its_time_was_named(
    gmail: Gmail,
    sandbox: Sandbox,
    ahead: Callable[..., datetime],
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
) -> None:
    due = ahead(by=timedelta(hours=2)) + timedelta(hours=2, minutes=30)
    writes = iter(range(1, steps))  # of the ledger
    with monkeypatch.context() as patch:
        for name in ("put", "change"):
            patch.setattr(SendLedger, name, dying(getattr(SendLedger, name), writes))
        with contextlib.suppress(Killed):
            keep(gmail, at=due, key="k")
    ahead(timedelta(minutes=50), by=timedelta(hours=2))
    assert [(each.entry.state, each.sent) for each in run(gmail)] == [("held", None)]
    assert arrived(sandbox) == []


class Killed(Exception):
    pass


def dying(write: Callable[..., Any], writes: Iterator[int]) -> Callable[..., Any]:
    """The write, as long as there are `writes`; the one after them is not made."""

    def once(*args: Any, **fields: Any) -> Any:
        if next(writes, None) is None:
            raise Killed
        return write(*args, **fields)

    return once


@pytest.mark.parametrize("words", [{"hold": "20m"}, {"at": "in 20 minutes"}])
def test_so_long_from_now_is_so_long_by_our_clock_however_wrong_it_is(
    gmail: Gmail,
    ahead: Callable[..., datetime],
    words: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ahead()
    keep(gmail, **words)
    ahead(timedelta(minutes=20))
    (left,) = run(gmail)
    assert (left.entry.state, left.remark, caplog.text) == ("sent", "", "")


def test_it_waits_as_a_draft_and_leaves_once_when_it_is_due(
    gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    entry = gmail.send_later(to=ANN, subject="Hi", text="x", hold="2h")
    assert (entry.state, entry.due) == ("held", START + timedelta(hours=2))
    assert len(drafts(gmail)) == 1
    clock.move(hours=1, minutes=59)
    assert run(gmail) == []
    clock.move(minutes=1)
    (result,) = run(gmail)
    assert (result.sent is not None, result.entry.state, result.remark) == (True, "sent", "")
    assert run(gmail) == []
    assert (len(arrived(sandbox)), drafts(gmail)) == (1, [])


def test_what_was_due_while_the_machine_was_off_leaves_late_and_is_said(
    gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    keep(gmail, "first")
    keep(gmail, "second", hold="30m")
    clock.move(days=3)
    late = run(gmail)
    assert [each.entry.subject for each in late] == ["second", "first"]
    assert all("late" in each.remark for each in late)
    assert len(arrived(sandbox)) == 2


def test_a_clock_that_jumps_back_and_forth_sends_nothing_twice(
    gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    keep(gmail)
    for hours in (0.5, -10, 9, 0.4, 0.2, -5, 8, -100, 200):
        clock.move(hours=hours)
        run(gmail)
    assert len(arrived(sandbox)) == 1


def test_a_time_is_read_in_words_or_as_a_datetime(gmail: Gmail) -> None:
    words = gmail.send_later(to=ANN, text="x", at="2026-12-24T18:00+01:00")
    moment = gmail.send_later(to=ANN, text="y", at=datetime(2026, 12, 24, 17, tzinfo=UTC))
    naive = gmail.send_later(to=ANN, text="z", at=datetime(2026, 12, 24, 17))
    assert words.due == moment.due
    assert naive.due == datetime(2026, 12, 24, 17).astimezone()


@pytest.mark.parametrize(
    "when",
    [
        {"at": "yesterday 9:00"},
        {"at": START - timedelta(seconds=1)},
        {"hold": "soon"},
        {},
        {"at": "tomorrow 9:00", "hold": "5m"},
    ],
)
def test_a_wrong_time_keeps_nothing(gmail: Gmail, when: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        gmail.send_later(to=ANN, subject="Hi", text="x", **when)  # type: ignore[arg-type]
    assert drafts(gmail) == []
    assert gmail.outbox.waiting() == ()


def test_an_hour_that_comes_twice_is_said(gmail: Gmail, caplog: pytest.LogCaptureFixture) -> None:
    gmail.send_later(to=ANN, text="x", at="2027-10-31 2:30 Europe/Berlin")
    assert "comes twice" in caplog.text


def test_what_is_cancelled_is_still_a_draft(gmail: Gmail, sandbox: Sandbox, clock: Clock) -> None:
    key = keep(gmail)
    assert gmail.outbox.cancel(key[:6]).state == "cancelled"
    clock.move(days=1)
    assert run(gmail) == []
    assert (arrived(sandbox), len(drafts(gmail))) == ([], 1)
    with pytest.raises(Conflict, match="is cancelled already"):
        gmail.outbox.cancel(key)


def test_what_has_left_cannot_be_cancelled(gmail: Gmail, clock: Clock) -> None:
    key = keep(gmail)
    clock.move(hours=1)
    run(gmail)
    with pytest.raises(Conflict, match="has left"):
        gmail.outbox.cancel(key)
    with pytest.raises(NotFound):
        gmail.outbox.cancel("nothing")


def test_what_was_changed_in_gmail_leaves_as_it_is_now(
    gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    keep(gmail)
    gmail.drafts.update(drafts(gmail)[0], edited())
    clock.move(hours=1)
    (result,) = run(gmail)
    assert result.remark == EDITED
    assert (result.entry.to, result.entry.subject) == (("bob@example.com",), "Edited")
    assert (arrived(sandbox), len(sandbox.mail.ids("bob@example.com"))) == ([], 1)


def test_a_draft_that_somebody_deleted_is_cancelled_and_said(
    gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    keep(gmail)
    gmail.drafts.delete(drafts(gmail)[0])
    clock.move(hours=1)
    (result,) = run(gmail)
    assert (result.sent, result.entry.state, result.remark) == (None, "cancelled", DELETED)
    assert run(gmail) == []
    assert arrived(sandbox) == []


@pytest.mark.parametrize("change", [False, True], ids=["as it was", "changed first"])
def test_one_that_was_sent_by_hand_is_known_as_sent(
    gmail: Gmail, sandbox: Sandbox, clock: Clock, change: bool
) -> None:
    clock.time = time.time()  # as the sandbox's
    keep(gmail)
    if change:
        gmail.drafts.update(
            drafts(gmail)[0], edited(), thread_id=gmail.outbox.waiting()[0].thread_id
        )
    by_hand = gmail.drafts.send(drafts(gmail)[0])
    clock.move(hours=1)
    (result,) = run(gmail)
    assert (result.entry.state, result.remark) == ("sent", BY_HAND)
    assert result.entry.message_id == by_hand.id
    assert run(gmail) == []


@pytest.mark.parametrize("by_hand", [False, True], ids=["deleted", "sent by hand"])
def test_a_reply_in_the_thread_of_an_older_message_is_not_taken_for_that_one(
    gmail: Gmail, sandbox: Sandbox, clock: Clock, by_hand: bool
) -> None:
    older = gmail.messages.send(first_of_thread())  # no line of the ledger has it
    clock.time = time.time()  # as the sandbox's
    entry = gmail.send_later(gmail.compose_reply(older.id, text="follow-up"), hold="1h")
    assert entry.thread_id == older.thread_id
    sent = gmail.drafts.send(drafts(gmail)[0]) if by_hand else gmail.drafts.delete(drafts(gmail)[0])
    result = gmail.outbox.release(entry.key)
    assert (result.sent, result.entry.state) == (None, "sent" if by_hand else "cancelled")
    assert result.entry.message_id == (sent.id if sent else "")
    assert len(arrived(sandbox)) == 1 + by_hand


def test_the_same_key_keeps_one_message(gmail: Gmail, caplog: pytest.LogCaptureFixture) -> None:
    first = gmail.send_later(to=ANN, text="x", hold="1h", key="k")
    again = gmail.send_later(to=ANN, text="x", hold="2h", key="k")
    assert again == first
    assert "its time stands" in caplog.text
    assert OTHER_WORDS not in caplog.text
    assert len(drafts(gmail)) == 1


def test_another_message_under_the_key_of_one_that_waits_or_left_is_said_not_to_be_kept(
    gmail: Gmail, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    first = gmail.send_later(to=ANN, text="x", hold="1h", key="k")
    assert gmail.send_later(to="bob@example.com", text="x", hold="1h", key="k") == first
    assert OTHER_WORDS in caplog.text
    caplog.clear()
    clock.move(hours=1)
    assert [each.sent is not None for each in run(gmail)] == [True]
    assert gmail.send_later(to=ANN, text="other", hold="1h", key="k").state == "sent"
    assert OTHER_WORDS in caplog.text


def test_the_same_line_again_is_answered_when_its_time_is_past(
    gmail: Gmail, clock: Clock, sandbox: Sandbox
) -> None:
    at = datetime.fromtimestamp(clock.now() + 600, UTC)
    first = gmail.send_later(to=ANN, text="x", at=at, key="k")
    clock.move(hours=1)
    assert gmail.send_later(to=ANN, text="x", at=at, key="k") == first
    assert [each.sent is not None for each in run(gmail)] == [True]
    again = gmail.send_later(to=ANN, text="x", at=at, key="k")
    assert (again.state, again.key) == ("sent", "k")
    with pytest.raises(UsageError, match="is past"):
        gmail.send_later(to=ANN, text="x", at=at, key="another")
    assert len(arrived(sandbox)) == 1


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "reset-after", "503", "late-503"])
def test_a_lost_answer_sends_nothing_twice(
    fault: str, gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    keep(gmail)
    clock.move(hours=1)
    for times in (1, 30):
        sandbox.faults.next(fault, times=times, method="drafts.send")
        with contextlib.suppress(GmailKitError):
            run(gmail)
    sandbox.faults.clear()
    run(gmail)
    assert len(arrived(sandbox)) == 1
    assert gmail.outbox.waiting() == ()


def test_without_a_server_everything_waits_on(gmail: Gmail, sandbox: Sandbox, clock: Clock) -> None:
    keep(gmail, "one")
    keep(gmail, "two")
    clock.move(hours=1)
    sandbox.faults.next(503, times=500)
    with pytest.raises(GmailKitError):
        run(gmail)
    assert [each.state for each in gmail.outbox.waiting()] == ["held", "held"]
    sandbox.faults.clear()
    assert len(run(gmail)) == 2


def test_several_at_once_send_each_message_once(
    settings_for: Callable[..., Settings], sandbox: Sandbox, clock: Clock
) -> None:
    settings = settings_for()
    with Gmail(settings=settings, clock=clock) as gmail:
        for number in range(6):
            keep(gmail, str(number))
    clock.move(hours=2)

    def work(_: int) -> int:
        with Gmail(settings=settings, clock=clock) as gmail:
            return len([each for each in gmail.outbox.run() if each.sent])

    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(work, range(5)))
    assert len(arrived(sandbox)) == 6
    assert sum(told) == 6


def test_run_until_waits_for_what_comes_due(gmail: Gmail, sandbox: Sandbox, clock: Clock) -> None:
    keep(gmail, "soon", hold="10s")
    keep(gmail, "later", hold="5m")
    keep(gmail, "too late", hold="2h")
    left = [each.entry.subject for each in gmail.outbox.run(until=START + timedelta(hours=1))]
    assert left == ["soon", "later"]
    assert max(clock.slept) <= 30
    assert len(arrived(sandbox)) == 2


def test_parked_until_somebody_approves(
    gmail: Gmail, sandbox: Sandbox, clock: Clock, policy: Callable[[str], None]
) -> None:
    policy('approval = "all"')
    with pytest.raises(Refused):
        gmail.send(to=ANN, subject="Hi", text="x")
    (entry,) = gmail.outbox.waiting()
    assert entry.state == "parked"
    assert 'approval = "all"' in entry.error
    assert run(gmail) == []
    result = gmail.outbox.approve(entry.key)
    assert (result.sent is not None, result.entry.state) == (True, "sent")
    assert len(arrived(sandbox)) == 1


def test_approved_before_it_is_due_it_leaves_when_it_is(
    gmail: Gmail, sandbox: Sandbox, clock: Clock, policy: Callable[[str], None]
) -> None:
    policy('approval = "all"')
    key = keep(gmail)
    clock.move(hours=2)
    assert run(gmail) == []  # nobody has approved it
    clock.move(hours=-2)
    assert gmail.outbox.approve(key).entry.state == "held"
    assert run(gmail) == []
    clock.move(hours=1)
    assert len(run(gmail)) == 1
    assert len(arrived(sandbox)) == 1


def test_what_is_changed_after_it_was_approved_has_to_be_approved_again(
    gmail: Gmail, sandbox: Sandbox, clock: Clock, policy: Callable[[str], None]
) -> None:
    policy('approval = "all"')
    key = keep(gmail)
    gmail.outbox.approve(key)
    gmail.drafts.update(drafts(gmail)[0], edited())
    clock.move(hours=1)
    (result,) = run(gmail)
    assert result.entry.state == "parked"
    assert isinstance(result.error, Refused)
    assert sandbox.mail.ids("bob@example.com") == []
    assert gmail.outbox.approve(key).sent
    assert len(sandbox.mail.ids("bob@example.com")) == 1


@pytest.mark.parametrize(
    "header",
    [("From", "boss@example.com"), ("Reply-To", "eve@example.net"), ("Resent-To", "e@x.org")],
)
def test_who_it_is_from_and_who_gets_the_answer_is_approved_as_well(
    gmail: Gmail,
    sandbox: Sandbox,
    clock: Clock,
    policy: Callable[[str], None],
    header: tuple[str, str],
) -> None:
    policy('approval = "all"')
    key = keep(gmail)
    draft = gmail.drafts.get(drafts(gmail)[0], format="raw")
    assert draft.message
    gmail.outbox.approve(key)
    mail = message_from_bytes(decode(draft.message.raw))
    del mail[header[0]]
    mail[header[0]] = header[1]
    gmail.drafts.update(draft.id, mail.as_bytes())
    clock.move(hours=1)
    (result,) = run(gmail)
    assert isinstance(result.error, Refused)
    assert (result.entry.state, arrived(sandbox)) == ("parked", [])


def test_denied_it_is_still_a_draft(gmail: Gmail, policy: Callable[[str], None]) -> None:
    policy('approval = "all"')
    key = keep(gmail)
    assert gmail.outbox.deny(key).error == "Denied."
    assert len(drafts(gmail)) == 1
    with pytest.raises(Conflict):
        gmail.outbox.approve(key)


def test_denied_it_is_not_parked_again_under_the_same_key(
    gmail: Gmail, policy: Callable[[str], None]
) -> None:
    policy('approval = "all"')
    with pytest.raises(Refused, match="waits for approval"):
        gmail.send(to=ANN, subject="Hi", text="x", key="k")
    gmail.outbox.deny("k")
    with pytest.raises(Conflict, match="is cancelled already"):
        gmail.send(to=ANN, subject="Hi", text="x", key="k")
    assert (gmail.outbox.find("k").state, len(drafts(gmail))) == ("cancelled", 1)


def test_what_needs_no_approval_is_neither_approved_nor_denied(gmail: Gmail) -> None:
    key = keep(gmail)
    for act in (gmail.outbox.approve, gmail.outbox.deny):
        with pytest.raises(Conflict) as caught:
            act(key)
        when = said(gmail.outbox.find(key).due)
        assert caught.value.message == (
            f"The message of {key} needs no approval: it leaves by itself {when}."
        )
        assert "gmailkit outbox run" in caught.value.hint
        assert f"gmailkit outbox cancel {key}" in caught.value.hint


def test_the_beginning_of_a_key_counts_only_what_waits(gmail: Gmail) -> None:
    for key in ("merge-1", "merge-2"):
        gmail.send(to=ANN, subject="Hi", text="x", key=key)
    with pytest.raises(NotFound, match="None that waits has a key that begins with merge; nothing"):
        gmail.outbox.cancel("merge")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('sending = "off"', "held"),
        ("[caps]\nmessages_per_day = 0", "held"),
        (f'[recipients]\ndeny = ["{ANN}"]', "parked"),
        ('approval = "all"', "parked"),
    ],
)
def test_a_rule_that_came_meanwhile_holds(
    text: str,
    state: str,
    gmail: Gmail,
    sandbox: Sandbox,
    clock: Clock,
    policy: Callable[[str], None],
) -> None:
    key = keep(gmail)
    clock.move(hours=1)
    policy(text)
    (result,) = run(gmail)
    assert isinstance(result.error, Refused)
    assert gmail.outbox.find(key).state == state
    assert arrived(sandbox) == []
    policy("")
    assert [each.sent is not None for each in run(gmail)] == [True] * (state == "held")
    if state == "parked":
        assert gmail.outbox.approve(key).sent
    assert len(arrived(sandbox)) == 1


def test_a_policy_that_cannot_be_read_stops_the_whole_outbox(
    gmail: Gmail, sandbox: Sandbox, clock: Clock, policy: Callable[[str], None]
) -> None:
    key = keep(gmail)
    clock.move(hours=1)
    policy("sendin = 3")
    with pytest.raises(UsageError, match=r"policy\.toml"):
        run(gmail)
    assert gmail.outbox.find(key).state == "held"
    assert arrived(sandbox) == []


def test_what_policy_forbids_is_not_kept(gmail: Gmail, policy: Callable[[str], None]) -> None:
    policy(f'[recipients]\ndeny = ["{ANN}"]')
    with pytest.raises(Refused, match=r"recipients\.deny"):
        keep(gmail)
    assert drafts(gmail) == []


def test_what_gmail_refuses_waits_for_a_person(
    gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    key = keep(gmail)
    broken = EmailMessage()
    broken["Subject"] = "To nobody"
    gmail.drafts.update(drafts(gmail)[0], broken.as_bytes())
    clock.move(hours=1)
    (result,) = run(gmail)
    assert result.error is not None
    assert gmail.outbox.find(key).state == "parked"
    assert run(gmail) == []
    assert len(drafts(gmail)) == 1


def test_a_part_of_a_key_must_tell_which(gmail: Gmail) -> None:
    keep(gmail, key="report-1")
    keep(gmail, key="report-2")
    with pytest.raises(UsageError, match="2 messages"):
        gmail.outbox.cancel("report")
    assert gmail.outbox.cancel("report-2").key == "report-2"


def test_a_token_that_may_keep_drafts_and_read_nothing_else_is_enough(
    settings_for: Callable[..., Settings],
    sandbox: Sandbox,
    clock: Clock,
    home: Home,
    tmp_path: Path,
) -> None:
    from gmailkit.auth.scopes import COMPOSE
    from gmailkit.secret import Secret

    token = Secret(sandbox.issue_token("me@example.com", [COMPOSE]))
    settings = Settings(home=home, access_token=token, endpoint=sandbox.url, units_per_minute=None)
    with Gmail(settings=settings, clock=clock) as gmail:
        keep(gmail, "one")
        keep(gmail, "two")
        gmail.drafts.delete(drafts(gmail)[0])
        clock.move(hours=1)
        states = sorted(each.entry.state for each in run(gmail))
    assert states == ["cancelled", "sent"]


def test_a_draft_that_a_person_sends_is_not_the_outboxs(
    gmail: Gmail, sandbox: Sandbox, clock: Clock
) -> None:
    """Refused for the moment, it waits for the person, who may send it again."""
    id = gmail.save_draft(to=ANN, subject="Hi", text="x").id
    sandbox.faults.next(429, times=100, method="drafts.send")
    with pytest.raises(GmailKitError):
        gmail.send_draft(id)
    sandbox.faults.clear()
    clock.move(days=1)
    assert gmail.outbox.waiting() == ()
    assert run(gmail) == []
    gmail.send_draft(id)
    assert len(arrived(sandbox)) == 1
