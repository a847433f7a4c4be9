"""Deleting for good: out of Trash alone, once each message is safe; against the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes import ImpatientClock
from gmailkit.client.messages import Messages
from gmailkit.config import Settings
from gmailkit.errors import Conflict, GmailKitError, PartialError, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.ids import MessageId
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter


@pytest.fixture
def full(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Signed in as `login --for full` does."""
    with Gmail(settings=settings_for(purpose="full"), clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def trash(sandbox: Sandbox) -> list[str]:
    """Twelve messages in Trash; one lies in the inbox besides."""
    sandbox.mail.put(ME, letter("Kept"), labels=("INBOX",))
    return [sandbox.mail.put(ME, letter(f"Old {n}"), labels=("TRASH",)) for n in range(12)]


@pytest.fixture
def folder(full: Gmail, trash: list[str], tmp_path: Path) -> Path:
    """A backup of what lies in Trash."""
    assert full.backup(tmp_path / "backup", label=["TRASH"]).fetched == len(trash)
    return tmp_path / "backup"


def test_what_is_in_trash_and_in_the_backup_is_deleted_and_nothing_else(
    sandbox: Sandbox, full: Gmail, trash: list[str], folder: Path
) -> None:
    (kept,) = set(sandbox.mail.ids(ME)) - set(trash)
    plan = full.plan_delete("subject:old", backup=folder)
    assert sorted(plan.ids) == sorted(trash)
    done = full.delete_forever(plan)
    assert done.count == 12
    assert sandbox.mail.ids(ME) == [kept]
    change = full.change(done.number)
    assert (change.for_good, change.what) == (True, "delete 12 messages for good")
    assert sorted(each.id for each in full.touched(change)) == sorted(trash)
    with pytest.raises(Conflict, match="cannot be undone"):
        full.undo(done.number)


def test_a_query_finds_nothing_outside_trash(sandbox: Sandbox, full: Gmail) -> None:
    sandbox.mail.put(ME, letter("Kept"), labels=("INBOX",))
    sandbox.mail.put(ME, letter("Kept too"), labels=("SPAM",))
    assert full.plan_delete("subject:kept", backup=None).ids == ()
    assert full.plan_delete("subject:other OR subject:kept", backup=None).ids == ()


def test_of_whole_conversations_what_lies_in_trash_is_deleted(
    sandbox: Sandbox, full: Gmail
) -> None:
    kept = sandbox.mail.put(ME, letter("Plan"), thread="plan")
    trashed = [sandbox.mail.put(ME, letter("Plan"), thread="plan", labels=["TRASH"])]
    trashed.append(
        sandbox.mail.put(ME, letter("Re", sender="bob@x.y"), thread="plan", labels=["TRASH"])
    )
    for which in ({"query": "from:bob"}, {"ids": [full.thread_of(kept)]}):
        messages, ids = which.get("query"), which.get("ids")
        plan = full.plan_delete(messages, ids=ids, backup=None, threads=True)
        assert sorted(plan.ids) == sorted(trashed)
    full.delete_forever(plan)
    assert sandbox.mail.ids(ME) == [kept]


def test_an_id_that_is_not_in_trash_is_refused(
    sandbox: Sandbox, full: Gmail, trash: list[str]
) -> None:
    (kept,) = set(sandbox.mail.ids(ME)) - set(trash)
    with pytest.raises(Conflict, match=f"Not in Trash, or not there at all: {kept}"):
        full.plan_delete(ids=[trash[0], kept], backup=None)


def test_what_left_trash_since_the_plan_saves_all(
    sandbox: Sandbox, full: Gmail, trash: list[str], folder: Path
) -> None:
    plans = [full.plan_delete("subject:old", backup=each) for each in (folder, None)]
    full.untrash(ids=[trash[3]])
    for plan in plans:
        with pytest.raises(Conflict, match=trash[3]):
            full.delete_forever(plan)
    assert len(sandbox.mail.ids(ME)) == 13


def test_what_leaves_trash_while_the_backup_is_read_saves_all(
    sandbox: Sandbox,
    full: Gmail,
    trash: list[str],
    folder: Path,
    settings_for: Callable[..., Settings],
) -> None:
    plan = full.plan_delete("subject:old", backup=folder)
    somebody = Gmail(settings=settings_for(), google_calls="bare")

    def progress(done: int, total: int) -> None:
        if done == total:
            somebody.messages.untrash(MessageId(trash[3]))

    with pytest.raises(Conflict, match=trash[3]):
        full.delete_forever(plan, on_progress=progress)
    assert len(sandbox.mail.ids(ME)) == 13


def test_a_message_that_the_backup_lacks_saves_all_and_is_named(
    sandbox: Sandbox, full: Gmail, trash: list[str], folder: Path
) -> None:
    new = sandbox.mail.put(ME, letter("Old and new"), labels=("TRASH",))
    with pytest.raises(PartialError) as caught:
        full.plan_delete("subject:old", backup=folder)
    assert [each.item for each in caught.value.failed] == [new]
    assert caught.value.done == 0
    assert "nothing was deleted" in caught.value.message


def test_bytes_that_were_damaged_in_the_backup_save_all(
    sandbox: Sandbox, full: Gmail, trash: list[str], folder: Path
) -> None:
    plan = full.plan_delete("subject:old", backup=folder)
    (pack,) = (folder / "packs").iterdir()
    damaged = bytearray(pack.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    pack.write_bytes(damaged)
    before = len(list(full.changes()))
    with pytest.raises(PartialError, match="nothing was deleted") as caught:
        full.delete_forever(plan)
    assert caught.value.failed
    assert len(sandbox.mail.ids(ME)) == 13
    assert len(list(full.changes())) == before


def test_a_backup_of_other_bytes_saves_all(
    sandbox: Sandbox, full: Gmail, trash: list[str], folder: Path
) -> None:
    plan = full.plan_delete("subject:old", backup=folder)
    user = sandbox.mail.users.get(ME).n
    found = sandbox.mail.messages.find(user, trash[5])
    assert found
    sandbox.mail.database.run(
        "UPDATE content SET raw = ? WHERE message = ?", letter("Old, another one"), found.n
    )
    with pytest.raises(PartialError) as caught:
        full.delete_forever(plan)
    assert [(each.item, each.why) for each in caught.value.failed] == [
        (trash[5], "the backup holds other bytes than Gmail does")
    ]
    assert len(sandbox.mail.ids(ME)) == 13


def test_without_a_backup_only_where_that_is_said(
    sandbox: Sandbox, full: Gmail, trash: list[str]
) -> None:
    full.delete_forever(full.plan_delete(ids=trash[:2], backup=None))
    assert set(sandbox.mail.ids(ME)).isdisjoint(trash[:2])
    assert set(trash[2:]) < set(sandbox.mail.ids(ME))


def test_a_query_for_everything_is_refused(full: Gmail) -> None:
    for query in ("", "*"):
        with pytest.raises(UsageError, match="everything in Trash"):
            full.plan_delete(query, backup=None)


def test_the_usual_sign_in_is_refused_before_anything_is_read(gmail: Gmail) -> None:
    with pytest.raises(Refused) as caught:
        gmail.plan_delete("subject:old", backup=None)
    assert "mail.google.com" in caught.value.hint


@pytest.mark.parametrize("fault", ["503", "drop-after", "429", "truncate"])
def test_faults_on_the_way_delete_what_was_planned_or_say_so(
    sandbox: Sandbox, full: Gmail, trash: list[str], folder: Path, fault: str
) -> None:
    (kept,) = set(sandbox.mail.ids(ME)) - set(trash)
    plan = full.plan_delete("subject:old", backup=folder)
    sandbox.faults.next(fault, method="messages.batchDelete")
    sandbox.faults.next(fault, method="messages.get")
    sandbox.faults.next(fault, method="messages.list")
    full.delete_forever(plan)
    assert sandbox.mail.ids(ME) == [kept]


def test_what_gmail_cannot_read_deletes_nothing(
    sandbox: Sandbox, full: Gmail, trash: list[str], folder: Path
) -> None:
    plan = full.plan_delete("subject:old", backup=folder)
    before = len(list(full.changes()))
    sandbox.faults.next("503", method="messages.get", times=99)
    with pytest.raises(GmailKitError):
        full.delete_forever(plan)
    assert len(sandbox.mail.ids(ME)) == 13
    assert len(list(full.changes())) == before


def test_it_stands_in_the_journal_before_gmail_is_asked(
    sandbox: Sandbox, full: Gmail, trash: list[str]
) -> None:
    plan = full.plan_delete(ids=trash[:2], backup=None)
    sandbox.faults.next("503", method="messages.batchDelete", times=99)
    with pytest.raises(GmailKitError) as caught:
        full.delete_forever(plan)
    assert "Of 2 at least 0 are deleted." in caught.value.hint
    assert next(full.changes()).what == "delete 2 messages for good"


def test_stopped_by_hand_it_says_how_many_are_gone(
    full: Gmail, trash: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    plan = full.plan_delete(ids=trash, backup=None)
    monkeypatch.setattr(Messages, "batch_delete", stop)
    with pytest.raises(KeyboardInterrupt) as caught:
        full.delete_forever(plan)
    assert caught.value.__notes__ == [
        f"Of {len(trash)} at least 0 are deleted; run the same command to go on"
    ]
