"""`gmailkit reply`, `reply-all` and `forward`, in scripts and on a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.mime.parse import parse
from gmailkit.model.mail import Mail
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter
from terminal import Terminal

Cli = Callable[..., Any]
Open = Callable[..., Terminal]
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def id(mailbox: Sandbox) -> str:
    return mailbox.mail.put(ME, letter("Dinner", body="At eight?"))


def received(mailbox: Sandbox, address: str = ANN) -> list[Mail]:
    return [parse(mailbox.mail.raw(address, id)) for id in mailbox.mail.ids(address)]


def writes(mailbox: Sandbox) -> list[str]:
    return [path for method, path in mailbox.requests if method != "GET"]


def editor(folder: Path, script: str) -> str:
    """A command that edits the file it is given, without a person."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return str(path)


def test_a_reply_says_from_whom_to_whom_and_about_what_and_leaves(
    cli: Cli, mailbox: Sandbox, id: str
) -> None:
    ran = cli("reply", id, "Fine.")
    assert ran.code == 0
    assert ran.out.startswith("Sent to ann@example.com (id ")
    assert f"From {ME} to {ANN}: Re: Dinner" in ran.err
    (mail,) = received(mailbox)
    assert mail.text.startswith("Fine.\n\nOn Tue, 24 Nov 2026 at 10:00 +0000, Ann Lee")
    assert "> At eight?" in mail.text


@pytest.mark.parametrize("way", ["argument", "dash", "pipe", "file"])
def test_the_text_comes_from_where_it_is(
    program: Cli, mailbox: Sandbox, id: str, tmp_path: Path, way: str
) -> None:
    (tmp_path / "answer.txt").write_text("Grüße\n")
    line = {
        "argument": ["Grüße"],
        "dash": ["-"],
        "pipe": [],
        "file": ["--body-file", str(tmp_path / "answer.txt")],
    }[way]
    ran = program(["reply", id, *line, "--no-quote"], stdin="" if way == "argument" else "Grüße\n")
    assert ran.code == 0, ran.err
    assert received(mailbox)[0].text.strip() == "Grüße"


def test_two_texts_are_one_too_many(cli: Cli, mailbox: Sandbox, id: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    ran = cli("reply", id, "a", "--body-file", str(tmp_path / "x"))
    assert (ran.code, ran.out) == (2, "")
    assert "given twice" in ran.err
    assert writes(mailbox) == []


def test_recipients_go_and_come(cli: Cli, mailbox: Sandbox) -> None:
    raw = letter("Team").replace(f"To: {ME}".encode(), f"To: {ME}, {BOB}\r\nCc: c@x.org".encode())
    id = mailbox.mail.put(ME, raw)
    ran = cli(*("reply-all", id, "x", "--remove", ANN, "--add", "Dan <d@x.org>", "--json"))
    assert [each["email"] for each in json.loads(ran.out)["to"]] == [BOB, "d@x.org", "c@x.org"]
    ran = cli("reply", id, "x", "--remove", "nobody@x.org")
    assert ran.code == 2
    assert "would not get it anyway" in ran.err


def test_dry_run_writes_the_exact_message(cli: Cli, mailbox: Sandbox, id: str) -> None:
    ran = cli("reply", id, "Fine.", "--dry-run")
    assert ran.code == 0
    mail = parse(ran.out.encode())
    assert (mail.subject, mail.in_reply_to) == ("Re: Dinner", mail.references[-1])
    assert "nothing was" in ran.err
    said = json.loads(cli("forward", id, BOB, "--dry-run", "--json").out)
    assert (said["subject"], said["done"]) == ("Fwd: Dinner", False)
    assert writes(mailbox) == []


def test_a_preview_sends_nothing_where_nobody_says_yes(cli: Cli, mailbox: Sandbox, id: str) -> None:
    ran = cli("reply", id, "Fine.", "--preview")
    assert ran.code == 0
    assert "Subject: Re: Dinner" in ran.out
    assert writes(mailbox) == []
    assert cli("reply", id, "Fine.", "--preview", "--yes").code == 0
    assert len(received(mailbox)) == 1


def test_markdown_becomes_html_with_the_quote_in_it(cli: Cli, mailbox: Sandbox, id: str) -> None:
    assert cli("reply", id, "So **good**", "-m").code == 0
    (mail,) = received(mailbox)
    assert "<strong>good</strong>" in mail.html
    assert mail.html.index("good") < mail.html.index("<blockquote") < mail.html.index("At eight?")
    assert mail.text.startswith("So ")


def test_the_same_key_replies_once(cli: Cli, mailbox: Sandbox, id: str) -> None:
    first, again = (cli("reply", id, "Once", "--key", "k") for _ in range(2))
    assert (first.code, again.code) == (0, 0)
    assert "It left before" in again.err
    assert len(received(mailbox)) == 1


def test_a_forward_goes_to_all_that_are_named(cli: Cli, mailbox: Sandbox, id: str) -> None:
    ran = cli("forward", id, f"{BOB}, {ANN}", "--body", "See below")
    assert ran.code == 0, ran.err
    for address in (ANN, BOB):
        (mail,) = received(mailbox, address)
        assert mail.text.startswith(
            "See below\n\n---------- Forwarded message ---------\nFrom: Ann"
        )
    assert cli("forward", id, "me", "--as-attachment").code == 0
    assert received(mailbox, ME)[0].attachments[0].content_type == "message/rfc822"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("reply", "3", "x"), "nothing was listed on this terminal"),
        (("reply", "what is this", "x"), "neither a message id nor a row"),
        (("reply", "18c2f0a1b2c3d4e5", "x"), "has nothing under"),
        (("forward", "ID", "nobody"), "is no e-mail address"),
        (("forward", "ID"), "TO is missing"),
        (("reply", "ID", "x", "--from", "else@x.org"), "is not an address of this account"),
        (("reply", "ID", "x", "-a", "/nonexistent"), "/nonexistent"),
        (("reply", "ID", "x", "--fast", "--via", "smtp"), "exclude each other"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_leaves(
    cli: Cli, mailbox: Sandbox, id: str, line: tuple[str, ...], says: str
) -> None:
    ran = cli(*[id if word == "ID" else word for word in line])
    assert ran.code in (2, 6)
    assert says.casefold() in ran.err.casefold()
    assert ran.out == ""
    assert writes(mailbox) == []


@pytest.mark.parametrize("verb", ["reply", "reply-all", "forward"])
def test_they_leave_later_as_send_does(cli: Cli, mailbox: Sandbox, id: str, verb: str) -> None:
    line = (verb, id, ANN, "--body", "x") if verb == "forward" else (verb, id, "x")
    ran = cli(*line, "--at", "tomorrow 9:00", "--key", "at")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Leaves ")
    assert "(key at)" in ran.out
    ran = cli(*line, "--hold", "5m", "--detach", "--key", "hold")
    assert "(key hold)" in ran.out
    assert received(mailbox) == []
    listed = json.loads(cli("outbox", "list", "--json").out.splitlines()[0])
    assert listed["key"] == "hold"
    assert cli(*line, "--at", "tomorrow 9:00", "--fast").code == 2


@pytest.mark.parametrize("verb", ["reply", "reply-all", "forward"])
def test_strict_holds_for_them_too(cli: Cli, mailbox: Sandbox, id: str, verb: str) -> None:
    says = "the plan is attached"
    line = (verb, id, ANN, "--body", says) if verb == "forward" else (verb, id, says)
    ran = cli(*line, "--strict")
    assert ran.code == 2
    assert "Nothing was sent." in ran.err
    assert writes(mailbox) == []


@pytest.mark.parametrize("verb", ["reply", "reply-all", "forward"])
def test_html_stands_above_what_is_quoted(
    program: Cli, mailbox: Sandbox, id: str, verb: str
) -> None:
    to = [ANN] if verb == "forward" else []
    ran = program([verb, id, *to, "--html", "<p>Yes, <b>gladly</b></p>"])
    assert ran.code == 0, ran.err
    (mail,) = received(mailbox)
    assert mail.html.index("<b>gladly</b>") < mail.html.index("At eight?")


def test_text_after_the_recipients_of_a_forward_is_told_where_it_goes(
    cli: Cli, mailbox: Sandbox, id: str
) -> None:
    ran = cli("forward", id, ANN, "For your files.")
    assert (ran.code, ran.out) == (2, "")
    assert "'For your files.' is no e-mail address." in ran.err
    assert "the text goes after --body" in ran.err


def test_an_empty_reply_wants_a_yes(cli: Cli, mailbox: Sandbox, id: str) -> None:
    ran = cli("reply", id, "")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert writes(mailbox) == []


@pytest.mark.parametrize("text", ["2", "2-4,7", "2,"])
def test_a_reply_that_may_be_rows_wants_a_yes(
    cli: Cli, mailbox: Sandbox, id: str, text: str
) -> None:
    ran = cli("reply", id, text)
    assert (ran.code, ran.out) == (2, "")
    assert f"The whole text is {text!r}, and only one message is answered. Send that?" in ran.err
    assert "--yes" in ran.err
    assert writes(mailbox) == []
    assert cli("reply", id, text, "--yes").code == 0
    assert received(mailbox)[0].text.startswith(f"{text}\n")


# On a terminal


def test_a_row_of_the_last_list_is_replied_to(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal(script="$GMAILKIT search Lunch; $GMAILKIT reply 1 'Yes, please.'")
    assert screen.close() == 0, screen.screen
    assert f"From {ME} to {ANN}: Re: Lunch" in screen.screen
    assert received(mailbox)[0].subject == "Re: Lunch"


def test_a_stale_number_is_refused(terminal: Open, mailbox: Sandbox) -> None:
    screen = terminal(script="$GMAILKIT search nowhere; $GMAILKIT reply 1 'Yes.'")
    assert screen.close() == 2
    assert "There is no row 1" in screen.screen
    assert received(mailbox) == []


def test_the_editor_shows_the_quote_and_what_is_written_leaves(
    terminal: Open, mailbox: Sandbox, id: str, tmp_path: Path
) -> None:
    command = editor(tmp_path, 'cp "$1" ' + f"{tmp_path}/shown; sed -i '0,/^$/s//Yes!/' \"$1\"")
    screen = terminal("reply", id, EDITOR=command)
    assert screen.close() == 0, screen.screen
    shown = (tmp_path / "shown").read_text()
    assert "> At eight?" in shown
    assert "# To: Ann Lee <ann@example.com>\n# Subject: Re: Dinner\n" in shown
    (mail,) = received(mailbox)
    assert mail.text.startswith("Yes!\n")
    assert mail.text.count("At eight?") == 1
    assert "#" not in mail.text


@pytest.mark.parametrize(
    ("script", "begins"),
    [
        ("sed -i '0,/^$/s//# Plan\\n#2 it is/' \"$1\"", "# Plan\n#2 it is\n"),
        ("sed -i '1s/^/# Plan\\n/' \"$1\"", "# Plan\n"),
        ("sed -i '1s/^/Yes!/' \"$1\"", "Yes!\n"),
        ("printf '# To: do\\n' > \"$1\"", "# To: do\n"),
    ],
    ids=["below", "above", "before on the line", "in their place"],
)
def test_lines_of_the_persons_own_survive_wherever_they_are_typed(
    terminal: Open, mailbox: Sandbox, id: str, tmp_path: Path, script: str, begins: str
) -> None:
    screen = terminal("reply", id, EDITOR=editor(tmp_path, script))
    assert screen.close() == 0, screen.screen
    (mail,) = received(mailbox)
    assert mail.text.startswith(begins)
    assert "# From" not in mail.text
    assert "# Subject" not in mail.text


def test_a_recipient_changed_in_the_editor_is_refused_and_the_text_kept(
    terminal: Open, mailbox: Sandbox, id: str, tmp_path: Path, own_home: Path
) -> None:
    command = editor(tmp_path, "sed -i 's/^# To: .*/# To: bob@example.com/' \"$1\"")
    screen = terminal("reply", id, EDITOR=command, columns=300)
    assert screen.close() == 2
    assert "The line # To: was changed, which changes nothing." in screen.screen
    assert len(list((own_home / "state" / "written").iterdir())) == 1
    assert received(mailbox) == []


def test_an_empty_text_sends_nothing(
    terminal: Open, mailbox: Sandbox, id: str, tmp_path: Path
) -> None:
    screen = terminal("reply", id, EDITOR=editor(tmp_path, "sed -i '/^[^#]/d' \"$1\""))
    assert screen.close() == 1
    assert "nothing was sent" in screen.screen
    assert received(mailbox) == []


@pytest.mark.parametrize(("answer", "leaves"), [("\n", 1), ("y\n", 1), ("n\n", 0), ("\x04", 0)])
def test_a_forward_without_a_text_asks_and_enter_sends_it(
    terminal: Open, mailbox: Sandbox, id: str, answer: str, leaves: int
) -> None:
    screen = terminal("forward", id, ANN)
    screen.wait_for("Forward it without a text? [Y/n] ")
    assert f"From {ME} to {ANN}: Fwd: Dinner" in screen.screen
    screen.type(answer)
    assert screen.close() == 1 - leaves
    assert len(received(mailbox)) == leaves


def test_a_forward_with_a_text_or_a_yes_asks_nothing(
    terminal: Open, mailbox: Sandbox, id: str
) -> None:
    assert terminal("forward", id, ANN, "--yes").close() == 0
    assert terminal("forward", id, ANN, "--body", "See below").close() == 0
    assert len(received(mailbox)) == 2


def test_an_editor_left_as_it_was_sends_nothing(
    terminal: Open, mailbox: Sandbox, id: str, own_home: Path
) -> None:
    screen = terminal("reply", id, EDITOR="true")
    assert screen.close() == 1
    assert "nothing was sent" in screen.screen
    assert received(mailbox) == []
    assert list((own_home / "state" / "written").iterdir()) == []


@pytest.mark.parametrize("trouble", ["editor", "server"])
def test_what_was_written_is_kept_where_it_cannot_leave(
    terminal: Open, mailbox: Sandbox, id: str, tmp_path: Path, own_home: Path, trouble: str
) -> None:
    if trouble == "server":
        mailbox.faults.next(400, method="drafts.create")
    end = "exit 3" if trouble == "editor" else "exit 0"
    command = editor(tmp_path, f"echo 'A long answer' > \"$1\"; {end}")
    screen = terminal("reply", id, EDITOR=command, columns=300)
    assert screen.close() != 0
    (kept,) = (own_home / "state" / "written").iterdir()
    assert kept.read_text() == "A long answer\n"
    assert (
        f"What you wrote is in {kept}. To go on from there: gmailkit reply {id} " in screen.screen
    )
    assert f"--no-quote --body-file {kept}\n" in screen.screen
    assert kept.stat().st_mode & 0o077 == 0
    assert received(mailbox) == []


def test_an_emptied_editor_leaves_no_file_and_says_of_none(
    terminal: Open, mailbox: Sandbox, id: str, tmp_path: Path, own_home: Path
) -> None:
    screen = terminal("reply", id, EDITOR=editor(tmp_path, ': > "$1"'), columns=300)
    assert screen.close() == 1
    assert "Nothing was written, nothing was sent." in screen.screen
    assert "What you wrote" not in screen.screen
    assert list((own_home / "state" / "written").iterdir()) == []


@pytest.mark.parametrize(
    ("end", "said"),
    [("kill -INT $$", "was stopped by Ctrl-C"), ("kill $$", "was ended by SIGTERM")],
)
def test_an_editor_that_is_ended_is_said_in_words(
    terminal: Open, mailbox: Sandbox, id: str, tmp_path: Path, end: str, said: str
) -> None:
    screen = terminal("reply", id, EDITOR=editor(tmp_path, end), columns=300)
    assert screen.close() == 1
    assert f"The editor {said}; nothing was changed." in screen.screen


def test_many_recipients_are_asked_about(terminal: Open, mailbox: Sandbox) -> None:
    many = ", ".join(f"p{number}@example.org" for number in range(12))
    raw = letter("All").replace(f"To: {ME}".encode(), f"To: {ME}, {many}".encode())
    id = mailbox.mail.put(ME, raw)
    screen = terminal("reply-all", id, "Hello all")
    screen.wait_for("Send it to 13 recipients? [y/N] ")
    screen.type("n\n")
    assert screen.close() == 1
    assert received(mailbox) == []
    assert terminal("reply-all", id, "Hello all", "--yes").close() == 0
    assert len(received(mailbox)) == 1
