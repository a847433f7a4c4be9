"""Drafts: kept, listed, edited without losing anything, sent once, deleted for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gmailkit.config import Settings
from gmailkit.errors import Conflict, GmailKitError, NotFound, Refused, UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Attachment
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending import drafting, outbox
from gmailkit.services.sending.guard.gate import Verdict
from mailroom import ME, letter

ANN, BOB = "ann@example.com", "bob@example.com"


def drafts(gmail: Gmail) -> list[str]:
    return [each.id for each in gmail.drafts.list()]


def test_a_draft_is_kept_and_listed(gmail: Gmail) -> None:
    first = gmail.save_draft(to=ANN, subject="One", text="x")
    second = gmail.save_draft(subject="Nobody yet", attach=("a.txt", b"a"))
    lines = {each.id: each.envelope for each in gmail.list_drafts()}
    assert lines.keys() == {first.id, second.id}
    assert [each.email for each in lines[first.id].to] == [ANN]
    assert lines[second.id].to == ()
    assert [each.id for each in gmail.list_drafts("subject:nobody")] == [second.id]
    assert [each.id for each in gmail.list_drafts(limit=1)] != []


def test_a_draft_is_opened_by_its_id_or_that_of_its_message(gmail: Gmail) -> None:
    kept = gmail.save_draft(to=ANN, subject="One", text="x")
    assert kept.message is not None
    for id in (kept.id, kept.message.id):
        assert gmail.open_draft(id).mail.subject == "One"
    gmail.edit_draft(kept.id, subject="Two")
    with pytest.raises(NotFound, match="has no draft"):
        gmail.open_draft(kept.message.id)
    with pytest.raises(NotFound):
        gmail.open_draft("r-1")


def test_an_edit_changes_what_it_names_and_keeps_the_rest(sandbox: Sandbox, gmail: Gmail) -> None:
    parent = sandbox.mail.put(ME, letter("Hi"))
    message = gmail.compose_reply(
        parent,
        "First",
        attach=("a.bin", b"\0\1"),
        headers={"X-Case": "7"},
        bcc=BOB,
    )
    kept = gmail.save_draft(message)
    before = gmail.open_draft(kept.id)
    changed = gmail.edit_draft(kept.id, text="Second", cc=BOB, attach=("b.txt", b"b"))
    after = gmail.open_draft(kept.id)
    assert changed.id == kept.id
    assert after.thread_id == before.thread_id == message.thread_id
    assert after.mail.text.strip() == "Second"
    assert after.mail.to == before.mail.to
    assert [each.email for each in after.mail.cc] == [BOB]
    assert [each.email for each in after.mail.bcc] == [BOB]
    assert after.mail.references == before.mail.references != ()
    assert after.mail.header("X-Case") == "7"
    assert [(e.filename, e.content) for e in after.mail.attachments] == [
        ("a.bin", b"\0\1"),
        ("b.txt", b"b"),
    ]


def test_an_edit_of_html_keeps_its_pictures_as_files_when_text_takes_its_place(
    gmail: Gmail,
) -> None:
    picture = Attachment("c.png", b"PNG", "image/png", "c@x", inline=True)
    kept = gmail.save_draft(to=ANN, html='<img src="cid:c@x">', attach=picture)
    gmail.edit_draft(kept.id, subject="Same picture")
    assert gmail.open_draft(kept.id).mail.attachments[0].inline
    gmail.edit_draft(kept.id, text="plain now")
    mail = gmail.open_draft(kept.id).mail
    assert (mail.html, mail.attachments[0].content) == ("", b"PNG")


def test_a_draft_that_was_changed_meanwhile_is_not_overwritten(gmail: Gmail) -> None:
    kept = gmail.save_draft(to=ANN, subject="One", text="x")
    opened = gmail.open_draft(kept.id)
    gmail.edit_draft(kept.id, text="from the phone")
    with pytest.raises(Conflict, match="changed meanwhile"):
        gmail.edit_draft(opened, text="from here")
    assert gmail.open_draft(kept.id).mail.text.strip() == "from the phone"
    opened = gmail.open_draft(kept.id)
    gmail.send_draft(kept.id)
    with pytest.raises(Conflict, match="sent or deleted"):
        gmail.edit_draft(opened, text="too late")


@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "late-503", "truncate", "503"])
def test_a_draft_is_sent_once_whatever_answer_is_lost(
    sandbox: Sandbox, gmail: Gmail, fault: str
) -> None:
    kept = gmail.save_draft(to=ANN, cc=BOB, subject="Once", text="x")
    sandbox.faults.next(fault, method="drafts.send")
    sent = gmail.send_draft(kept.id)
    again = gmail.send_draft(kept.id)
    assert (again.id, again.again) == (sent.id, True)
    assert [each.email for each in again.to] == [ANN, BOB]
    assert len(sandbox.mail.ids(ANN)) == 1
    assert drafts(gmail) == []
    assert gmail.draft_was_sent(kept.id)


def test_a_reply_kept_as_a_draft_joins_its_conversation(sandbox: Sandbox, gmail: Gmail) -> None:
    parent = sandbox.mail.put(ME, letter("Hi"))
    kept = gmail.save_draft(gmail.compose_reply(parent, "x"))
    gmail.edit_draft(kept.id, text="y")
    gmail.send_draft(kept.id)
    assert len({each.thread_id for each in gmail.search("in:anywhere")}) == 1
    assert b"In-Reply-To" in sandbox.mail.raw(ANN, sandbox.mail.ids(ANN)[0])


def test_a_draft_that_gmail_refuses_to_send_stays(sandbox: Sandbox, gmail: Gmail) -> None:
    kept = gmail.save_draft(to=ANN, subject="Big", text="x", attach=("run.exe", b"MZ"))
    with pytest.raises(GmailKitError):
        gmail.send_draft(kept.id)
    assert drafts(gmail) == [kept.id]
    opened = gmail.open_draft(kept.id)
    gmail.replace_draft(opened, replace(opened.mail, attachments=()))
    gmail.send_draft(kept.id)
    assert len(sandbox.mail.ids(ANN)) == 1
    assert parse(sandbox.mail.raw(ANN, sandbox.mail.ids(ANN)[0])).attachments == ()


def test_a_draft_to_nobody_is_not_sent(sandbox: Sandbox, gmail: Gmail) -> None:
    kept = gmail.save_draft(subject="One", text="x")
    with pytest.raises(UsageError, match="goes to nobody") as caught:
        gmail.send_draft(kept.id)
    assert f"gmailkit drafts edit {kept.id}" in caught.value.hint
    assert list(gmail.sent()) == []


def test_a_policy_holds_for_drafts_too(gmail: Gmail, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = gmail.save_draft(to=ANN, subject="One", text="x")
    verdict = Verdict(park=True, rule="approval, policy.toml line 3")
    monkeypatch.setattr(drafting, "judge", lambda connection, message: verdict)
    with pytest.raises(Refused, match="waits for approval"):
        gmail.send_draft(kept.id)
    with pytest.raises(Conflict):
        gmail.delete_draft(kept.id)
    gmail.edit_draft(kept.id, text="else")
    with pytest.raises(Refused, match="waits for approval"):
        gmail.send_draft(kept.id)
    assert drafts(gmail) == [kept.id]


def test_what_waits_in_the_outbox_is_not_sent_or_deleted_behind_its_back(gmail: Gmail) -> None:
    entry = gmail.send_later(to=ANN, text="x", hold="1h", key="much later")
    for verb in (
        lambda: gmail.delete_draft(entry.draft_id),
        lambda: gmail.send_draft(entry.draft_id),
    ):
        with pytest.raises(Conflict) as caught:
            verb()
        assert caught.value.hint == "gmailkit outbox cancel 'much later'"
    assert drafts(gmail) == [entry.draft_id]


# What waits in the outbox, edited


def test_what_waits_leaves_as_it_was_edited(sandbox: Sandbox, gmail: Gmail) -> None:
    entry = gmail.send_later(to=ANN, subject="One", text="x", hold="1h", key="k")
    gmail.edit_draft(entry.draft_id, subject="Two", to=BOB)
    (now,) = gmail.outbox.waiting()
    assert (now.key, now.state, now.due) == ("k", "held", entry.due)
    assert (now.subject, now.to) == ("Two", (BOB,))
    done = gmail.outbox.release("k")
    assert (done.entry.state, done.remark) == ("sent", "")
    assert [len(sandbox.mail.ids(each)) for each in (ANN, BOB)] == [0, 1]


def test_an_edit_that_needs_approval_parks_it_and_what_was_approved_is_so_no_more(
    sandbox: Sandbox, gmail: Gmail, home: Home
) -> None:
    entry = gmail.send_later(to=ANN, subject="One", text="x", hold="1h", key="k")
    rules = home.config / "policy.toml"
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text('approval = "all"')
    gmail.edit_draft(entry.draft_id, subject="Two")
    assert [each.state for each in gmail.outbox.waiting()] == ["parked"]
    assert gmail.outbox.approve("k").entry.state == "held"
    gmail.edit_draft(entry.draft_id, subject="Three")
    (now,) = gmail.outbox.waiting()
    assert (now.state, now.approved, now.subject) == ("parked", "", "Three")
    assert gmail.outbox.approve("k").entry.state == "held"
    assert gmail.outbox.release("k").entry.state == "sent"
    assert len(sandbox.mail.ids(ANN)) == 1


@pytest.mark.parametrize(
    ("state", "said"),
    [("sending", "being sent"), ("sent", "has left"), ("cancelled", "cancelled")],
)
def test_what_waits_no_more_since_it_was_looked_at_is_not_edited(
    gmail: Gmail, state: str, said: str
) -> None:
    seen = gmail.send_later(to=ANN, text="x", key="k", at="tomorrow 9:00")
    gmail._connection.sends.change("k", state=state)
    message = gmail.compose(to=ANN, text="y")
    with pytest.raises(Conflict, match=said):
        outbox.edit(gmail._connection, seen, message, lambda: pytest.fail("it was edited"))


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"to": BOB}, Refused, "bob@example.com"),
        ({"to": []}, UsageError, "goes to nobody"),
    ],
)
def test_what_may_not_leave_is_not_put_into_what_waits(
    gmail: Gmail, home: Home, words: dict[str, object], error: type[GmailKitError], said: str
) -> None:
    entry = gmail.send_later(to=ANN, subject="One", text="x", hold="1h", key="k")
    rules = home.config / "policy.toml"
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text(f'[recipients]\ndeny = ["{BOB}"]')
    with pytest.raises(error, match=said):
        gmail.edit_draft(entry.draft_id, **words)  # type: ignore[arg-type]
    assert gmail.open_draft(entry.draft_id).mail.to[0].email == ANN
    assert [each.state for each in gmail.outbox.waiting()] == ["held"]


def test_what_is_being_sent_is_not_edited(gmail: Gmail) -> None:
    entry = gmail.send_later(to=ANN, subject="One", text="x", hold="1h", key="k")
    opened = gmail.open_draft(entry.draft_id)
    gmail._connection.sends.change("k", state="sending")
    with pytest.raises(Conflict, match="is being sent"):
        gmail.outbox.check_editable(entry.draft_id)
    with pytest.raises(Conflict, match="is being sent"):
        gmail.edit_draft(opened, subject="Two")
    assert gmail.open_draft(entry.draft_id).mail.subject == "One"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("To: ann@example", "To: 'ann@example' is no e-mail address"),
        ("To: ann@example.com\nCc: Bob", "Cc: 'Bob' is no e-mail address"),
        ("Subject: Hi", "goes to nobody"),
    ],
)
def test_a_draft_that_cannot_leave_says_why_and_how_to_mend_it(
    sandbox: Sandbox, gmail: Gmail, header: str, said: str
) -> None:
    kept = gmail.drafts.create(f"{header}\n\nx\n".encode())
    sandbox.requests.clear()
    with pytest.raises(UsageError, match=said) as caught:
        gmail.send_draft(kept.id)
    assert caught.value.hint == f"gmailkit drafts edit {kept.id}"
    assert [path for verb, path in sandbox.requests if verb != "GET"] == []


def test_a_draft_is_deleted_for_good_and_written_down(gmail: Gmail, home: Home) -> None:
    kept = gmail.save_draft(to=ANN, subject="A subject", text="x")
    gmail.delete_draft(kept.id)
    assert drafts(gmail) == []
    assert [(each.what, each.for_good) for each in gmail.changes()] == [
        ("delete a draft for good", True),
        ("keep a new draft", False),
    ]
    (path,) = home.state.rglob("journal.sqlite3")
    assert b"A subject" not in path.read_bytes()


@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "late-503", "503"])
def test_a_draft_that_is_kept_after_a_lost_answer_is_one_change_and_is_taken_back(
    sandbox: Sandbox, gmail: Gmail, fault: str
) -> None:
    sandbox.faults.next(fault, method="drafts.create")
    gmail.save_draft(to=ANN, subject="One", text="x")
    assert len(drafts(gmail)) == 1
    assert [(each.what, each.state) for each in gmail.changes()] == [("keep a new draft", "done")]
    gmail.undo()
    assert drafts(gmail) == []


def test_a_sign_in_that_may_only_read_changes_no_draft(
    sandbox: Sandbox, gmail: Gmail, settings_for: Callable[..., Settings]
) -> None:
    kept = gmail.save_draft(to=ANN, subject="One", text="x")
    sandbox.requests.clear()
    with Gmail(settings=settings_for(purpose="read")) as reader:
        opened = reader.open_draft(kept.id)
        for verb in (
            lambda: reader.save_draft(to=ANN, text="x"),
            lambda: reader.edit_draft(opened, text="y"),
            lambda: reader.send_draft(kept.id),
            lambda: reader.delete_draft(kept.id),
        ):
            with pytest.raises(Refused):
                verb()
    assert not [path for method, path in sandbox.requests if method != "GET"]
