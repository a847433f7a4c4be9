"""`gmailkit drafts`: the list, the editable form, and that nothing written is ever lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmailkit.cli.draft_form import read_form, write_form
from gmailkit.errors import UsageError
from gmailkit.gmail import Gmail
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Address, Mail
from gmailkit.sandbox import Sandbox
from mailroom import ME
from terminal import Terminal

Cli = Callable[..., Any]
Open = Callable[..., Terminal]
ANN = "ann@example.com"
NEW = ("drafts", "create", "Ann Lee <ann@example.com>", "-s", "Report", "--body", "On Monday.")


@pytest.fixture
def draft(cli: Cli, mailbox: Sandbox) -> str:
    """The id of a draft with an attachment."""
    return str(json.loads(cli(*NEW, "-a", __file__, "--json").out)["draft"])


def kept(mailbox: Sandbox) -> list[Mail]:
    ids = [id for id in mailbox.mail.ids(ME) if "DRAFT" in mailbox.mail.labels_of(ME, id)]
    return [parse(mailbox.mail.raw(ME, id)) for id in ids]


def editor(folder: Path, script: str) -> str:
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


def written(own_home: Path) -> list[Path]:
    return list((own_home / "state" / "written").glob("*"))


def test_drafts_are_listed_for_people_pipes_and_programs(
    cli: Cli, mailbox: Sandbox, draft: str
) -> None:
    for line in (("drafts",), ("drafts", "list", "subject:report")):
        (row,) = cli(*line).out.splitlines()
        id, when, to, subject, waits = row.split("\t")
        assert waits == ""
        assert (id, to, subject) == (draft, "Ann Lee", "Report")
        assert when.endswith("Z")
    record = json.loads(cli("drafts", "--json").out)
    assert record["draft"] == draft
    assert record["to"] == [{"email": ANN, "name": "Ann Lee"}]
    assert "No draft matches" in cli("drafts", "list", "subject:nowhere").err


def test_a_draft_may_go_to_nobody_and_hold_what_send_takes(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("drafts", "create", "-s", "Ideas", "--body", "**One**", "-m", "--bcc", "b@x.org")
    assert ran.code == 0
    assert cli("drafts", "create", "-s", "Later").code == 0
    ideas, later = sorted(kept(mailbox), key=lambda mail: mail.subject)
    assert "<strong>One</strong>" in ideas.html
    assert [each.email for each in ideas.bcc] == ["b@x.org"]
    assert (later.to, later.text.strip()) == ((), "")
    assert parse(cli(*NEW, "--dry-run").out.encode()).subject == "Report"
    assert len(kept(mailbox)) == 2


def test_a_draft_is_shown_whole_raw_and_as_a_form(cli: Cli, mailbox: Sandbox, draft: str) -> None:
    assert "On Monday." in cli("drafts", "show", draft).out
    assert json.loads(cli("drafts", "show", draft, "--json").out)["subject"] == "Report"
    form = cli("drafts", "show", draft, "--form").out
    assert "To: Ann Lee <ann@example.com>\n" in form
    assert form.endswith("Subject: Report\n\nOn Monday.\n")
    assert f"# Attached, and kept: {Path(__file__).name}" in form
    ran = cli("drafts", "show", "r-1234567")
    assert (ran.code, ran.out) == (6, "")
    assert "has no draft r-1234567" in ran.err


def test_an_edited_form_goes_back(program: Cli, cli: Cli, mailbox: Sandbox, draft: str) -> None:
    form = cli("drafts", "show", draft, "--form").out.replace("Monday", "Tuesday, 東京")
    form = form.replace("Cc:", "Cc: Bob <bob@example.com>,\n  c@x.org")
    assert program(["drafts", "edit", draft, "--form", "-"], stdin=form).code == 0
    (mail,) = kept(mailbox)
    assert mail.text.strip() == "On Tuesday, 東京."
    assert [each.email for each in mail.cc] == ["bob@example.com", "c@x.org"]
    assert mail.attachments[0].content == Path(__file__).read_bytes()
    ran = program(["drafts", "edit", draft, "--form", "-"], stdin=form)
    assert "Nothing was changed" in ran.err
    ran = program(["drafts", "edit", draft, "--form", "-", "-n"], stdin=form + "More")
    assert ran.out.endswith("More\n")
    assert kept(mailbox) == [mail]


def test_without_a_terminal_no_editor_is_opened(cli: Cli, mailbox: Sandbox, draft: str) -> None:
    ran = cli("drafts", "edit", draft)
    assert ran.code == 2
    assert "--form FILE" in ran.err


def test_formatting_is_not_lost_without_a_yes(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    html = "<div><b>Bold</b> words</div>"
    made = cli("drafts", "create", "--html", html, "-s", "x", "--json")
    id, form = json.loads(made.out)["draft"], tmp_path / "form"
    form.write_text(cli("drafts", "show", id, "--form").out.replace("Subject: x", "Subject: y"))
    assert cli("drafts", "edit", id, "--form", str(form)).code == 0
    assert (kept(mailbox)[0].subject, kept(mailbox)[0].html.strip()) == ("y", html)
    form.write_text(form.read_text().replace("words", "new words"))
    ran = cli("drafts", "edit", id, "--form", str(form))
    assert ran.code == 2
    assert "--yes" in ran.err
    assert kept(mailbox)[0].html.strip() == html
    assert cli("drafts", "edit", id, "--form", str(form), "--yes").code == 0
    assert "Bold new words" in kept(mailbox)[0].html
    assert "<b>" not in kept(mailbox)[0].html


def test_html_can_be_edited_as_html(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    made = cli("drafts", "create", "--html", "<p>One <b>two</b></p>", "--json")
    form = tmp_path / "form"
    form.write_text("To: ann@example.com\n\n<p>One <i>three</i></p>\n")
    id = json.loads(made.out)["draft"]
    assert cli("drafts", "edit", id, "--form", str(form), "--html").code == 0
    (mail,) = kept(mailbox)
    assert mail.html.strip() == "<p>One <i>three</i></p>"
    assert mail.text.strip() == "One three"


def test_a_draft_is_sent_once(cli: Cli, mailbox: Sandbox, draft: str) -> None:
    assert parse(cli("drafts", "send", draft, "--dry-run").out.encode()).subject == "Report"
    ran = cli("drafts", "send", draft)
    assert ran.code == 0
    assert f"From {ME} to {ANN}: Report, 1 attachment" in ran.err
    again = cli("drafts", "send", draft, "--json")
    assert json.loads(again.out)["again"] is True
    assert len(mailbox.mail.ids(ANN)) == 1
    assert kept(mailbox) == []


def test_a_draft_is_deleted_only_when_it_was_meant(cli: Cli, mailbox: Sandbox, draft: str) -> None:
    ran = cli("drafts", "delete", draft)
    assert ran.code == 2
    assert "--forever" in ran.err
    ran = cli("drafts", "delete", draft, "--forever")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert "'Report' to ann@example.com" in cli("drafts", "delete", draft, "--dry-run").out
    assert len(kept(mailbox)) == 1
    assert cli("drafts", "delete", draft, "--forever", "--yes").code == 0
    assert kept(mailbox) == []


# In the outbox


@pytest.fixture
def waiting(cli: Cli, mailbox: Sandbox) -> str:
    letter = ("send", ANN, "-s", "Later", "--body", "On Monday.")
    ran = cli(*letter, "--at", "tomorrow 9:00", "--key", "k", "--json")
    return str(json.loads(ran.out)["draft_id"])


def test_what_waits_in_the_outbox_is_marked(
    terminal: Open, cli: Cli, mailbox: Sandbox, waiting: str, draft: str
) -> None:
    marks = {row.split("\t")[0]: row.split("\t")[4] for row in cli("drafts").out.splitlines()}
    assert marks == {waiting: "held", draft: ""}
    records = map(json.loads, cli("drafts", "--json").out.splitlines())
    facts = {each["draft"]: each["waits"] for each in records}
    assert (facts[waiting]["key"], facts[draft]) == ("k", None)
    assert json.loads(cli("drafts", "show", waiting, "--json").out)["waits"]["state"] == "held"
    assert "waits in the outbox and leaves" in cli("drafts", "show", waiting).err
    screen = terminal("drafts")
    assert screen.close() == 0
    assert "[held] Later" in screen.screen
    assert "[held] Report" not in screen.screen


def test_a_ledger_that_is_spoilt_hides_no_draft(
    cli: Cli, mailbox: Sandbox, waiting: str, own_home: Path
) -> None:
    (path,) = own_home.rglob("sent.sqlite3")
    path.write_bytes(b"junk" * 1000)
    ran = cli("drafts")
    assert (ran.code, ran.out.split("\t")[0]) == (0, waiting)
    assert "Which drafts wait in the outbox is not known" in ran.err


def test_what_waits_is_edited_and_says_what_it_waits_for(
    cli: Cli, mailbox: Sandbox, waiting: str, tmp_path: Path
) -> None:
    form = tmp_path / "form"
    form.write_text(cli("drafts", "show", waiting, "--form").out.replace("Monday", "Friday"))
    ran = cli("drafts", "edit", waiting, "--form", str(form))
    assert ran.code == 0
    assert "It waits in the outbox and leaves" in ran.err
    assert kept(mailbox)[0].text.strip() == "On Friday."


def test_what_is_being_sent_is_refused_before_the_editor_opens(
    terminal: Open, mailbox: Sandbox, waiting: str, tmp_path: Path
) -> None:
    with Gmail() as gmail:
        gmail._connection.sends.change("k", state="sending")
    command = editor(tmp_path, f"touch {tmp_path / 'opened'}")
    screen = terminal("drafts", "edit", waiting, EDITOR=command, columns=300)
    assert screen.close() == 7
    assert "is being sent; it was not changed.\nTry: gmailkit sent --finish\n" in screen.screen
    assert not (tmp_path / "opened").exists()


def test_an_address_that_is_none_is_told_with_the_way_out(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("drafts", "create", "ann@nowhere", "-s", "x").code == 2
    with Gmail() as gmail:
        draft = gmail.drafts.create(b"To: ann@nowhere\r\nSubject: x\r\n\r\nx\r\n").id
    ran = cli("drafts", "send", draft)
    assert ran.code == 2
    assert "To: 'ann@nowhere' is no e-mail address." in ran.err
    assert ran.err.endswith(f"Try: gmailkit drafts edit {draft}\n")


# On a terminal


def test_rows_name_drafts_edited_ones_too(
    terminal: Open, mailbox: Sandbox, draft: str, tmp_path: Path
) -> None:
    command = editor(tmp_path, 'sed -i s/Monday/Friday/ "$1"')
    script = "; ".join(
        f"$GMAILKIT drafts {line}" for line in ("list", "show 1", "edit 1", "show 1")
    )
    screen = terminal(script=script, EDITOR=command)
    assert screen.close() == 0
    assert "  1  " in screen.screen
    assert "On Monday." in screen.screen
    assert f"the draft {draft} is changed" in screen.screen
    assert "On Friday." in screen.screen
    assert kept(mailbox)[0].text.strip() == "On Friday."


def test_what_the_form_cannot_say_is_kept_in_a_file(
    terminal: Open, mailbox: Sandbox, draft: str, tmp_path: Path, own_home: Path
) -> None:
    command = editor(tmp_path, "sed -i 's/^Subject:/Sujet:/; s/Monday/Sunday/' \"$1\"")
    screen = terminal("drafts", "edit", draft, EDITOR=command, columns=300)
    assert screen.close() == 2
    assert "is no header of a draft: 'Sujet: Report'" in screen.screen
    (path,) = written(own_home)
    assert f"\nWhat you wrote is in {path}. To go on from there: " in screen.screen
    assert f"gmailkit drafts edit {draft} --form {path}\n" in screen.screen
    assert "On Sunday." in path.read_text()
    assert kept(mailbox)[0].text.strip() == "On Monday."


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $$"])
def test_an_editor_that_fails_changes_and_loses_nothing(
    terminal: Open, mailbox: Sandbox, draft: str, tmp_path: Path, own_home: Path, end: str
) -> None:
    command = editor(tmp_path, f'sed -i s/Monday/Sunday/ "$1"; {end}')
    screen = terminal("drafts", "edit", draft, VISUAL=command, EDITOR="false", columns=300)
    assert screen.close() == 1
    (path,) = written(own_home)
    assert "Sunday" in path.read_text()
    assert str(path) in screen.screen
    assert kept(mailbox)[0].text.strip() == "On Monday."
    screen = terminal("drafts", "edit", draft, "--form", str(path))
    assert screen.close() == 0
    assert kept(mailbox)[0].text.strip() == "On Sunday."


def test_a_draft_changed_elsewhere_while_it_was_edited_is_not_overwritten(
    terminal: Open, mailbox: Sandbox, draft: str, tmp_path: Path, own_home: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("To: ann@example.com\nSubject: Report\n\nFrom the phone.\n")
    command = editor(
        tmp_path,
        f'sed -i s/Monday/Sunday/ "$1"; $GMAILKIT drafts edit {draft} --form {elsewhere}',
    )
    screen = terminal("drafts", "edit", draft, EDITOR=command, columns=300)
    assert screen.close() == 7
    assert "changed meanwhile" in screen.screen
    assert "Sunday" in written(own_home)[0].read_text()
    assert kept(mailbox)[0].text.strip() == "From the phone."


def test_an_editor_that_is_not_there_is_said(terminal: Open, mailbox: Sandbox, draft: str) -> None:
    screen = terminal("drafts", "edit", draft, EDITOR="/nonexistent/editor")
    assert screen.close() == 2
    assert "cannot be started" in screen.screen


# The form


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]))


@given(name=NAMES.map(lambda text: " ".join(text.split())), body=NAMES)
def test_a_form_reads_back_as_it_was_written(name: str, body: str) -> None:
    mail = Mail(
        sender=Address("me@example.com", name),
        to=(Address("a@x.org", name), Address("b@x.org")),
        subject=name,
    )
    form = read_form(write_form(mail, body, notes=["a note"]))
    odd = "=?" in name or name.strip(" <>") != name
    assert form.put_into(Mail(), before=read_form("\n")) == mail or odd
    assert form.put_into(mail, before=form) == mail
    assert form.body == body.rstrip("\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Hello\n\nx", "Line 1 is no header"),
        ("To: a@x.org\nTo: b@x.org\n\nx", "Line 2 is a second To"),
        ("# note\nTo: nobody\n\nx", "To: 'nobody' is no e-mail address"),
        ("From: a@x.org, b@x.org\n\nx", "more than one"),
        ("X-Odd: 1\n\nx", "Line 1 is no header"),
    ],
)
def test_a_form_that_cannot_be_read_names_its_line(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_form(text)


def test_a_form_may_be_sparse() -> None:
    form = read_form("# a note\nsubject:Hi\n")
    assert (form.subject, form.to, form.body) == ("Hi", (), "")
    assert read_form("\nOnly text\n# kept").body == "Only text\n# kept"


def test_a_row_that_is_none_is_told_where_drafts_are_listed(
    terminal: Open, mailbox: Sandbox, draft: str
) -> None:
    screen = terminal(script="$GMAILKIT drafts list; $GMAILKIT drafts send 7")
    assert screen.close() == 2
    assert "There is no row 7" in screen.screen
    assert "gmailkit drafts" in screen.screen
    assert "search" not in screen.screen


def test_the_row_of_a_draft_that_has_left_says_so_as_its_id_does(
    terminal: Open, mailbox: Sandbox, draft: str
) -> None:
    screen = terminal(script="$GMAILKIT drafts; $GMAILKIT drafts send 1; $GMAILKIT drafts send 1")
    assert screen.close() == 0, screen.screen
    assert "It left before" in screen.screen
    assert len(mailbox.mail.ids(ANN)) == 1


def test_the_key_of_what_waits_in_the_outbox_names_its_draft(cli: Cli, mailbox: Sandbox) -> None:
    line = ("send", ANN, "-s", "Later", "--body", "x", "--at", "tomorrow 9:00", "--key", "friday")
    assert cli(*line).code == 0
    ran = cli("drafts", "show", "friday")
    assert ran.code == 0, ran.err
    assert "Subject: Later" in ran.out
