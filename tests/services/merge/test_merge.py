"""A merge from its files to the mailboxes of the sandbox."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from fakes import FakeClock
from gmailkit.config import Settings
from gmailkit.errors import DailyLimit, Refused, SignInNeeded, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.mail import Address
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.services.sending.merge.options import MergeOptions
from gmailkit.services.sending.merge.receipts import Receipt, read_receipts
from gmailkit.services.sending.merge.run import MergeStep

Write = Callable[..., Path]


def sent_to(sandbox: Sandbox) -> list[str]:
    """Recipients of everything that left, in order."""
    return [each.email for mail in sandbox.sent() for each in mail.to]


def test_each_row_gets_a_message_of_its_own(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    plan = gmail.plan_merge(letter(), people())
    assert (plan.name, plan.rows, plan.to_send, plan.bad) == ("letter-people", 3, 3, 0)
    assert plan.first is not None
    assert plan.first.mail.subject == "Invitation for Person 1"
    assert plan.units == 330
    assert sandbox.sent() == []
    result = gmail.run_merge(plan)
    assert (result.sent, result.before, result.bad) == (3, 0, 0)
    assert sorted(sent_to(sandbox)) == [f"p{n}@example.net" for n in (1, 2, 3)]
    mails = {mail.subject: mail.text for mail in sandbox.sent()}
    assert mails["Invitation for Person 2"].startswith("Dear Person 2,\n\nplease come.")


def test_the_same_merge_again_sends_nothing(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    gmail.merge(letter(), people())
    plan = gmail.plan_merge(letter(), people())
    assert (plan.to_send, plan.sent, plan.first) == (0, 3, None)
    assert plan.begun is not None
    assert gmail.run_merge(plan).sent == 0
    assert len(sandbox.sent()) == 3


def test_rows_that_are_new_sorted_anew_or_put_right_get_no_second_message(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    gmail.merge(letter(), people(2))
    table = people(["Zoë,p9@example.net", "Person Two,P2@example.net", "Person 1,p1@example.net"])
    assert gmail.merge(letter(), table).sent == 1
    assert sorted(sent_to(sandbox)) == ["p1@example.net", "p2@example.net", "p9@example.net"]


def test_another_name_is_another_merge(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    gmail.merge(letter(), people())
    assert gmail.merge(letter(), people(), name="reminder").sent == 3
    assert len(sandbox.sent()) == 6


def test_a_template_that_changed_is_said_and_the_rest_gets_the_new_one(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    gmail.merge(letter(), people(), options=MergeOptions(limit=1))
    unchanged = gmail.plan_merge(letter(), people())
    assert not unchanged.changed
    plan = gmail.plan_merge(letter("---\nsubject: New\n---\nHi\n"), people())
    assert plan.changed
    assert gmail.run_merge(plan).sent == 2
    assert sorted(mail.subject for mail in sandbox.sent()) == [
        "Invitation for Person 1",
        "New",
        "New",
    ]


def test_without_to_the_column_email_is_the_recipient(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    gmail.merge(letter("---\nsubject: Hi\n---\nHi\n"), people(1, heading="name,E-Mail"))
    assert sent_to(sandbox) == ["p1@example.net"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Ann,not an address", "Column email: 'not an address' is no e-mail address."),
        ("Ann,ann@", "Column email: 'ann@' is no e-mail address."),
        ("Ann,ann@localhost", "no complete domain"),
        ("Ann,", "Column email is empty."),
        (",ann@example.net", "Column name is empty."),
        ("Ann", "Column email is empty."),
        ("Ann,ann@example.net,more", "3 cells"),
        ("Ann,P1@Example.net", "Row 2 is for the same address"),
        ('"Ann\nBcc: eve@example.net",ann@example.net', "Column name: it holds a line break"),
        ('"Ann\rB",ann@example.net', "holds a line break"),
        ('Ann,"ann@example.net\nBcc: eve@example.net"', "holds a line break"),
        ("Ann\x0bx,ann@example.net", "U+000B"),
        ("Ann\x00x,ann@example.net", "U+0000"),
        ("Ann\u2028x,ann@example.net", "U+2028"),
    ],
)
def test_a_bad_row_is_found_before_anything_leaves(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, row: str, says: str
) -> None:
    rows = ["Person 1,p1@example.net", row, "Person 3,p3@example.net"]
    plan = gmail.plan_merge(letter(), people(rows))
    assert (plan.bad, plan.to_send) == (1, 2)
    (problem,) = plan.problems
    assert problem.row == 3
    assert says in problem.why
    with pytest.raises(UsageError, match="1 of 3 rows"):
        gmail.run_merge(plan)
    assert sandbox.sent() == []
    result = gmail.run_merge(plan, skip_bad=True)
    assert (result.sent, result.bad, result.failed[0].item) == (2, 1, "row 3")
    assert sorted(sent_to(sandbox)) == ["p1@example.net", "p3@example.net"]


@pytest.mark.parametrize(
    ("template", "row", "says", "columns"),
    [
        ("to: {{ name }} <{{ email }}>", "Ann,ann", "Column email: 'ann' is no", ["email"]),
        ("cc: {{ name }}", "Ann,a@x.org", "Column name: 'Ann' is no e-mail address", ["name"]),
        ("reply-to: {{ name }}@x", "Ann,a@x.org", "Column name: The address 'Ann@x' has", ["name"]),
        ("X-Job: {{ email }} {{ name }}", '"A\nn",a@x.org', "Column name: it holds", ["name"]),
        ("from: {{ name }}", "Ann,a@x.org", "Column name: 'Ann' is no e-mail address", ["name"]),
        ("subject: {{ name|round }}", "Ann,a@x.org", "(line 2 of the template)", ["name"]),
        ("cc: nobody", "Ann,a@x.org", "Line 2 of the template: cc: 'nobody' is no", []),
        ("attach: gone.pdf", "Ann,a@x.org", "Cannot read the attachment", []),
    ],
)
def test_a_bad_cell_is_of_its_column_and_the_template_is_blamed_for_its_own_mistakes_alone(
    gmail: Gmail,
    letter: Write,
    people: Write,
    template: str,
    row: str,
    says: str,
    columns: list[str],
) -> None:
    plan = gmail.plan_merge(letter(f"---\n{template}\n---\nHi\n"), people([row]))
    (problem,) = plan.problems
    assert says in problem.why
    assert list(problem.columns) == columns
    assert problem.why.startswith("Column ") == bool(columns)


def test_a_row_that_names_its_own_columns_and_not_all_is_told_which(
    gmail: Gmail, letter: Write, tmp_path: Path
) -> None:
    table = tmp_path / "people.jsonl"
    table.write_text('{"email": "a@x.org"}\n{"name": "Bob", "email": "b@x.org"}\n')
    plan = gmail.plan_merge(letter(), table)
    assert [(each.row, each.why) for each in plan.problems] == [(1, "It has no name.")]
    assert plan.to_send == 1


def test_a_name_that_no_column_has_is_the_template_s_mistake(
    gmail: Gmail, letter: Write, people: Write
) -> None:
    with pytest.raises(UsageError, match="asks for nmae") as caught:
        gmail.plan_merge(letter("---\nsubject: x\n---\n{{ nmae }}\n"), people())
    assert "name" in caught.value.hint


def test_cells_are_never_read_as_templates(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    cell = "{{ 7 * 7 }}{% for x in range(9) %}x{% endfor %}{# #}${7*7}"
    gmail.merge(letter(), people([f"{cell},ann@example.net"]))
    (mail,) = sandbox.sent()
    assert mail.subject == f"Invitation for {cell}"
    assert f"Dear {cell}," in mail.text


@pytest.mark.parametrize("to", ["{{ name }} <{{ email }}>", '"{{ name }}" <{{ email }}>'])
@pytest.mark.parametrize("name", ["Lee, Ann", "Ann (Lee)", "José", "A. Lee", "Ann"])
def test_a_name_that_looks_like_two_is_still_one_recipient(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, to: str, name: str
) -> None:
    template = letter(f"---\nsubject: x\nto: {to}\n---\nHi\n")
    gmail.merge(template, people([f'"{name}",ann@example.net']))
    assert [each for mail in sandbox.sent() for each in mail.to] == [
        Address("ann@example.net", name)
    ]


def test_a_cell_may_hold_several_recipients_and_a_copy_goes_where_the_template_says(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    template = letter("---\nsubject: x\nto: {{ email }}\nbcc: me\n---\nHi\n")
    plan = gmail.plan_merge(template, people(['x,"a@example.net, B <b@example.net>"']))
    assert (plan.to_send, plan.recipients) == (1, 3)
    gmail.run_merge(plan)
    assert sent_to(sandbox) == ["a@example.net", "b@example.net"]


def test_what_is_wrong_with_every_message_shows_in_the_first(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    template = letter("---\nsubject: x\n---\n![](chart.png)\n")
    with pytest.raises(UsageError, match=r"^Row 2: The picture chart\.png"):
        gmail.plan_merge(template, people())


def test_empty_cells_may_be_meant(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    table = people([",ann@example.net"])
    assert gmail.merge(letter(), table, options=MergeOptions(allow_empty=True)).sent == 1
    assert sandbox.sent()[0].subject.strip() == "Invitation for"


def test_attachments_of_rows(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    (tmp_path / "bill 1.pdf").write_bytes(b"%PDF-1.4 one")
    with (tmp_path / "bill 3.pdf").open("wb") as huge:
        huge.truncate(40_000_000)
    template = letter("---\nsubject: Bill\nattach: bill {{ n }}.pdf\n---\nHi\n")
    os.mkfifo(tmp_path / "bill 4.pdf")
    rows = [f"{n},{n}@example.net" for n in (1, 2, 3, 4)] + ["x/../../../y,d@example.net"]
    plan = gmail.plan_merge(template, people(rows, heading="n,email"))
    assert [problem.row for problem in plan.problems] == [3, 4, 5, 6]
    missing, large, pipe, outside = (problem.why for problem in plan.problems)
    assert {problem.columns for problem in plan.problems} == {("n",)}
    assert "no file" in pipe
    assert missing.startswith("Column n: Cannot read the attachment ")
    assert "bill 2.pdf" in missing
    assert "too large" in large
    assert "outside" in outside
    gmail.run_merge(plan, skip_bad=True)
    (mail,) = sandbox.sent()
    assert [(a.filename, a.content) for a in mail.attachments] == [("bill 1.pdf", b"%PDF-1.4 one")]


def test_a_row_cannot_have_a_file_of_elsewhere_sent(
    gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}-secret.txt"
    secret.write_text("secret")
    (tmp_path / "link.txt").symlink_to(secret)
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id").write_text("secret")
    template = letter("---\nsubject: x\nattach: {{ file }}\n---\nHi\n")
    rows = [f"{secret},a@x.org", "link.txt,b@x.org", f"../{secret.name},c@x.org", "~/x,d@x.org"]
    rows += [".ssh/id,e@x.org", f"{tmp_path}/.ssh/id,f@x.org", "sub/../.ssh/id,g@x.org"]
    table = people(rows, heading="file,email")
    assert gmail.plan_merge(template, table).bad == 7
    options = MergeOptions(attach_from=(tmp_path.parent,))
    assert gmail.plan_merge(template, table, options=options).bad == 4
    options = MergeOptions(attach_from=(tmp_path / ".ssh",))
    assert gmail.plan_merge(template, table, options=options).bad == 4


@pytest.mark.parametrize("text", ["Hi ![p]({{ file }})\n", "<img src='{{ file }}'>\n"])
def test_a_row_cannot_have_a_picture_of_elsewhere_sent(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, tmp_path: Path, text: str
) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(20)
    elsewhere = tmp_path.parent / f"{tmp_path.name}-pictures"
    for place in (tmp_path / "in.png", tmp_path / ".keys" / "id.png", elsewhere / "out.png"):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(picture)
    (tmp_path / "link.png").symlink_to(elsewhere / "out.png")
    kind = "html" if "<" in text else "markdown"
    template = letter(f"---\nsubject: x\nformat: {kind}\n---\n{text}")
    names = [f"{elsewhere}/out.png", f"../{elsewhere.name}/out.png", "link.png", ".keys/id.png"]
    names += ["gone.png", "in.png"]
    table = people([f"{name},{n}@x.org" for n, name in enumerate(names)], heading="file,email")
    plan = gmail.plan_merge(template, table)
    assert [each.row for each in plan.problems] == [2, 3, 4, 5, 6]
    assert {each.columns for each in plan.problems} == {("file",)}
    options = MergeOptions(attach_from=(elsewhere,))
    assert gmail.plan_merge(template, table, options=options).bad == 2
    gmail.run_merge(plan, skip_bad=True)
    (mail,) = sandbox.sent()
    assert [(a.filename, a.content) for a in mail.attachments] == [("in.png", picture)]


def test_attachments_are_looked_for_beside_the_template_then_the_table_then_where_it_is_said(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    for name in ("templates", "bills"):
        (tmp_path / name).mkdir()
    for place in ("templates/1.txt", "1.txt", "2.txt", "bills/2.txt", "bills/3.txt"):
        (tmp_path / place).write_text(place)
    template = letter("---\nsubject: x\nattach: {{ n }}.txt\n---\nHi\n", "templates/letter.md")
    table = people(["1,a@x.org", "2,b@x.org", "3,c@x.org"], heading="n,email")
    assert gmail.plan_merge(template, table).bad == 1
    gmail.merge(template, table, options=MergeOptions(attach_from=(tmp_path / "bills",)))
    found = [each.content.decode() for mail in sandbox.sent() for each in mail.attachments]
    assert sorted(found) == ["2.txt", "bills/3.txt", "templates/1.txt"]


def test_what_policy_parked_is_approved_called_off_or_waits_and_is_never_sent_by_the_merge(
    sandbox: Sandbox, gmail: Gmail, home: Home, letter: Write, people: Write, tmp_path: Path
) -> None:
    home.config.mkdir(parents=True)
    (home.config / "policy.toml").write_text('approval = "all"\n')
    options = MergeOptions(receipts=tmp_path / "r.csv")
    assert gmail.merge(letter(), people(), options=options).parked == 3
    assert sandbox.sent() == []
    approved, denied, _ = gmail.outbox.waiting()
    gmail.outbox.approve(approved.key)
    gmail.outbox.cancel(denied.key)
    (home.config / "policy.toml").unlink()
    plan = gmail.plan_merge(letter(), people(), options=options)
    assert (plan.to_send, plan.sent, plan.closed) == (0, 1, 2)
    gmail.run_merge(plan)
    assert len(sandbox.sent()) == 1
    last = {each.row: each.status for each in read_receipts(tmp_path / "r.csv")}
    assert sorted(last.values()) == ["cancelled", "parked", "sent"]


def test_a_limit_leaves_the_rest_for_the_next_run(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    options = MergeOptions(limit=2)
    plan = gmail.plan_merge(letter(), people(5), options=options)
    assert (plan.to_send, plan.left, plan.units) == (2, 3, 220)
    assert gmail.run_merge(plan).left == 3
    assert gmail.merge(letter(), people(5), options=options).before == 2
    assert gmail.merge(letter(), people(5), options=options).sent == 1
    assert len(set(sent_to(sandbox))) == len(sandbox.sent()) == 5


def test_the_limit_of_a_day_ends_the_run_and_the_next_one_goes_on(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    gmail.send(to=["ann@example.com", "bob@example.com"], subject="Counts too", text="x")
    options = MergeOptions(day_limit=4)
    plan = gmail.plan_merge(letter(), people(5), options=options)
    assert (plan.sent_today, plan.days) == (2, 2)
    with pytest.raises(DailyLimit) as caught:
        gmail.run_merge(plan)
    first = min(entry.updated for entry in gmail.sent())
    assert caught.value.retry_at == first + timedelta(days=1)
    assert len(sandbox.sent()) == 3
    assert gmail.merge(letter(), people(5)).sent == 3
    assert len(set(sent_to(sandbox))) == 5 + 2


def test_the_limit_of_a_day_counts_what_left_in_it_and_what_may_have(
    settings_for: Callable[..., Settings], letter: Write, people: Write
) -> None:
    clock = FakeClock(time.time())
    with Gmail(settings=settings_for(), clock=clock) as gmail:
        for key in ("sent", "unknown", "waits"):
            at = "in 2 days" if key != "waits" else "in 9 days"
            gmail.send_later(to="ann@example.com", subject=key, text="x", at=at, key=key)
        clock.time += 2 * 86_400 + 1
        assert len(list(gmail.outbox.run())) == 2
        gmail._connection.sends.change("unknown", state="unknown")
        assert gmail.plan_merge(letter(), people()).sent_today == 2
        clock.time += 86_401
        assert gmail.plan_merge(letter(), people()).sent_today == 0


def test_gmail_s_own_daily_limit_ends_the_run(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    options = MergeOptions(receipts=tmp_path / "r.csv")
    gmail.merge(letter(), people(5), options=MergeOptions(limit=2, receipts=tmp_path / "r.csv"))
    sandbox.faults.add("429-dailyLimit:drafts.send:99")
    with pytest.raises(DailyLimit):
        gmail.merge(letter(), people(5), options=options)
    sandbox.faults.clear()
    gmail.reset_quota()
    assert gmail.merge(letter(), people(5), options=options).sent == 3
    assert len(set(sent_to(sandbox))) == len(sandbox.sent()) == 5
    assert [r.status for r in read_receipts(tmp_path / "r.csv")] == ["sent"] * 5


@pytest.mark.parametrize("when", ["drop", "after"])
@pytest.mark.parametrize("method", ["drafts.create", "drafts.send"])
def test_a_lost_answer_doubles_nothing(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, method: str, when: str
) -> None:
    sandbox.faults.next(503, method=method, when=when)
    assert gmail.merge(letter(), people(4)).sent == 4
    assert sorted(sent_to(sandbox)) == [f"p{n}@example.net" for n in (1, 2, 3, 4)]


def test_a_row_that_gmail_refuses_fails_alone_and_is_tried_by_only_failed(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    receipts = tmp_path / "r.csv"
    sandbox.faults.next(400, reason="invalidArgument", method="drafts.create")
    result = gmail.merge(letter(), people(4), options=MergeOptions(receipts=receipts, limit=3))
    assert (result.sent, result.bad) == (2, 1)
    again = MergeOptions(receipts=receipts, only_failed=True)
    plan = gmail.plan_merge(letter(), people(4), options=again)
    assert (plan.rows, plan.to_send) == (1, 1)
    assert gmail.run_merge(plan).sent == 1
    assert len(sandbox.sent()) == 3
    said = [each.status for each in read_receipts(receipts)]
    assert sorted(said) == ["failed", "sent", "sent", "sent"]


def test_only_failed_finds_rows_that_were_put_right(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    receipts = tmp_path / "r.csv"
    bad = ["Ann,nobody", "Bob,bob@example.net", "Carla,carla@example.net"]
    options = MergeOptions(receipts=receipts, limit=1)
    gmail.run_merge(gmail.plan_merge(letter(), people(bad), options=options), skip_bad=True)
    good = ["Ann,ann@example.net", *bad[1:]]
    again = MergeOptions(receipts=receipts, only_failed=True)
    assert gmail.merge(letter(), people(good), options=again).sent == 1
    assert sorted(sent_to(sandbox)) == ["ann@example.net", "bob@example.net"]


def test_receipts_say_what_became_of_each_row(
    gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    receipts = tmp_path / "r.csv"
    rows = ["Ann,ann@example.net", "Bob,nobody", "Carla,carla@example.net"]
    plan = gmail.plan_merge(letter(), people(rows), options=MergeOptions(receipts=receipts))
    gmail.run_merge(plan, skip_bad=True)
    found = {each.row: each for each in read_receipts(receipts)}
    assert {row: each.status for row, each in found.items()} == {
        2: "sent",
        3: "invalid",
        4: "sent",
    }
    assert found[2].to == "ann@example.net"
    assert gmail.messages.get(found[2].message_id, format="minimal").id == found[2].message_id
    assert "nobody" in found[3].error
    gmail.run_merge(plan, skip_bad=True)  # nothing new to say
    assert len(list(read_receipts(receipts))) == 3


def test_lost_receipts_are_written_anew_from_the_ledger(
    gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    receipts = tmp_path / "r.csv"
    options = MergeOptions(receipts=receipts)
    gmail.merge(letter(), people(), options=options)
    before = sorted(read_receipts(receipts), key=lambda each: each.row)
    receipts.unlink()
    gmail.merge(letter(), people(), options=options)
    after = sorted(read_receipts(receipts), key=lambda each: each.row)
    assert [(r.row, r.to, r.status, r.message_id) for r in after] == [
        (r.row, r.to, r.status, r.message_id) for r in before
    ]
    assert len(after) == 3


def test_a_trial_goes_to_oneself_and_counts_for_nothing(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write, tmp_path: Path
) -> None:
    template = letter("---\nsubject: For {{ name }}\ncc: boss@example.com\n---\nHi\n")
    plan = gmail.plan_merge(template, people())
    assert len(gmail.try_merge(plan, "me", count=2)) == 2
    assert sent_to(sandbox) == ["me@example.com"] * 2
    assert all(mail.cc == () for mail in sandbox.sent())
    assert [mail.subject for mail in sandbox.sent()] == ["For Person 1", "For Person 2"]
    assert gmail.plan_merge(template, people()).to_send == 3


def test_each_step_is_told(gmail: Gmail, letter: Write, people: Write) -> None:
    steps: list[MergeStep] = []
    gmail.run_merge(gmail.plan_merge(letter(), people()), on_step=steps.append)
    assert [(step.done, step.total) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert isinstance(steps[0].receipt, Receipt)


def test_a_dead_sign_in_ends_the_run(
    sandbox: Sandbox, gmail: Gmail, letter: Write, people: Write
) -> None:
    plan = gmail.plan_merge(letter(), people())
    sandbox.faults.add("401::999")
    with pytest.raises((SignInNeeded, Refused)):
        gmail.run_merge(plan)
    assert sandbox.sent() == []


def test_rows_that_wait_for_their_turn_do_not_go_after_the_end(
    sandbox: Sandbox, settings_for: Callable[..., Settings], letter: Write, people: Write
) -> None:
    with Gmail(settings=settings_for()) as gmail:
        plan = gmail.plan_merge(letter(), people(5), options=MergeOptions(rate=300))
        sandbox.faults.add("401:drafts.create:99")
        with pytest.raises((SignInNeeded, Refused)):
            gmail.run_merge(plan)
    asked = [path for method, path in sandbox.requests if method == "POST" and "drafts" in path]
    assert len(asked) < 3  # three are begun at once; whoever comes first ends it, or the second
    assert sandbox.sent() == []


def test_a_token_that_may_only_send_is_enough(
    sandbox: Sandbox, settings_for: Callable[..., Settings], letter: Write, people: Write
) -> None:
    with Gmail(settings=settings_for(purpose="send")) as gmail:
        plan = gmail.plan_merge(letter(), people())
        assert plan.units == 300
        assert gmail.run_merge(plan).sent == 3
    assert len(set(sent_to(sandbox))) == 3


def test_the_validation_of_many_rows_takes_no_more_memory_than_that_of_few(
    gmail: Gmail, letter: Write, people: Write
) -> None:
    template = letter("---\nsubject: For {{ name }}\n---\nHi {{ name }}\n")
    gmail.plan_merge(template, people(10))  # loads what there is to load
    peaks = []
    for rows in (300, 3_000):
        table = people(rows)
        tracemalloc.start()
        assert gmail.plan_merge(template, table).to_send == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000, peaks
