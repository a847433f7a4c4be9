"""Runs after the first: what changed is taken over, what it costs, and what a run ends with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from threading import Barrier

import pytest

from fakes import ImpatientClock
from gmailkit.backup.check import verify
from gmailkit.backup.events import Cursor, Drafts, LabelList, Setting
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.config import Settings
from gmailkit.errors import (
    PartialError,
    Refused,
    UsageError,
)
from gmailkit.gmail import Gmail
from gmailkit.model.message import MessageRef
from gmailkit.sandbox import Sandbox
from gmailkit.services import compacting
from gmailkit.services.compacting import Retention, compact, plan_compact
from run_room import ME, START, UNCHANGED, Later, State, bodies, calls, fill, states, truth


def test_a_run_without_changes_is_two_calls_and_three_units(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 10)
    gmail.backup(folder)
    before = gmail.spent.units
    asked = calls(sandbox, lambda: gmail.backup(folder))
    assert sorted(asked) == UNCHANGED
    assert gmail.spent.units - before == 3


def test_labels_and_history_are_asked_side_by_side(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sandbox, 3)
    gmail.backup(folder)
    both = Barrier(2, timeout=30)

    def once_both_have_begun(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            both.wait()
            return real(*args)

        return call

    for asked in (gmail.labels, gmail.history):
        monkeypatch.setattr(asked, "list", once_both_have_begun(asked.list))
    assert gmail.backup(folder).mode == "incremental"


@pytest.mark.parametrize("method", ["labels.list", "history.list"])
def test_a_refusal_of_either_ends_the_run_and_the_next_goes_on(
    sandbox: Sandbox, gmail: Gmail, folder: Path, method: str
) -> None:
    fill(sandbox, 3)
    gmail.backup(folder)
    fill(sandbox, 5)
    sandbox.faults.next(403, reason="domainPolicy", method=method)
    with pytest.raises(Refused):
        gmail.backup(folder)
    sandbox.faults.clear()
    gmail.backup(folder)
    assert states(folder) == truth(sandbox)


def test_where_gmail_refuses_no_backup_is_begun(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    sandbox.faults.next(403, reason="domainPolicy", method="labels.list")
    with pytest.raises(Refused):
        gmail.backup(folder)
    assert not folder.exists()


def test_ten_changed_labels_are_noted_and_no_message_is_read(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    ids = fill(sandbox, 20)
    gmail.create_label("Work")
    gmail.backup(folder)
    gmail.label(ids=ids[:6], add=["Work"], remove=["INBOX"])
    gmail.label(ids=ids[4:10], add=["STARRED"])
    gmail.trash(ids=[ids[0]])
    asked = calls(sandbox, lambda: gmail.backup(folder))
    assert sorted(asked) == UNCHANGED
    assert states(folder) == truth(sandbox, hidden=True)
    assert gmail.backup(folder).relabelled == 0


def test_what_gmail_deleted_is_noted_and_its_bytes_stay(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    ids = fill(sandbox, 5)
    gmail.backup(folder)
    raw = sandbox.mail.raw(ME, ids[1])
    gmail.messages.delete(ids[1])
    report = gmail.backup(folder)
    assert (report.deleted, report.fetched) == (1, 0)
    with Backup.open(folder) as saved:
        entry = saved.find(ME, ids[1])
        assert entry is not None
        assert entry.gone is not None
        assert saved.read(entry).raw == raw
    assert gmail.backup(folder).deleted == 0
    assert verify(folder).ok


def test_a_renamed_and_a_deleted_label_are_told_of_all_that_bear_them(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    ids = fill(sandbox, 4)
    gmail.create_label("Work", background="#16a766", text="#ffffff")
    gmail.create_label("Old")
    gmail.label(ids=ids[:2], add=["Work", "Old"])
    gmail.backup(folder)
    gmail.rename_label("Work", "Play")
    gmail.delete_label("Old")
    assert not bodies(calls(sandbox, lambda: gmail.backup(folder)))
    with Backup.open(folder) as saved:
        for id in ids[:2]:
            entry = saved.find(ME, id)
            assert entry is not None
            assert sorted(entry.labels.values()) == ["INBOX", "Play"]
        listed = saved.latest(ME, LabelList)
        assert listed is not None
        (play,) = (each for each in listed.labels if each["name"] == "Play")
        assert play["color"] == {"backgroundColor": "#16a766", "textColor": "#ffffff"}


@pytest.mark.parametrize("how", ["expired", "a gap"])
def test_without_history_ids_and_labels_come_by_listing_and_no_known_body_is_read_again(
    sandbox: Sandbox, gmail: Gmail, folder: Path, how: str
) -> None:
    ids = fill(sandbox, 30)
    gmail.create_label("Work")
    gmail.backup(folder)
    gmail.label(ids=ids[:7], add=["Work"], remove=["INBOX"])
    gmail.messages.delete(ids[8])
    gmail.trash(ids=[ids[9]])
    new = fill(sandbox, 2, labels=("STARRED",))
    if how == "expired":
        sandbox.mail.expire_history(ME)
    else:
        sandbox.mail.hollow_history(ME, times=4)
    asked = bodies(calls(sandbox, lambda: gmail.backup(folder)))
    # One that the listing lacks is asked for: not its body, and only whether it is there.
    assert sorted(asked) == sorted(f"me/messages/{id}" for id in [*new, ids[8]])
    assert states(folder) == truth(sandbox, hidden=True) | {
        ids[8]: State(frozenset({"INBOX"}), gone=True)
    }
    assert sorted(calls(sandbox, lambda: gmail.backup(folder))) == UNCHANGED


def test_a_mailbox_that_was_emptied_meanwhile_is_listed_twice_and_nothing_is_lost(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    ids = fill(sandbox, 120)
    gmail.backup(folder)
    gmail.messages.batch_delete(ids)
    sandbox.mail.expire_history(ME)
    asked = bodies(calls(sandbox, lambda: gmail.backup(folder)))
    assert len(asked) == len(set(asked)) == 60  # not more than a hundred, spread over all
    assert all(state.gone for state in states(folder).values())
    assert verify(folder).messages == 120


def test_a_mailbox_that_is_emptied_between_two_pages_leaves_what_was_read_and_is_told(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 520)
    real = gmail.messages.list

    def emptied_on_the_way(**options: object) -> Iterator[MessageRef]:
        for n, ref in enumerate(real(**options)):  # type: ignore[arg-type]
            if n == 499:  # the last one of the first page
                gmail.messages.batch_delete(ids[:-3])
            yield ref

    with monkeypatch.context() as patch:
        patch.setattr(gmail.messages, "list", emptied_on_the_way)
        report = gmail.backup(folder)
    assert report.fetched == 3
    assert len(report.gone) == 497
    assert states(folder) == truth(sandbox)
    assert gmail.backup(folder, reconcile=True).reconciled.differ == ()  # type: ignore[union-attr]


def test_a_listing_that_ends_too_soon_twice_makes_nothing_gone(
    sandbox: Sandbox, gmail: Gmail, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 130)
    gmail.backup(folder)
    gmail.messages.batch_delete(ids[100:110])
    sandbox.mail.expire_history(ME)
    real = gmail.messages.list

    def cut(**options: object) -> object:
        return islice(real(**options), 5)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(gmail.messages, "list", cut)
        with pytest.raises(PartialError, match="why 115 differ cannot be told"):
            gmail.backup(folder)
    assert {id for id, state in states(folder).items() if state.gone} == set(ids[100:110])
    assert gmail.backup(folder).reconciled


def test_the_first_run_keeps_labels_drafts_and_settings(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 2)
    draft = gmail.drafts.create(b"Subject: later\r\n\r\nx\r\n")
    gmail.create_label("Work")
    report = gmail.backup(folder)
    assert {"filters", "send_as", "vacation", "imap", "pop", "language"} <= set(report.settings)
    with Backup.open(folder) as saved:
        drafts = saved.latest(ME, Drafts)
        assert drafts is not None
        assert draft.message is not None
        assert drafts.drafts == {draft.id: draft.message.id}
        vacation = saved.latest(ME, Setting, "vacation")
        assert vacation is not None
        assert vacation.value == gmail.call("settings.getVacation")


def test_a_draft_that_was_written_on_or_sent_is_followed(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 2)
    draft = gmail.drafts.create(b"To: me@example.com\r\nSubject: later\r\n\r\nx\r\n")
    gmail.backup(folder)
    again = gmail.drafts.update(draft.id, b"To: me@example.com\r\nSubject: later\r\n\r\ny\r\n")
    assert gmail.backup(folder).fetched == 1
    with Backup.open(folder) as saved:
        drafts = saved.latest(ME, Drafts)
        assert drafts is not None
        assert again.message is not None
        assert drafts.drafts == {draft.id: again.message.id}
    gmail.drafts.send(draft.id)
    gmail.backup(folder)
    with Backup.open(folder) as saved:
        drafts = saved.latest(ME, Drafts)
        assert drafts is not None
        assert not drafts.drafts


def test_settings_are_read_once_a_day_or_when_told_to(
    sandbox: Sandbox, gmail: Gmail, clock: Later, folder: Path
) -> None:
    gmail.backup(folder)
    gmail.preferences.vacation.on(subject="Away", text="Back on Monday.")
    assert gmail.backup(folder).settings == ()
    assert gmail.backup(folder, settings=True).settings == ("vacation",)
    gmail.preferences.vacation.off()
    clock.more = timedelta(days=1, hours=1)
    assert gmail.backup(folder).settings == ("vacation",)
    with Backup.open(folder) as saved:
        said = [e.value for e in saved.events(ME, Setting) if e.name == "vacation"]
    assert [bool(each.get("enableAutoReply")) for each in said] == [False, True, False]


def test_a_setting_that_is_not_given_is_told_and_stops_nothing(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 2)
    sandbox.faults.next(403, reason="domainPolicy", method="settings.getPop")
    report = gmail.backup(folder)
    assert report.fetched == 2
    assert [note for note in report.notes if "setting pop" in note]


def test_spam_and_trash_join_when_all_is_asked_for(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 3)
    fill(sandbox, 2, labels=("SPAM",))
    fill(sandbox, 1, labels=("TRASH",))
    assert gmail.backup(folder).left_out == 3
    report = gmail.backup(folder, every=True)
    assert (report.fetched, report.left_out) == (3, 0)
    assert states(folder) == truth(sandbox, hidden=True)
    assert sorted(calls(sandbox, lambda: gmail.backup(folder, every=True))) == UNCHANGED
    with pytest.raises(UsageError, match="All mail was asked for"):
        gmail.backup(folder, every=True, label="INBOX")
    with pytest.raises(UsageError, match="All mail shall be compared"):
        gmail.backup(folder, reconcile=True, query="is:unread")


def test_new_spam_is_not_read_and_what_leaves_it_is(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 2)
    gmail.backup(folder)
    (spam,) = fill(sandbox, 1, labels=("SPAM",))
    assert not bodies(calls(sandbox, lambda: gmail.backup(folder)))
    gmail.label(ids=[spam], add=["INBOX"], remove=["SPAM"])
    assert gmail.backup(folder).fetched == 1


def test_a_choice_lists_what_is_new_and_history_tells_of_what_is_saved(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    ids = fill(sandbox, 6)
    gmail.create_label("Work")
    gmail.label(ids=ids[:3], add=["Work"])
    assert gmail.backup(folder, label="Work").fetched == 3
    gmail.label(ids=[ids[0]], add=["STARRED"], remove=["Work"])
    gmail.label(ids=[ids[4]], add=["Work"])
    asked = bodies(calls(sandbox, lambda: gmail.backup(folder, label="Work")))
    assert asked == [f"me/messages/{ids[4]}"]
    wanted = truth(sandbox)
    assert states(folder) == {id: wanted[id] for id in (*ids[:3], ids[4])}
    sandbox.mail.expire_history(ME)
    gmail.label(ids=[ids[1]], add=["STARRED"])
    gmail.backup(folder, label="Work")
    assert states(folder) == {id: truth(sandbox)[id] for id in (*ids[:3], ids[4])}


def test_a_choice_takes_nothing_away_from_the_next_whole_run(
    sandbox: Sandbox, gmail: Gmail, folder: Path
) -> None:
    fill(sandbox, 4)
    gmail.backup(folder)
    fill(sandbox, 2, labels=("IMPORTANT",))
    gmail.backup(folder, query="subject:nothing")
    report = gmail.backup(folder)
    assert (report.mode, report.fetched) == ("incremental", 2)


def test_two_accounts_lie_side_by_side_and_each_goes_its_own_way(
    sandbox: Sandbox, gmail: Gmail, settings_for: Callable[..., Settings], folder: Path
) -> None:
    fill(sandbox, 3)
    fill(sandbox, 2, address="ann@example.com")
    gmail.backup(folder)
    with Gmail(settings=settings_for("ann@example.com"), clock=ImpatientClock()) as ann:
        assert ann.backup(folder).fetched == 2
        assert sorted(calls(sandbox, lambda: ann.backup(folder))) == UNCHANGED
    assert sorted(calls(sandbox, lambda: gmail.backup(folder))) == UNCHANGED
    with Backup.open(folder) as saved:
        cursors = [saved.latest(who, Cursor) for who in (ME, "ann@example.com")]
        assert all(cursor and cursor.covers == "mail" for cursor in cursors)


def test_what_a_compaction_let_go_comes_back_only_where_it_is_asked_for(
    gmail: Gmail, sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(sandbox, 7)
    ads = fill(sandbox, 5, labels=["CATEGORY_PROMOTIONS"])
    gmail.messages.delete(ads[4])
    gmail.backup(folder)
    gmail.messages.delete(ids[6])
    gmail.backup(folder)
    monkeypatch.setattr(compacting, "_IN_AN_EVENT", 3)
    for name in ("smaller", "again"):  # made from one that was compacted, it lets go the same
        target = folder.with_name(name)
        rules = Retention(drop="category:promotions", gone_before=START + timedelta(days=9999))
        compact(plan_compact(folder, target, rules))
        folder = target
    gmail.label(ads[0], add=["STARRED"])
    report = gmail.backup(folder)
    assert (report.mode, report.fetched) == ("incremental", 0)
    report = gmail.backup(folder, reconcile=True)
    assert report.reconciled
    assert (report.fetched, report.let_go, report.reconciled.mended) == (0, 4, 0)
    assert (report.reconciled.gmail, report.reconciled.backup) == (6, 6)
    rebuild(folder)
    sandbox.mail.expire_history(ME)
    report = gmail.backup(folder)
    assert (report.mode, report.fetched, report.let_go) == ("full", 0, 4)
    assert gmail.backup(folder, query="is:starred").fetched == 1
    report = gmail.backup(folder, reconcile=True)
    assert (report.fetched, report.let_go) == (0, 3)
    assert verify(folder).ok
