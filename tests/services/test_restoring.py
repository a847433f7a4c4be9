"""A backup put back into Gmail: the same mail, each message once, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.config import Settings
from gmailkit.errors import PartialError, Unreachable
from gmailkit.gmail import Gmail
from gmailkit.mime.digest import digest_of
from gmailkit.model.item import Item, Ref
from gmailkit.paths import Home
from gmailkit.record.copies import Copies
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
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
    assert (plan.origin, plan.account, plan.left_out, plan.drafts) == (ME, ANN, 1, 1)
    assert plan.create == ("Work/Größe, Maß", plan.mark)
    assert plan.mark.startswith("restored/20")
    done = other.restore(plan)
    assert (done.copied.added, done.copied.present, done.copied.refused) == (5, 0, ())
    assert without(mail_of(other), plan.mark) == mail_of(gmail)
    assert {labels & {plan.mark} for s, labels, _ in mail_of(other) if s != "Draft"} == {
        frozenset({plan.mark})
    }
    threads = {e.subject: e.thread_id for e in other.search("subject:plan")}
    assert threads["Plan"] == threads["Re: Plan"]
    assert [e.date for e in other.search("subject:plan")] == [
        e.date for e in other.search("subject:plan")
    ]
    drafts = [draft.id for draft in other.drafts.list()]
    assert len(drafts) == 1


def test_restored_again_nothing_is_added(other: Gmail, backup: Path) -> None:
    other.restore(other.plan_restore(backup))
    before = mail_of(other)
    plan = other.plan_restore(backup)
    assert (plan.refs, plan.before) == ((), 5)
    other.restore(plan)
    assert mail_of(other) == before


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
    assert other.undo(done.number).count == 4
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
    good = sandbox.mail.put(ME, letter("Good"))
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
    assert good in plan.refs


def test_a_label_that_is_spelt_otherwise_here_is_the_same_and_one_that_went_is_made(
    gmail: Gmail, other: Gmail, sandbox: Sandbox, tmp_path: Path
) -> None:
    id = sandbox.mail.put(ME, letter("Both"))
    gmail.label(ids=[id], add=["WORK", "Home"], create=True)
    gmail.backup(tmp_path / "mail.backup")
    other.create_label("work")
    other.create_label("Home")
    plan = other.plan_restore(tmp_path / "mail.backup", mark="")
    assert (plan.labels, plan.create) == (("Home", "WORK"), ())
    other.delete_label("Home")
    other.restore(plan)
    ((_, labels, _),) = mail_of(other)
    assert labels == {"work", "Home", "INBOX"}


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("added", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 6))
def test_a_restore_that_breaks_off_at_any_message_goes_on_and_doubles_nothing(
    gmail: Gmail,
    other: Gmail,
    backup: Path,
    monkeypatch: pytest.MonkeyPatch,
    nth: int,
    added: bool,
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

    plan = other.plan_restore(backup)
    with monkeypatch.context() as patch:
        patch.setattr(GmailTarget, "add", breaking)
        patch.setattr(Copies, "end", lambda *_: None)  # no last word either
        with pytest.raises(Killed):
            other.restore(plan)
    done = other.restore(other.plan_restore(backup))
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
