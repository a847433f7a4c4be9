"""A backup put back into Gmail: the same mail, each message once, and all of it can be undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.backup.events import Gone, Labels
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.config import Settings
from gmailkit.errors import CannotWrite, PartialError, ServerFault, Unreachable, UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.digest import digest_of
from gmailkit.model.item import Item, Ref
from gmailkit.paths import Home
from gmailkit.record.copies import Copies
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from gmailkit.services.restoring.drill import drill
from gmailkit.services.restoring.plan import RestorePlan
from gmailkit.stores.gmail import GmailTarget

ME, ANN = "me@example.com", "ann@example.com"


def letter(subject: str, *more: str, body: str = "Hello.") -> bytes:
    head = ["From: Bob <bob@example.com>", "To: me@example.com", f"Subject: {subject}", *more]
    return "\r\n".join([*head, "", body, ""]).encode()


@pytest.fixture
def other(sandbox: Sandbox, tmp_path: Path) -> Iterator[Gmail]:
    """An empty mailbox beside that of `gmail`."""
    settings = Settings(
        home=Home.at(tmp_path / "other"),
        access_token=Secret(sandbox.issue_token(ANN, ["gmail.modify"], lasting=True)),
        endpoint=sandbox.url,
        units_per_minute=None,
        project_units_per_minute=None,
        prices="new",
    )
    with Gmail(settings=settings) as signed_in:
        yield signed_in


@pytest.fixture
def backup(gmail: Gmail, sandbox: Sandbox, tmp_path: Path) -> Path:
    """Of a conversation, a starred and a filed message, two twins, a draft, and mail in Trash."""
    gmail.create_label("Work/Größe, Maß")
    first = letter("Plan", "Message-ID: <1@x>", "Date: Mon, 05 Jan 2026 10:00:00 +0000")
    again = letter(
        "Re: Plan",
        "Message-ID: <2@x>",
        "In-Reply-To: <1@x>",
        "References: <1@x>",
        "Date: Tue, 06 Jan 2026 10:00:00 +0000",
    )
    twin = letter("Twin", "Date: Wed, 07 Jan 2026 10:00:00 +0000")
    put = sandbox.mail.put
    ids = [put(ME, raw) for raw in (first, again, twin, twin)]
    gone = put(ME, letter("Gone", "Message-ID: <3@x>"))
    gmail.label(ids=ids[:1], add=["Work/Größe, Maß", "STARRED"], remove=["INBOX", "UNREAD"])
    gmail.drafts.create(letter("Draft", "Message-ID: <4@x>"))
    gmail.trash(ids=[gone])
    path = tmp_path / "mail.backup"
    gmail.backup(path)
    gmail.backup(path, label="TRASH")
    return path


def mail_of(gmail: Gmail, query: str = "") -> list[tuple[str, frozenset[str], str]]:
    """Subject, labels by name, and digest of each message."""
    every = gmail.search_labelled(query)
    return sorted(
        (envelope.subject, frozenset(labels), digest_of(gmail.raw(envelope)))
        for envelope, labels in every
    )


def without(mail: list[tuple[str, frozenset[str], str]], mark: str) -> object:
    return [(subject, labels - {mark}, digest) for subject, labels, digest in mail]


def test_a_backup_put_into_an_empty_mailbox_is_the_same_mail(
    gmail: Gmail, other: Gmail, backup: Path
) -> None:
    plan = other.plan_restore(backup)
    assert len(plan.refs) == 5
    assert replace(plan, bytes=1_250_000_000).days == 2.5
    assert (plan.origin, plan.account, plan.left_out, plan.drafts) == (ME, ANN, 1, 1)
    assert plan.create == ("Work/Größe, Maß", plan.mark)
    assert plan.mark.startswith("restored/20")
    done = other.restore(plan)
    assert (done.copied.added, done.copied.present, done.copied.refused) == (5, 0, [])
    assert without(mail_of(other), plan.mark) == mail_of(gmail)
    assert {labels & {plan.mark} for s, labels, _ in mail_of(other) if s != "Draft"} == {
        frozenset({plan.mark})
    }
    threads = {e.subject: e.thread_id for e in other.search("subject:plan")}
    assert threads["Plan"] == threads["Re: Plan"]
    assert [f"{e.date:%d}" for e in other.search("subject:plan")] == ["06", "05"]
    drafts = [draft.id for draft in other.drafts.list()]
    assert len(drafts) == 1


def test_a_backup_is_restored_as_it_stood_on_a_day(other: Gmail, backup: Path) -> None:
    with Backup.open(backup, write=True, clock=FakeClock(2_500_000_000)) as folder:  # in 2049
        every = folder.oldest_first(ME)  # of one moment, in any order
        hidden = {"TRASH", "DRAFT"}
        first, second, *_ = (x for x in every if not hidden & set(folder.labels(ME, x) or ()))
        folder.note(Labels(account=ME, id=first, labels={"Label_9": "Later"}))
        folder.note(Gone(account=ME, id=second))
    now, then = other.plan_restore(backup), other.plan_restore(backup, as_of="2048-12-31")
    assert "Later" in now.create
    assert "Later" not in then.create
    assert set(now.refs) == set(then.refs)  # what Gmail has no more is in the backup still
    assert len(other.plan_restore(backup, as_of="2050-12-31").refs) == len(now.refs) - 1
    assert other.plan_restore(backup, as_of="2001-01-01").refs == ()
    other.restore(then)
    assert "Later" not in {label.name for label in other.labels.list()}


def test_restored_again_nothing_is_added_but_what_went_since(other: Gmail, backup: Path) -> None:
    other.restore(other.plan_restore(backup))
    before = mail_of(other)
    done = other.restore(other.plan_restore(backup, mark="again"))
    assert (done.copied.added, done.copied.present) == (0, 5)
    assert mail_of(other) == before
    other.trash("subject:plan")
    done = other.restore(other.plan_restore(backup))
    assert (done.copied.added, done.copied.present) == (2, 3)
    assert len(mail_of(other, "subject:plan")) == 2


def test_a_restore_that_adds_nothing_is_not_in_the_journal(other: Gmail, backup: Path) -> None:
    first = other.restore(other.plan_restore(backup))
    before = [each.number for each in other.changes()]
    labels = {label.name for label in other.labels.list()}
    again = other.plan_restore(backup, mark="restored/again")
    assert "restored/again" in again.create
    assert other.restore(again).number is None
    assert [each.number for each in other.changes()] == before
    assert {label.name for label in other.labels.list()} == labels  # nor is any label made
    undone = other.undo()
    assert undone.change.number == first.number
    assert len(mail_of(other)) == 1  # the draft
    assert undone.notes[1:] == ("Drafts that came with it stay: gmailkit drafts list",)


def test_two_restores_are_two_changes(other: Gmail, backup: Path) -> None:
    first = other.restore(other.plan_restore(backup, query="subject:plan"))
    second = other.restore(other.plan_restore(backup, query="subject:twin", mark="twins"))
    other.undo(second.number)
    assert [subject for subject, _, _ in mail_of(other)] == ["Plan", "Re: Plan"]
    other.undo(first.number)
    assert mail_of(other) == []


def test_a_conversation_stays_one_that_its_headers_would_not_join(
    gmail: Gmail, other: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    first = sandbox.mail.put(ME, letter("Trip", "Date: Mon, 05 Jan 2026 10:00:00 +0000"))
    thread = gmail.thread_of(first)
    later = letter("Trip", "Date: Tue, 06 Jan 2026 10:00:00 +0000", body="No references.")
    gmail.messages.insert(later, thread_id=thread, internal_date_source="dateHeader")
    gmail.backup(tmp_path / "mail.backup")
    other.restore(other.plan_restore(tmp_path / "mail.backup"))
    assert len({each.thread_id for each in other.search("subject:trip")}) == 1
    assert len(list(other.search("subject:trip"))) == 2


def test_what_gmail_has_no_place_for_comes_back_as_the_page_says(
    gmail: Gmail, other: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    header_date = "Date: Mon, 05 Jan 2026 10:00:00 +0000"
    raw = letter("Stars", header_date).replace(b"\r\n", b"\n")
    sandbox.mail.put(ME, raw, labels=("STARRED", "YELLOW_STAR"))
    sandbox.mail.put(ME, letter("Chat", header_date, body="Hi"), labels=("CHAT",))
    gmail.backup(tmp_path / "mail.backup", query="in:anywhere")
    with Backup.open(tmp_path / "mail.backup") as saved:
        labels = {name for entry in saved.entries() for name in entry.labels}
    assert {"CHAT", "YELLOW_STAR"} <= labels
    plan = other.plan_restore(tmp_path / "mail.backup")
    assert plan.chats == 1
    other.restore(plan)
    found = {subject: labels - {plan.mark} for subject, labels, _ in mail_of(other)}
    assert found == {"Stars": {"STARRED"}, "Chat": frozenset()}
    for each in other.search("subject:stars"):
        assert f"{each.date:%Y-%m-%d}" == "2026-01-05"
        assert other.raw(each) == letter("Stars", header_date)


@pytest.mark.parametrize(
    "id", ['<a"b@x>', "<{a}@x>", "<(a)@x>", "<a|b@x>", "(comment) <a@x>", "<a@x> <b@x>", "<a b@x>"]
)
def test_a_strange_message_id_is_found_and_merged_with_nothing(
    gmail: Gmail, sandbox: Sandbox, tmp_path: Path, id: str
) -> None:
    there = sandbox.mail.put(ME, letter("Strange", f"Message-ID: {id}"))
    gmail.backup(tmp_path / "mail.backup")
    done = gmail.restore(gmail.plan_restore(tmp_path / "mail.backup"))
    assert (done.copied.added, done.copied.present) == (0, 1)
    assert [each.id for each in gmail.search("subject:strange")] == [there]


def test_equal_words_of_another_sender_are_another_message(
    gmail: Gmail, other: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    alarm = letter("Alarm", "Date: Mon, 05 Jan 2026 10:00:00 +0000")
    sandbox.mail.put(ME, alarm)
    sandbox.mail.put(ME, alarm.replace(b"bob@", b"eve@"))
    gmail.backup(tmp_path / "mail.backup")
    other.messages.insert(alarm, internal_date_source="dateHeader")
    done = other.restore(other.plan_restore(tmp_path / "mail.backup"))
    assert (done.copied.added, done.copied.present) == (1, 1)
    assert {each.sender.email for each in other.search("subject:alarm") if each.sender} == {
        "bob@example.com",
        "eve@example.com",
    }


def test_what_lies_in_spam_is_not_there_for_what_lay_in_the_inbox(
    gmail: Gmail, backup: Path
) -> None:
    gmail.apply(gmail.plan_verb("spam", "subject:plan"))
    done = gmail.restore(gmail.plan_restore(backup))
    assert (done.copied.added, done.copied.present) == (2, 3)


def test_what_gmail_refused_is_tried_and_told_again(
    gmail: Gmail, other: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.mail.put(ME, b"Subject: Nobody wrote it\r\n\r\nHello.\r\n")
    gmail.backup(tmp_path / "mail.backup")
    for _ in range(2):
        plan = other.plan_restore(tmp_path / "mail.backup")
        assert len(plan.refs) == 1
        with pytest.raises(PartialError, match="refused by Gmail") as raised:
            other.restore(plan)
        assert "Name a quarantine folder" in raised.value.hint


def test_an_outage_is_no_refusal(other: Gmail, backup: Path, sandbox: Sandbox) -> None:
    sandbox.faults.add("500:messages.import:100%")
    with pytest.raises(ServerFault):
        other.restore(other.plan_restore(backup, query="subject:plan"))
    sandbox.faults.clear()
    done = other.restore(other.plan_restore(backup, query="subject:plan"))
    assert done.copied.added == 2
    assert other.change(done.number).wanted == 0


def test_a_restore_that_was_cut_short_goes_on_under_its_label_or_anew_without_its_journal(
    other: Gmail, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = other.plan_restore(backup, mark="first")
    _break_off(other, plan, monkeypatch, nth=3, added=True)
    assert other.plan_restore(backup).mark == "first"
    change = next(other.changes())
    assert 0 < change.count < change.wanted == 5
    with pytest.raises(UsageError, match='under the label "first"'):
        other.plan_restore(backup, mark="second")
    journal = other._connection.state_folder / "journal.sqlite3"
    other._connection.journal.close()
    journal.rename(journal.with_suffix(".old"))
    assert other.plan_restore(backup, mark="second").mark == "second"


def test_what_is_in_the_mailbox_already_is_left_alone(
    gmail: Gmail, backup: Path, sandbox: Sandbox
) -> None:
    before = mail_of(gmail)
    done = gmail.restore(gmail.plan_restore(backup))
    assert (done.copied.added, done.copied.present) == (0, 5)
    assert mail_of(gmail) == before


def test_a_restore_is_undone_and_made_again(other: Gmail, backup: Path) -> None:
    done = other.restore(other.plan_restore(backup, query="-in:draft"))
    before = mail_of(other)
    undone = other.undo(done.number)
    stay = "The labels that were made for it are change 1: they stay."
    assert (undone.count, undone.notes) == (4, (stay,))
    assert mail_of(other) == []
    other.undo(next(other.changes()).number)
    assert mail_of(other) == before


def test_a_restore_that_was_undone_begins_anew(other: Gmail, backup: Path) -> None:
    done = other.restore(other.plan_restore(backup, query="subject:plan"))
    other.undo(done.number)
    plan = other.plan_restore(backup, query="subject:plan")
    again = other.restore(plan)
    assert (len(plan.refs), again.copied.added) == (2, 2)
    assert len(mail_of(other)) == 2


def test_what_gmail_refuses_is_named_and_kept_in_quarantine(
    gmail: Gmail, other: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.mail.put(ME, letter("Good"))
    bad = sandbox.mail.put(ME, b"Subject: Nobody wrote it\r\n\r\nHello.\r\n")
    gmail.backup(tmp_path / "mail.backup")
    plan = other.plan_restore(tmp_path / "mail.backup")
    with pytest.raises(PartialError) as raised:
        other.restore(plan, quarantine=tmp_path / "refused")
    assert [failure.item for failure in raised.value.failed] == [bad]
    assert "From header" in raised.value.failed[0].why
    assert raised.value.done == 1
    assert [subject for subject, _, _ in mail_of(other)] == ["Good"]
    (kept,) = (tmp_path / "refused").rglob("*.eml")
    assert kept.read_bytes() == gmail.raw(bad)


def test_a_label_that_is_spelt_otherwise_here_is_the_same_and_one_that_went_is_made(
    gmail: Gmail, other: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    id = sandbox.mail.put(ME, letter("Both"))
    gmail.label(ids=[id], add=["WORK", "Home"], create=True)
    gmail.backup(tmp_path / "mail.backup")
    other.create_label("work")
    other.create_label("Home")
    plan = other.plan_restore(tmp_path / "mail.backup", mark="")
    assert (plan.labels, plan.create) == (("Home", "work"), ())
    other.delete_label("Home")
    other.restore(plan)
    ((_, labels, _),) = mail_of(other)
    assert labels == {"work", "Home", "INBOX"}


class Killed(BaseException):
    """Stands for the end of the process."""


def _break_off(
    gmail: Gmail, plan: RestorePlan, patch: pytest.MonkeyPatch, *, nth: int, added: bool
) -> None:
    real, calls = GmailTarget.add, iter(range(1, 100))

    def breaking(target: GmailTarget, item: Item) -> Ref:
        last = next(calls) == nth
        if last and not added:
            raise Killed
        came = real(target, item)
        if last:
            raise Killed
        return came

    with patch.context() as patched:
        patched.setattr(GmailTarget, "add", breaking)
        patched.setattr(Copies, "end", lambda *_: None)  # no last word either
        with pytest.raises(Killed):
            gmail.restore(plan)


@pytest.mark.parametrize("mark", [None, ""], ids=["marked", "unmarked"])
@pytest.mark.parametrize("added", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 6))
def test_a_restore_that_breaks_off_at_any_message_goes_on_and_doubles_nothing(
    gmail: Gmail,
    other: Gmail,
    backup: Path,
    monkeypatch: pytest.MonkeyPatch,
    nth: int,
    added: bool,
    mark: str | None,
) -> None:
    plan = other.plan_restore(backup, mark=mark)
    _break_off(other, plan, monkeypatch, nth=nth, added=added)
    done = other.restore(other.plan_restore(backup, mark=mark))
    assert without(mail_of(other), plan.mark) == mail_of(gmail)
    assert other.undo(done.number).count == 4
    assert [subject for subject, _, _ in mail_of(other)] == ["Draft"]


def test_a_lost_answer_ends_the_run_and_the_next_one_finds_the_message(
    gmail: Gmail, other: Gmail, backup: Path, sandbox: Sandbox
) -> None:
    sandbox.faults.add("drop-after:messages.import")
    plan = other.plan_restore(backup)
    with pytest.raises(Unreachable):
        other.restore(plan)
    other.restore(other.plan_restore(backup))
    assert without(mail_of(other), plan.mark) == mail_of(gmail)


def test_a_label_whose_name_gmail_refuses_gets_one_near_to_it(other: Gmail, tmp_path: Path) -> None:
    names = ["Inbox", "Work/Done", " Blanks / here", "[Gmail]/Old", "^x", "Plain"]
    labels = {f"Label_{n}": name for n, name in enumerate(names)}
    with Backup.open(tmp_path / "mail.backup", create=True) as saved:
        raw = letter("Odd", "Date: Mon, 05 Jan 2026 10:00:00 +0000")
        saved.add(Record(account=ME, id="1", thread="1", date_ms=0, labels=labels, raw=raw))
    other.create_label("WORK")
    plan = other.plan_restore(tmp_path / "mail.backup", mark="")
    assert plan.renamed == {
        "Inbox": "Inbox (restored)",
        " Blanks / here": "Blanks/here",
        "[Gmail]/Old": "Gmail/Old",
        "^x": "x",
    }
    other.restore(plan)
    ((_, found, _),) = mail_of(other)
    assert found == {*plan.renamed.values(), "WORK/Done", "Plain"}
    done = drill(tmp_path / "mail.backup")
    assert (done.wrong, done.listed["label of a name that Gmail refuses"]) == ((), 1)


def test_the_plan_counts_what_a_backup_found_gone(gmail: Gmail, backup: Path, other: Gmail) -> None:
    first = next(iter(gmail.search("subject:plan")))
    with Backup.open(backup, write=True) as saved:
        saved.note(Gone(account=ME, id=first.id))
    assert (other.plan_restore(backup).gone, len(other.plan_restore(backup).refs)) == (1, 5)


def test_what_gmail_took_and_has_not_is_named_at_the_end(
    other: Gmail, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = GmailTarget.add
    nowhere = Ref("1a2b3c4d5e6f7a8b")
    monkeypatch.setattr(
        GmailTarget,
        "add",
        lambda target, item: (
            nowhere if b"Subject: Re: Plan" in item.content.bytes else real(target, item)
        ),
    )
    with pytest.raises(PartialError, match="1 that Gmail took is gone again") as raised:
        other.restore(other.plan_restore(backup), receipts=tmp_path / "receipts.jsonl")
    (lost,) = raised.value.failed
    assert nowhere in lost.why
    lines = [json.loads(line) for line in (tmp_path / "receipts.jsonl").read_text().splitlines()]
    assert [line["state"] for line in lines] == ["added"] * 5
    assert {line["came"] for line in lines if line["ref"] == lost.item} == {nowhere}
    monkeypatch.setattr(GmailTarget, "add", real)
    done = other.restore(other.plan_restore(backup), receipts=tmp_path / "receipts.jsonl")
    assert (done.copied.added, done.copied.present) == (1, 4)
    assert len((tmp_path / "receipts.jsonl").read_text().splitlines()) == 10
    with pytest.raises(CannotWrite):
        other.restore(other.plan_restore(backup), receipts=tmp_path)
