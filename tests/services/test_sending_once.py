"""One message for each key, whatever answer is lost and wherever a run stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any, Literal

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    Conflict,
    DailyLimit,
    GmailKitError,
    Refused,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.record.ledger import Entry
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.sending import once
from gmailkit.services.sending.guard.gate import Verdict
from gmailkit.services.sending.ways import look
from gmailkit.wire.bearer import Bearer
from mailroom import ME, letter

ANN = "ann@example.com"
LETTER: dict[str, Any] = {"to": ANN, "subject": "Once", "text": "and only once"}
LOST = ("drop-before", "drop-after", "reset-after", "truncate", "503", "late-503", "html-502")


@pytest.fixture
def compose_only(
    sandbox: Sandbox, settings_for: Callable[..., Settings]
) -> Iterator[Callable[[str], Gmail]]:
    """A mailbox by a token of one scope."""
    opened: list[Gmail] = []

    def make(scope: str) -> Gmail:
        token = Secret(sandbox.issue_token(ME, [scope, "email"]))
        settings = replace(settings_for(), access_token=token)
        opened.append(Gmail(settings=settings, clock=ImpatientClock()))
        return opened[-1]

    yield make
    for gmail in opened:
        gmail.close()


def received(sandbox: Sandbox) -> int:
    return len(sandbox.mail.ids(ANN))


def sent_copies(sandbox: Sandbox) -> int:
    return sum("SENT" in sandbox.mail.labels_of(ME, id) for id in sandbox.mail.ids(ME))


def drafts(gmail: Gmail) -> int:
    return len(list(gmail.drafts.list()))


def exactly_once(sandbox: Sandbox, gmail: Gmail, number: int = 1) -> None:
    assert (received(sandbox), sent_copies(sandbox), drafts(gmail)) == (number, number, 0)


def entry_of(gmail: Gmail, key: str) -> Entry:
    return next(each for each in gmail.sent() if each.key == key)


class Killed(BaseException):
    """What a kill is to a run: nothing after it happens."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """End the run before, or after, the `number`-th request of a method."""
    real = Bearer.send

    def arm(method: str, *, after: bool, number: int = 1) -> None:
        left = [number]

        def send(self: Bearer, request: Any) -> Any:
            if request.method.name == method:
                left[0] -= 1
            hit = request.method.name == method and left[0] == 0
            if hit and not after:
                raise Killed
            answer = real(self, request)
            if hit:
                raise Killed
            return answer

        monkeypatch.setattr(Bearer, "send", send)

    return arm


def test_it_leaves_through_a_draft_and_the_ledger_has_it(sandbox: Sandbox, gmail: Gmail) -> None:
    sent = gmail.send(**LETTER, key="one")
    exactly_once(sandbox, gmail)
    assert (sent.key, sent.way, sent.again, sent.remarks) == ("one", "draft", False, ())
    entry = entry_of(gmail, "one")
    assert (entry.state, entry.message_id, entry.thread_id) == ("sent", sent.id, sent.thread_id)
    assert (entry.to, entry.subject, entry.error) == ((ANN,), "Once", "")
    assert [path.rpartition("/")[2] for verb, path in sandbox.requests if verb == "POST"] == [
        "drafts",
        "send",
    ]


def test_the_same_key_again_sends_nothing(sandbox: Sandbox, gmail: Gmail) -> None:
    first = gmail.send(**LETTER, key="one")
    asked = len(sandbox.requests)
    again = gmail.send(**LETTER, key="one")
    assert (again.id, again.again, again.remarks) == (first.id, True, ())
    assert len(sandbox.requests) == asked
    other = gmail.send(to=ANN, subject="Other words", key="one")
    assert (other.id, other.remarks) == (first.id, (once.OTHER_WORDS,))
    exactly_once(sandbox, gmail)


def test_without_a_key_each_is_a_message(sandbox: Sandbox, gmail: Gmail) -> None:
    keys = {gmail.send(**LETTER).key for _ in range(2)}
    assert len(keys) == 2
    exactly_once(sandbox, gmail, 2)


@pytest.mark.parametrize("key", ["", " ", "a\nb", "x" * 201])
def test_a_bad_key_is_refused(gmail: Gmail, key: str) -> None:
    with pytest.raises(UsageError, match="no key"):
        gmail.send(**LETTER, key=key)


@pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_is_looked_into_at_once(
    sandbox: Sandbox, gmail: Gmail, method: str, fault: str
) -> None:
    sandbox.faults.next(fault, method=method)
    sent = gmail.send(**LETTER)
    exactly_once(sandbox, gmail)
    assert entry_of(gmail, sent.key).message_id == sent.id != ""
    assert sandbox.mail.labels_of(ME, sent.id) >= {"SENT"}


@pytest.mark.parametrize("again", ["key", "finish"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
def test_a_killed_run_is_brought_to_an_end(
    sandbox: Sandbox,
    gmail: Gmail,
    kill_at: Callable[..., None],
    method: str,
    after: bool,
    again: str,
) -> None:
    kill_at(method, after=after)
    with pytest.raises(Killed):
        gmail.send(**LETTER, key="one")
    if again == "key":
        gmail.send(**LETTER, key="one")
        exactly_once(sandbox, gmail)
        return
    (left,) = gmail.unfinished()
    ended = gmail.finish(left)
    never = (method, after) == ("drafts.create", False)
    assert ended.state == ("failed" if never else "sent")
    exactly_once(sandbox, gmail, 0 if never else 1)
    gmail.send(**LETTER, key="one")
    exactly_once(sandbox, gmail)


def test_a_draft_of_somebody_else_is_left_alone(
    sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None]
) -> None:
    gmail.drafts.create(gmail.compose(to=ANN, subject="Mine", text="by hand").raw)
    kill_at("drafts.create", after=False)
    with pytest.raises(Killed):
        gmail.send(**LETTER, key="one")
    gmail.send(**LETTER, key="one")
    assert (received(sandbox), drafts(gmail)) == (1, 1)


def test_two_lines_with_the_same_words_share_no_draft(
    sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None]
) -> None:
    for key in ("one", "two"):
        kill_at("drafts.create", after=True)
        with pytest.raises(Killed):
            gmail.send(**LETTER, key=key)
    for key in ("two", "one"):
        gmail.send(**LETTER, key=key)
    exactly_once(sandbox, gmail, 2)


def test_the_draft_of_another_line_is_not_taken(
    sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None]
) -> None:
    once.keep(gmail._connection, gmail.compose(**LETTER), state="held", key="held")
    kill_at("drafts.create", after=False)
    with pytest.raises(Killed):
        gmail.send(**LETTER, key="one")
    gmail.send(**LETTER, key="one")
    assert (received(sandbox), drafts(gmail)) == (1, 1)
    assert entry_of(gmail, "held").state == "held"


def test_the_same_key_at_once_is_one_message(
    sandbox: Sandbox, settings_for: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, together = Bearer.send, Barrier(2)

    def send(self: Bearer, request: Any) -> Any:
        if request.method.name == "drafts.create":
            with suppress(BrokenBarrierError):  # the other one never comes: it waits for the key
                together.wait(0.5)
        return real(self, request)

    def work(_: int) -> str:
        with Gmail(settings=settings_for()) as gmail:
            return gmail.send(**LETTER, key="one").id

    monkeypatch.setattr(Bearer, "send", send)
    with ThreadPoolExecutor(2) as pool:
        ids = set(pool.map(work, range(2)))
    assert len(ids) == 1
    assert received(sandbox) == 1


class Ahead(ImpatientClock):
    """Of the world by `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return super().now() + self.seconds


@pytest.mark.parametrize("years", [-10, 10])
@pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
def test_a_clock_that_jumped_does_not_matter(
    sandbox: Sandbox,
    settings_for: Callable[..., Settings],
    gmail: Gmail,
    kill_at: Callable[..., None],
    years: int,
    method: str,
) -> None:
    with Gmail(settings=settings_for(), clock=Ahead(years * 365 * 86_400)) as jumped:
        kill_at(method, after=True)
        with pytest.raises(Killed):
            jumped.send(**LETTER, key="one")
    for number in range(look.SURELY + 5):
        gmail.drafts.create(gmail.compose(to=ANN, subject=f"Later {number}", text="x").raw)
    gmail.send(**LETTER, key="one")
    assert (received(sandbox), drafts(gmail)) == (1, look.SURELY + 5)


def test_under_many_newer_ones_it_is_found_in_its_thread(
    sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None]
) -> None:
    kill_at("drafts.send", after=True)
    with pytest.raises(Killed):
        gmail.send(**LETTER, key="one")
    for number in range(look.SURELY + 5):
        sandbox.mail.put(ME, letter(f"Newer {number}"), labels=("SENT",))
    gmail.send(**LETTER, key="one")
    assert received(sandbox) == 1


def test_words_corrected_after_a_refusal_go_under_the_same_key(
    sandbox: Sandbox, gmail: Gmail
) -> None:
    sandbox.faults.next(400, message="Invalid To header", method="drafts.send")
    with pytest.raises(UsageError) as caught:
        gmail.send(**LETTER, key="one")
    assert caught.value.key == "one"
    assert entry_of(gmail, "one").state == "failed"
    exactly_once(sandbox, gmail, 0)
    gmail.send(**LETTER | {"subject": "Better"}, key="one")
    exactly_once(sandbox, gmail)
    assert entry_of(gmail, "one").subject == "Better"


@pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
def test_what_is_refused_for_the_moment_goes_on_under_its_key(
    sandbox: Sandbox, gmail: Gmail, method: str
) -> None:
    sandbox.faults.next("429-dailyLimit", method=method)
    with pytest.raises(DailyLimit) as caught:
        gmail.send(**LETTER, key="one")
    assert caught.value.retryable
    assert entry_of(gmail, "one").state == ("new" if method == "drafts.create" else "drafted")
    gmail.reset_quota()
    gmail.send(**LETTER, key="one")
    exactly_once(sandbox, gmail)


@pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
def test_without_a_key_nothing_remains_of_what_did_not_leave(
    sandbox: Sandbox, gmail: Gmail, method: str
) -> None:
    """Whoever gets the error sends it again, under another key."""
    sandbox.faults.next("429-dailyLimit", method=method)
    with pytest.raises(DailyLimit):
        gmail.send(**LETTER)
    assert list(gmail.unfinished()) == []
    exactly_once(sandbox, gmail, 0)


def test_a_lasting_fault_leaves_it_to_be_finished(sandbox: Sandbox, gmail: Gmail) -> None:
    sandbox.faults.next("drop-after", method="drafts.send", times=1)
    sandbox.faults.next("503", method="drafts.get", times=100)
    with pytest.raises(GmailKitError) as caught:
        gmail.send(**LETTER)
    assert caught.value.maybe_done
    assert "gmailkit sent --finish" in caught.value.hint
    sandbox.faults.clear()
    (left,) = gmail.unfinished()
    assert gmail.finish(left).state == "sent"
    exactly_once(sandbox, gmail)


def test_a_draft_deleted_by_hand_does_not_leave(
    sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None]
) -> None:
    kill_at("drafts.send", after=False)
    with pytest.raises(Killed):
        gmail.send(**LETTER, key="one")
    gmail.drafts.delete(entry_of(gmail, "one").draft_id)
    with pytest.raises(Conflict, match="Nobody can tell"):
        gmail.send(**LETTER, key="one")
    assert received(sandbox) == 0
    gmail.settle("one", "failed")
    gmail.send(**LETTER, key="one")
    exactly_once(sandbox, gmail)


def test_an_older_message_of_the_same_words_in_its_thread_proves_nothing(
    sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None]
) -> None:
    """Somebody answered in the same words long before, from another program."""
    asked = sandbox.mail.put(ME, letter("Lunch"))
    reply = gmail.compose_reply(asked, "Thanks")
    assert reply.thread_id
    old = datetime.now(UTC) - timedelta(days=1)
    sandbox.mail.put(ME, reply.raw, labels=("SENT",), date=old, thread=reply.thread_id)
    kill_at("drafts.send", after=False)
    with pytest.raises(Killed):
        gmail.send(reply, key="one")
    gmail.drafts.delete(entry_of(gmail, "one").draft_id)
    with pytest.raises(Conflict, match="Nobody can tell"):
        gmail.send(reply, key="one")
    assert entry_of(gmail, "one").state == "unknown"


class TestFast:
    def test_one_call(self, sandbox: Sandbox, gmail: Gmail) -> None:
        assert gmail.send(**LETTER, key="one", way="fast").way == "fast"
        assert gmail.send(**LETTER, key="one", way="fast").again
        exactly_once(sandbox, gmail)

    def test_a_lost_answer_is_found_in_sent(self, sandbox: Sandbox, gmail: Gmail) -> None:
        sandbox.faults.next("drop-after", method="messages.send")
        sent = gmail.send(**LETTER, way="fast")
        assert sandbox.mail.labels_of(ME, sent.id) >= {"SENT"}
        exactly_once(sandbox, gmail)

    def test_what_is_not_found_is_never_repeated(self, sandbox: Sandbox, gmail: Gmail) -> None:
        sandbox.faults.next("drop-before", method="messages.send")
        with pytest.raises(GmailKitError) as caught:
            gmail.send(**LETTER, key="one", way="fast")
        assert caught.value.maybe_done
        assert entry_of(gmail, "one").state == "unknown"
        with pytest.raises(Conflict, match="Nobody can tell") as settled:
            gmail.send(**LETTER, key="one")
        assert "--settle one" in settled.value.hint
        assert received(sandbox) == 0

    def test_an_older_message_like_it_proves_nothing(self, sandbox: Sandbox, gmail: Gmail) -> None:
        old = datetime.now(UTC) - timedelta(hours=1)
        sandbox.mail.put(ME, gmail.compose(**LETTER).raw, labels=("SENT",), date=old)
        sandbox.faults.next("drop-before", method="messages.send")
        with pytest.raises(GmailKitError):
            gmail.send(**LETTER, key="one", way="fast")
        assert entry_of(gmail, "one").state == "unknown"

    def test_the_message_of_another_line_proves_nothing(
        self, sandbox: Sandbox, gmail: Gmail
    ) -> None:
        gmail.send(**LETTER, key="one", way="fast")
        sandbox.faults.next("drop-before", method="messages.send")
        with pytest.raises(GmailKitError):
            gmail.send(**LETTER, key="two", way="fast")
        assert entry_of(gmail, "two").state == "unknown"

    def test_a_token_that_may_only_send_is_told(
        self, sandbox: Sandbox, compose_only: Callable[[str], Gmail]
    ) -> None:
        gmail = compose_only("gmail.send")
        assert gmail.send(**LETTER).remarks == (once.NO_DRAFTS,)
        sandbox.faults.next("drop-after", method="messages.send")
        with pytest.raises(GmailKitError) as caught:
            gmail.send(**LETTER, key="one")
        assert caught.value.maybe_done
        with pytest.raises(Conflict):
            gmail.send(**LETTER, key="one")
        assert received(sandbox) == 2
        with pytest.raises(Refused):
            gmail.send(**LETTER, way="draft")

    def test_a_token_that_nobody_can_look_up_is_tried(
        self, sandbox: Sandbox, compose_only: Callable[[str], Gmail]
    ) -> None:
        sandbox.faults.next("503", method="tokeninfo", times=20)
        sent = compose_only("gmail.send").send(**LETTER)
        assert (sent.way, sent.remarks) == ("fast", (once.NO_DRAFTS,))
        assert received(sandbox) == 1


class TestComposeOnly:
    """Drafts it may have, mail it may not read."""

    @pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
    @pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
    def test_a_lost_answer_is_settled_by_the_draft(
        self,
        sandbox: Sandbox,
        gmail: Gmail,
        compose_only: Callable[[str], Gmail],
        method: str,
        fault: str,
    ) -> None:
        sandbox.faults.next(fault, method=method)
        sent = compose_only("gmail.compose").send(**LETTER)
        exactly_once(sandbox, gmail)
        lost = (method, fault) == ("drafts.send", "drop-after")
        assert (sent.id == "") is lost
        assert (once.NOT_LOOKED_UP in sent.remarks) is lost

    def test_a_draft_that_is_gone_after_a_crash_proves_nothing(
        self, compose_only: Callable[[str], Gmail], kill_at: Callable[..., None]
    ) -> None:
        gmail = compose_only("gmail.compose")
        kill_at("drafts.send", after=True)
        with pytest.raises(Killed):
            gmail.send(**LETTER, key="one")
        with pytest.raises(Conflict, match="Nobody can tell"):
            gmail.send(**LETTER, key="one")


class TestKept:
    def test_a_held_one_waits_and_leaves_once(self, sandbox: Sandbox, gmail: Gmail) -> None:
        connection = gmail._connection
        message = gmail.compose(**LETTER)
        entry = once.keep(connection, message, state="held", key="one")
        assert once.keep(connection, message, state="held", key="one") == entry
        assert (received(sandbox), drafts(gmail)) == (0, 1)
        with pytest.raises(Conflict, match="waits for its time"):
            gmail.send(**LETTER, key="one")
        assert once.finish(connection, entry).id
        assert once.finish(connection, entry).again
        exactly_once(sandbox, gmail)
        with pytest.raises(Conflict, match="has left"):
            once.keep(connection, message, state="held", key="one")

    @pytest.mark.parametrize("after", [False, True])
    def test_a_crash_does_not_let_it_leave(
        self, sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None], after: bool
    ) -> None:
        connection, message = gmail._connection, gmail.compose(**LETTER)
        kill_at("drafts.create", after=after)
        with pytest.raises(Killed):
            once.keep(connection, message, state="parked", key="one", error="rule 7")
        (left,) = gmail.unfinished()
        assert gmail.finish(left).state == ("parked" if after else "failed")
        kept = once.keep(connection, message, state="parked", key="one", error="rule 7")
        assert (kept.state, kept.error) == ("parked", "rule 7")
        assert (received(sandbox), drafts(gmail)) == (0, 1)

    def test_what_policy_parks_says_how_to_approve_it(
        self, sandbox: Sandbox, gmail: Gmail, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        verdict = Verdict(park=True, rule="approval in policy.toml")
        monkeypatch.setattr(once, "judge", lambda connection, message: verdict)
        for _ in range(2):
            with pytest.raises(Refused, match="waits for approval") as caught:
                gmail.send(**LETTER, key="one")
            assert caught.value.hint == "gmailkit outbox approve one"
            assert (received(sandbox), drafts(gmail)) == (0, 1)

    @pytest.mark.parametrize("state", ["held", "parked"])
    def test_one_that_is_refused_for_the_moment_waits_on(
        self, sandbox: Sandbox, gmail: Gmail, state: Literal["held", "parked"]
    ) -> None:
        connection = gmail._connection
        entry = once.keep(connection, gmail.compose(**LETTER), state=state, key="one")
        sandbox.faults.next("429-dailyLimit", method="drafts.send")
        with pytest.raises(DailyLimit):
            once.finish(connection, entry)
        assert entry_of(gmail, "one").state == state
        assert drafts(gmail) == 1

    def test_one_that_is_refused_for_good_is_still_a_draft(
        self, sandbox: Sandbox, gmail: Gmail
    ) -> None:
        connection = gmail._connection
        entry = once.keep(connection, gmail.compose(**LETTER), state="held", key="one")
        sandbox.faults.next(400, message="Invalid To header", method="drafts.send")
        with pytest.raises(UsageError):
            once.finish(connection, entry)
        assert entry_of(gmail, "one").state == "failed"
        assert drafts(gmail) == 1

    def test_a_crash_while_one_leaves_is_ended_like_any_other(
        self, sandbox: Sandbox, gmail: Gmail, kill_at: Callable[..., None]
    ) -> None:
        connection = gmail._connection
        entry = once.keep(connection, gmail.compose(**LETTER), state="held", key="one")
        kill_at("drafts.send", after=True)
        with pytest.raises(Killed):
            once.finish(connection, entry)
        (left,) = gmail.unfinished()
        assert gmail.finish(left).state == "sent"
        exactly_once(sandbox, gmail)

    def test_a_draft_sent_by_hand_is_seen(self, sandbox: Sandbox, gmail: Gmail) -> None:
        connection = gmail._connection
        entry = once.keep(connection, gmail.compose(**LETTER), state="held", key="one")
        by_hand = gmail.drafts.send(entry.draft_id)
        assert once.finish(connection, entry).id == by_hand.id
        exactly_once(sandbox, gmail)


def test_a_ledger_that_fails_after_the_send_says_that_it_left(
    sandbox: Sandbox, gmail: Gmail, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gmailkit.record.ledger import SendLedger

    real = SendLedger.change

    def change(self: SendLedger, key: str, **fields: Any) -> Entry:
        if fields.get("state") == "sent":
            raise CannotWrite("full", path=ME)  # type: ignore[arg-type]
        return real(self, key, **fields)

    monkeypatch.setattr(SendLedger, "change", change)
    with pytest.raises(CannotWrite, match="The message left") as caught:
        gmail.send(**LETTER)
    assert "Do not send it again" in caught.value.hint
    monkeypatch.undo()
    (left,) = gmail.unfinished()
    assert gmail.finish(left).state == "sent"
    exactly_once(sandbox, gmail)
