"""Google's own calls made through the library: in the journal before they are made, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from filelock import FileLock, Timeout

from fakes import FakeClock, ImpatientClock
from gmailkit.config import Settings
from gmailkit.errors import (
    CannotWrite,
    Conflict,
    GmailKitError,
    NotFound,
    Refused,
    TryLater,
    Unreachable,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.model.ids import LabelId
from gmailkit.paths import Home
from gmailkit.record.journal import Call as JournalCall
from gmailkit.record.journal import Change
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.api import all_methods
from gmailkit.services.changes.entries import WAYS
from gmailkit.services.changes.reverse import NO_WAY_BACK, Left, reverse
from gmailkit.services.changes.sure import doubts
from gmailkit.wire.base64url import encode
from gmailkit.wire.batch import Call
from writing_calls import ANN, BACK, FOR_GOOD, ME, Asking, Box, letter, numbers

ALL = ("https://mail.google.com/", "gmail.settings.basic", "gmail.settings.sharing")
STARRED, INBOX = LabelId("STARRED"), LabelId("INBOX")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    clock = FakeClock(time=datetime.now(UTC).timestamp())  # certificates are of today
    with Sandbox(sample=False, clock=clock) as sandbox:
        home = Home.at(tmp_path_factory.mktemp("home"))
        token = sandbox.issue_token(ME, ALL, delegated=True, lasting=True)
        settings = Settings(
            home=home, access_token=Secret(token), endpoint=sandbox.url, units_per_minute=None
        )
        with (
            Gmail(settings=settings, clock=ImpatientClock()) as gmail,
            Gmail(settings=settings, clock=ImpatientClock(), google_calls="bare") as other,
        ):
            yield Box(sandbox, clock, gmail, other)


def asked_of(box: Box, method: str, asking: Asking) -> tuple[Change, Any]:
    """Makes the call; what the journal had last when it reached Gmail, and the answer."""
    faults, seen = box.sandbox.faults, list[Change]()

    def take(called: str) -> object:
        if called == method:
            seen.extend(box.gmail.changes(limit=1))
        return type(faults).take(faults, called)

    faults.take = take  # type: ignore[method-assign,assignment]
    try:
        answer = box.gmail.call(method, **asking)
    finally:
        del faults.__dict__["take"]
    return seen[-1], answer


def test_somebody_has_said_of_each_method_that_writes_how_it_is_taken_back() -> None:
    writes = {facts.name for facts in all_methods() if facts.writes}
    assert set(WAYS) == writes == {*BACK, *FOR_GOOD, "stop", "watch"}
    assert set(FOR_GOOD) == NO_WAY_BACK


@pytest.mark.parametrize("method", BACK)
def test_it_is_written_down_before_it_is_made_and_undone(method: str, box: Box) -> None:
    asking = BACK[method](box)
    before = box.state()
    change, _ = asked_of(box, method, asking)
    assert (change.state, change.for_good, change.undone_by) == ("begun", False, None)
    assert change.why == f"Python {method}"
    assert method not in change.what, "in words"
    after = box.state()
    assert after != before
    assert box.gmail.change(change.number).state == "done"
    undo = box.gmail.undo(change.number)
    assert not undo.left
    assert not undo.notes
    assert box.state() == before
    last = next(box.gmail.changes(limit=1))
    assert last.undoes == change.number
    if not last.for_good:
        box.gmail.undo(last.number)
        assert _plain(box.state()) == _plain(after)


def _plain(state: dict[str, object]) -> dict[str, object]:
    """An undo is undone but for what nobody can make again as it was."""
    return {name: value for name, value in state.items() if name not in _ONCE}


_ONCE = ("drafts", "sendAs.list", "forwardingAddresses.list", "sendAs.smimeInfo.list")


@pytest.mark.parametrize("method", FOR_GOOD)
def test_it_is_marked_as_not_to_be_undone_before_it_is_made(method: str, box: Box) -> None:
    asking = FOR_GOOD[method](box)
    change, _ = asked_of(box, method, asking)
    assert (change.for_good, change.state) == (True, "done"), "a crash leaves nothing to recover"
    assert change.why == f"Python {method}"
    assert method not in change.what, "in words"
    with pytest.raises(Conflict, match="cannot be undone"):
        box.gmail.undo(change.number)


def changes(box: Box) -> list[Change]:
    return list(box.gmail.changes(limit=5))


def borne(box: Box, *ids: str) -> list[set[str]]:
    return [set(box.sandbox.mail.labels_of(ME, id)) for id in ids]


def test_the_calls_of_one_batch_are_one_change(box: Box) -> None:
    one, two, three = box.message(), box.message("STARRED"), box.message("INBOX")
    before = borne(box, one, two, three)
    star, unstar = {"addLabelIds": ["IMPORTANT"]}, {"removeLabelIds": ["STARRED", "INBOX"]}
    answers = box.gmail._client._wire.batch(
        [
            Call("messages.modify", dict, params={"id": one}, body=star),
            Call("messages.modify", dict, params={"id": one}, body=unstar),
            Call("messages.modify", dict, params={"id": two}, body=unstar),
            Call("messages.trash", dict, params={"id": three}),
            Call("labels.create", dict, body={"name": "In a batch"}),
        ]
    )
    assert all(isinstance(each, dict) for each in answers)
    assert borne(box, one, two, three) == [{"UNREAD", "IMPORTANT"}, set(), {"TRASH"}]
    change = changes(box)[0]
    assert (change.count, len(change.calls), change.state) == (3, 1, "done")
    box.gmail.undo(change.number)
    assert borne(box, one, two, three) == before
    assert "In a batch" not in {each.name for each in box.other.labels.list()}


def test_what_somebody_changed_since_is_left(box: Box) -> None:
    id = box.message()
    box.gmail.messages.trash(id)
    trashed = changes(box)[0].number
    put = box.gmail.messages.insert(letter(), label_ids=[INBOX]).id
    inserted = changes(box)[0].number
    draft = box.gmail.drafts.create(letter()).id
    kept = changes(box)[0].number
    box.other.messages.untrash(id)
    box.other.messages.modify(put, remove_label_ids=[INBOX])
    box.other.drafts.update(draft, letter())
    assert box.gmail.undo(trashed).left == (id,)
    assert box.gmail.undo(inserted).left == (put,)
    assert box.gmail.undo(kept).notes == ("The draft was edited since: it stays.",)
    assert borne(box, id, put) == [{"UNREAD"}, set()]
    assert draft in {each.id for each in box.other.drafts.list()}


def test_what_was_there_before_is_not_taken_for_what_a_call_made(box: Box) -> None:
    """A copy of a message; Gmail may also answer as if it made a delegate who was one already."""
    raw = letter()
    first = box.other.messages.insert(raw).id
    second = box.gmail.messages.insert(raw).id
    (call,) = changes(box)[0].calls
    assert call.there == (first,)
    box.gmail.undo()
    assert borne(box, first, second) == [set(), {"TRASH"}]
    c, body = box.gmail._connection, {"delegateEmail": ANN}
    made = JournalCall(method="settings.delegates.create", body=body, answer=body, made=True)
    with pytest.raises(Left, match="was there before"):
        reverse(c.client, c.journal, msgspec.structs.replace(made, there=(ANN,)))


def test_a_message_that_import_found_there_stays_and_loses_what_import_gave_it(box: Box) -> None:
    raw = letter()
    first = box.other.messages.insert(raw, label_ids=[INBOX]).id
    merged = box.gmail.messages.import_(raw, label_ids=[STARRED, INBOX]).id
    assert (merged, borne(box, first)) == (first, [{"INBOX", "STARRED"}])
    plan = box.gmail.undo()
    assert plan.notes == ("It was there before: it stays.",)
    assert borne(box, first) == [{"INBOX"}]


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("drafts.create", "id"),
        ("labels.create", "name"),
        ("messages.insert", "id"),
        ("messages.insert", "threadId"),
    ],
)
def test_what_the_answer_was_not_asked_for_is_looked_up(method: str, fields: str, box: Box) -> None:
    before = box.state()
    box.gmail.call(method, **BACK[method](box), fields=fields)
    assert box.state() != before
    plan = box.gmail.undo()
    assert (plan.left, plan.notes, box.state()) == ((), (), before)


def test_a_look_after_the_call_that_fails_does_not_hide_what_was_made(box: Box) -> None:
    box.sandbox.faults.next("403-domainPolicy", method="labels.get", times=20)
    made = box.gmail.call("labels.create", body={"name": f"N {next(numbers)}"}, fields="name")
    box.sandbox.faults.clear()
    assert set(made) == {"name"}
    assert changes(box)[0].state == "done"


def test_a_call_without_the_ids_that_it_needs_is_left_to_gmail_to_refuse(box: Box) -> None:
    for method in ("messages.batchModify", "messages.batchDelete"):
        with pytest.raises(UsageError):
            box.gmail.call(method, body={"addLabelIds": ["STARRED"]})


def test_what_a_whole_label_lost_by_an_update_and_got_again_since_is_left(box: Box) -> None:
    blue, red = ({"textColor": "#ffffff", "backgroundColor": c} for c in ("#285bac", "#cc3a21"))
    label = box.make("labels.create", body={"name": f"Red {next(numbers)}", "color": red})["id"]
    name = f"Plain {next(numbers)}"
    box.gmail.call("labels.update", id=label, body={"name": name})
    assert "color" not in box.make("labels.get", id=label)
    box.make("labels.patch", id=label, body={"color": blue})
    assert box.gmail.undo().notes == (f"The label {name} was changed since.",)
    assert box.make("labels.get", id=label)["color"] == blue


def test_a_call_within_a_change_is_refused_with_what_to_do_instead(box: Box) -> None:
    id = box.message()

    def meddle(done: int, total: int) -> None:
        box.gmail.messages.modify(id, add_label_ids=[STARRED])

    with pytest.raises(Conflict, match="while another is being made") as nested:
        box.gmail.apply(box.gmail.plan_verb("archive", ids=[id]), on_progress=meddle)
    assert "on_progress" in nested.value.hint
    assert changes(box)[0].state == "refused"


def test_nobody_else_changes_the_mailbox_between_the_look_and_the_answer(box: Box) -> None:
    """Else two would both take the star for theirs, and its undo would take it away."""
    faults, held, id = box.sandbox.faults, list[bool](), box.message()

    def take(called: str) -> object:
        lock = FileLock(box.gmail._connection.state_folder / "changing.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            held.append(True)
        else:
            lock.release()
            held.append(False)
        return type(faults).take(faults, called)

    faults.take = take  # type: ignore[method-assign,assignment]
    try:
        box.gmail.messages.modify(id, add_label_ids=[STARRED])
    finally:
        del faults.__dict__["take"]
    assert held == [True, True], "the message, and the call"


def test_what_gmail_refuses_is_told_as_ever_and_ends_as_refused(box: Box) -> None:
    for act in (
        lambda: box.gmail.messages.modify(box.message(), add_label_ids=[LabelId("Label_99")]),
        lambda: box.gmail.labels.create("INBOX"),
        lambda: box.gmail.call("settings.updateImap", body={"maxFolderSize": 7}),
    ):
        with pytest.raises(GmailKitError) as refused:
            act()
        assert refused.value.status
        assert changes(box)[0].state == "refused"
    known = changes(box)[0].number
    for absent in (
        lambda: box.gmail.messages.modify("1234567890abcdef", add_label_ids=[STARRED]),
        lambda: box.gmail.threads.trash("1234567890abcdef"),
    ):
        with pytest.raises(NotFound):
            absent()
    assert changes(box)[0].number == known, "nothing was there to be changed"


@pytest.mark.parametrize(
    ("fault", "method"),
    [("429", "labels.create"), ("429", "messages.delete"), ("403-domainPolicy", "messages.send")],
)
def test_what_was_surely_not_made_ends_as_refused(fault: str, method: str, box: Box) -> None:
    """So the caller may try again, and nobody takes back what that made."""
    asking = (BACK | FOR_GOOD)[method](box)
    box.sandbox.faults.next(fault, method=method, times=20)
    with pytest.raises(GmailKitError) as refused:
        box.gmail.call(method, **asking)
    box.sandbox.faults.clear()
    assert changes(box)[0].state == "refused"
    assert "recover" not in refused.value.hint
    box.gmail.call(method, **asking)
    assert changes(box)[0].state == "done"


def test_what_never_left_this_machine_ends_as_refused(tmp_path: Path) -> None:
    with Sandbox(sample=False) as sandbox:
        token = Secret(sandbox.issue_token(ME, ALL, lasting=True))
        settings = Settings(home=Home.at(tmp_path), access_token=token, endpoint=sandbox.url)
        gmail = Gmail(settings=settings, clock=ImpatientClock())
        assert not list(gmail.changes())  # it knows whose they are
    with gmail:
        for method in ("drafts.create", "messages.send"):
            with pytest.raises(Unreachable) as offline:
                gmail.call(method, media=b"To: me@example.com\r\n\r\nHello\r\n")
            assert offline.value.sent == "no"
            assert next(gmail.changes(limit=1)).state == "refused"


def test_a_refusal_of_what_was_tried_before_and_lost_settles_nothing(box: Box) -> None:
    asking = BACK["labels.patch"](box)
    box.sandbox.faults.next("drop-after", method="labels.patch")
    box.sandbox.faults.next("429", method="labels.patch", times=20)
    with pytest.raises(TryLater):
        box.gmail.call("labels.patch", **asking)
    box.sandbox.faults.clear()
    assert changes(box)[0].state == "begun"
    box.gmail.recover(changes(box)[0].number, roll_back=True)


@pytest.mark.parametrize("roll_back", [False, True])
@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_draft_of_which_no_answer_came_is_neither_made_again_nor_deleted_and_that_is_said(
    fault: str, roll_back: bool, box: Box
) -> None:
    """Nobody can tell it from others."""
    box.sandbox.faults.next(fault, method="drafts.create", times=20)
    with pytest.raises(GmailKitError):
        box.gmail.drafts.create(letter())
    box.sandbox.faults.clear()
    before, number = box.state(), changes(box)[0].number
    box.gmail.recover(number, roll_back=roll_back)
    change = box.gmail.change(number)
    assert (change.state, [call.made for call in change.calls]) == ("done", [False])
    assert doubts(change) == ("Nobody can tell whether this was done: keep a new draft.",)
    if not roll_back:
        plan = box.gmail.undo(number)
        assert (plan.calls, plan.notes) == ((), doubts(change))
    assert box.state() == before


def test_what_gmail_refused_of_a_batch_is_not_taken_for_what_nobody_knows(box: Box) -> None:
    box.gmail._client._wire.batch(
        [
            Call("labels.create", dict, body={"name": f"New {next(numbers)}"}),
            Call("drafts.create", dict, body={"message": {"raw": "!"}}),
        ]
    )
    (call,) = changes(box)[0].calls
    assert (call.method, call.made) == ("labels.create", True)
    assert not doubts(changes(box)[0])


def test_a_refusal_because_the_lost_try_was_made_settles_nothing(box: Box) -> None:
    """Google's word for it is "disabled already"."""
    asking = BACK["settings.cse.keypairs.disable"](box)
    before = box.state()
    box.sandbox.faults.next("drop-after", method="settings.cse.keypairs.disable")
    with pytest.raises(Refused):
        box.gmail.call("settings.cse.keypairs.disable", **asking)
    assert box.state() != before
    box.gmail.recover(changes(box)[0].number)
    box.gmail.undo()
    assert box.state() == before


@pytest.mark.parametrize("roll_back", [False, True])
@pytest.mark.parametrize("method", [each for each in BACK if each != "drafts.create"])
def test_a_call_whose_answer_was_lost_is_finished_or_taken_back(
    method: str, roll_back: bool, box: Box
) -> None:
    asking = BACK[method](box)
    before = box.state()
    box.sandbox.faults.next("drop-after", method=method, times=20)
    with pytest.raises(GmailKitError) as lost:
        box.gmail.call(method, **asking)
    box.sandbox.faults.clear()
    change = changes(box)[0]
    assert change.state == "begun"
    assert f"gmailkit journal recover {change.number}" in lost.value.hint
    made = box.state()
    assert made != before
    box.gmail.recover(change.number, roll_back=roll_back)
    assert box.state() == (before if roll_back else made)
    if not roll_back:
        box.gmail.undo(change.number)
        assert box.state() == before


@pytest.mark.parametrize(
    ("method", "since"),
    [
        ("settings.updateVacation", {"enableAutoReply": True, "responseBodyPlainText": "{n}"}),
        ("settings.sendAs.update", {"sendAsEmail": ME, "displayName": "Number {n}"}),
        ("labels.update", {"name": "Somebody's {n}"}),
        ("labels.patch", {"name": "Somebody's {n}"}),
    ],
)
@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_what_somebody_set_since_is_not_set_again_by_finishing(
    method: str, since: dict[str, Any], fault: str, box: Box
) -> None:
    asking = BACK[method](box)
    number = next(numbers)
    body = {k: v.format(n=number) if isinstance(v, str) else v for k, v in since.items()}
    box.sandbox.faults.next(fault, method=method, times=20)
    with pytest.raises(GmailKitError):
        box.gmail.call(method, **asking)
    box.sandbox.faults.clear()
    box.make(method, **asking | {"body": body})
    now, number = box.state(), changes(box)[0].number
    with pytest.raises(Conflict, match="changed since") as conflict:
        box.gmail.recover(number)
    assert f"gmailkit journal recover {number} --roll-back" in conflict.value.hint
    box.gmail.recover(number, roll_back=True)
    assert box.state() == now


def test_a_message_that_never_arrived_is_not_put_in_from_the_journal(box: Box) -> None:
    box.sandbox.faults.next("drop-before", method="messages.insert", times=20)
    with pytest.raises(GmailKitError):
        box.gmail.messages.insert(letter())
    box.sandbox.faults.clear()
    before = box.state()
    done = box.gmail.recover(changes(box)[0].number)
    assert done.change.state == "refused"
    assert box.state() == before


def test_nothing_reaches_gmail_when_the_journal_cannot_be_written(box: Box, tmp_path: Path) -> None:
    settings = replace(box.gmail._connection.settings, home=Home.at(tmp_path / "home"))
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        folder = gmail._connection.state_folder
        folder.mkdir(parents=True)
        (folder / "journal.sqlite3").write_text("something else")
        for method, asking in (BACK | FOR_GOOD).items():
            given = asking(box)
            box.sandbox.requests.clear()
            with pytest.raises(CannotWrite, match="journal of changes"):
                gmail.call(method, **given)
            asked = [each for each in box.sandbox.requests if each[0] != "GET"]
            assert asked in ([], [("POST", "/batch")]), f"{method}: labels are counted in one"


def test_bare_calls_leave_nothing_in_the_journal_and_read_nothing(box: Box) -> None:
    id = box.message()
    known = changes(box)
    box.sandbox.requests.clear()
    box.other.messages.modify(id, add_label_ids=[STARRED])
    assert [each[1].rsplit("/", 1)[1] for each in box.sandbox.requests] in (
        ["modify"],
        ["tokeninfo", "modify"],  # the first call of all
    )
    assert changes(box) == known


@pytest.mark.parametrize(
    ("method", "units"),
    [
        ("messages.modify", 20),
        ("messages.trash", 20),
        ("threads.modify", 40),
        ("labels.create", 1),
        ("labels.patch", 1),
        ("settings.filters.create", 1),
        ("settings.updateVacation", 1),
        ("messages.insert", 5),
        ("messages.send", 0),
        ("drafts.create", 0),
    ],
)
def test_what_it_takes_to_write_it_down(method: str, units: int, box: Box) -> None:
    """As docs/organising.md says."""
    asking = (BACK | FOR_GOOD)[method](box)
    before = box.gmail.spent.units
    box.gmail.call(method, **asking)
    spent = box.gmail.spent.units - before
    assert spent - box.gmail.price(method) == units


@pytest.mark.parametrize(
    ("scope", "method"),
    [
        ("gmail.insert", "messages.insert"),
        ("gmail.send", "messages.send"),
        ("gmail.labels", "labels.delete"),
        ("gmail.compose", "drafts.create"),
    ],
)
def test_a_sign_in_that_may_not_look_may_still_call(
    scope: str, method: str, box: Box, tmp_path: Path
) -> None:
    """What could not be read cannot come back, and that is said before."""
    token = box.sandbox.issue_token(ME, [scope])
    before = box.gmail._connection.settings
    settings = replace(before, home=Home.at(tmp_path), access_token=Secret(token))
    asking = (BACK | FOR_GOOD)[method](box)
    with Gmail(settings=settings, clock=ImpatientClock()) as gmail:
        gmail.call(method, **asking)
        (change,) = gmail.changes()
        assert (change.state, change.for_good) == ("done", method != "drafts.create")


def test_neither_mail_nor_a_password_stands_in_the_journal(box: Box) -> None:
    raw = letter()
    subject = raw.split(b"Subject: ")[1].split(b"\r\n")[0]
    box.gmail.messages.insert(raw)
    box.gmail.call("messages.insert", body={"raw": encode(raw)})
    box.gmail.drafts.create(raw)
    service = {"host": "smtp.example.com", "port": 587, "securityMode": "starttls"}
    login = {"username": "me", "password": "hunter2-secret"}
    box.gmail.call(
        "settings.sendAs.create",
        body={"sendAsEmail": "own@example.net", "smtpMsa": {**service, **login}},
    )
    (path,) = box.gmail._connection.settings.home.state.rglob("journal.sqlite3")
    kept = path.read_bytes()
    assert subject not in kept
    assert b"Hello" not in kept
    assert encode(raw)[:60].encode() not in kept
    assert b"hunter2" not in kept
    assert b"own@example.net" in kept


def test_calls_of_several_threads_are_each_written_down(box: Box) -> None:
    ids = [box.message() for _ in range(12)]
    before = borne(box, *ids)
    known = changes(box)[0].number
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda id: box.gmail.messages.modify(id, add_label_ids=[STARRED]), ids))
    assert all("STARRED" in each for each in borne(box, *ids))
    mine = [each for each in box.gmail.changes(limit=12) if each.number > known]
    assert len(mine) == 12
    for each in mine:
        box.gmail.undo(each.number)
    assert borne(box, *ids) == before
