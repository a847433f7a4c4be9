"""The verbs that change messages, `journal` and `undo`, as a person and a program use them."""

from __future__ import annotations

import io
import json
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gmailkit.cli.plan import MOST
from gmailkit.cli.signals import Stopped
from gmailkit.record.journal import Call, Journal
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in, letter
from terminal import Terminal

Cli = Callable[..., Any]
Open = Callable[..., Terminal]


def writes(mailbox: Sandbox) -> list[str]:
    return [path for method, path in mailbox.requests if method != "GET"]


def found(cli: Cli, query: str) -> set[str]:
    return set(cli("search", query, "--ids").out.split())


def many(mailbox: Sandbox, count: int) -> None:
    for number in range(count):
        mailbox.mail.put(ME, letter(f"Many {number}"))


def arrive(mailbox: Sandbox, ids: set[str]) -> None:
    """Nobody has read them yet."""
    user, messages = mailbox.mail.users.get(ME).n, mailbox.mail.messages
    there = [each for id in ids if (each := messages.find(user, id))]
    messages.relabel(user, there, ["UNREAD"], [])


# Verb, search for what it is done to, search that finds them then.
VERBS = [
    ("archive", "report", "report -in:inbox"),
    ("trash", "subject:report", "in:trash report"),
    ("read", "report", "report is:read"),
    ("unread", "report", "report is:unread"),
    ("star", "report", "report is:starred"),
    ("important", "report", "report is:important"),
    ("spam", "report", "in:spam report"),
]


@pytest.mark.parametrize(("verb", "query", "then"), VERBS, ids=[verb for verb, *_ in VERBS])
def test_a_verb_shows_what_it_will_do_does_it_and_tells_the_way_back(
    cli: Cli, mailbox: Sandbox, verb: str, query: str, then: str
) -> None:
    ids = found(cli, query)
    if verb == "read":
        arrive(mailbox, ids)
    before = {id: mailbox.mail.labels_of(ME, id) for id in ids}
    ran = cli(verb, query, "--yes")
    assert ran.code == 0
    assert ran.err.startswith(f"2 messages of {ME}: ")
    assert "Second report" in ran.err
    assert ran.err.endswith("To take it back: gmailkit undo 1\n")
    assert ran.out.startswith(f"2 messages of {ME}: ")
    assert found(cli, then) == ids
    assert cli("undo", "--yes").code == 0
    assert {id: mailbox.mail.labels_of(ME, id) for id in ids} == before


@pytest.mark.parametrize(
    ("there", "back"), [("star", "unstar"), ("important", "unimportant"), ("spam", "unspam")]
)
def test_each_verb_has_its_opposite(cli: Cli, mailbox: Sandbox, there: str, back: str) -> None:
    (id,) = found(cli, "lunch")
    before = mailbox.mail.labels_of(ME, id)
    cli(there, "lunch", "--yes")
    assert mailbox.mail.labels_of(ME, id) != before
    assert cli(back, "lunch", "--yes").code == 0
    assert mailbox.mail.labels_of(ME, id) == before


def test_an_undo_that_moves_to_trash_says_so_before(cli: Cli, mailbox: Sandbox) -> None:
    cli("trash", "lunch", "--yes")
    cli("untrash", "lunch", "--yes")
    assert "  1 message becomes what it was, in Trash\n" in cli("undo", "--dry-run").out


def test_move_takes_out_of_the_inbox_and_puts_under_a_label(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("move", "Work", "report", "--yes").code == 6
    ran = cli("move", "Work", "report", "--create", "--yes")
    assert ran.out == f"2 messages of {ME}: added Work, removed INBOX.\n"
    assert len(found(cli, "label:work -in:inbox")) == 2


def test_sweep_leaves_the_newest(cli: Cli, mailbox: Sandbox) -> None:
    newest = cli("search", "in:inbox", "--ids").out.split()[0]
    ran = cli("sweep", "in:inbox", "--keep", "1", "--yes")
    assert ran.out == f"2 messages of {ME}: moved to Trash.\n"
    assert found(cli, "in:inbox") == {newest}
    assert cli("journal").out.rstrip().endswith("gmailkit sweep in:inbox but the newest 1")
    assert cli("sweep", "in:inbox", "--keep", "1", "--yes").code == 0
    assert cli("sweep", "", "--keep", "1", "--yes").code == 2
    assert cli("sweep", "in:inbox", "--yes").code == 2


@pytest.mark.parametrize("verb", [*(verb for verb, *_ in VERBS), "untrash", "unspam"])
def test_a_dry_run_changes_nothing_and_nobody_is_asked_in_a_pipe(
    cli: Cli, mailbox: Sandbox, verb: str
) -> None:
    assert cli(verb, "subject:report", "--dry-run").code == 0
    ran = cli(verb, "in:inbox report")
    assert ran.code in (0, 2)  # nothing lies in Spam or Trash
    assert ran.code == 0 or "--yes" in ran.err
    assert writes(mailbox) == []


def test_ids_from_standard_input_are_changed_and_no_others(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = found(cli, "report")
    text = "".join(f"{id}\n" for id in ids)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert cli("star", "-", "--yes").code == 0
    assert found(cli, "is:starred") == ids


def test_more_than_the_cap_is_not_changed_unless_it_is_said(cli: Cli, mailbox: Sandbox) -> None:
    many(mailbox, 12)
    ran = cli("read", "many", "--yes", "--max", "10")
    assert ran.code == 2
    assert "12 messages are more than 10; nothing was changed." in ran.err
    assert "--max 12" in ran.err
    assert writes(mailbox) == []
    assert cli("read", "many", "--yes", "--max", "12").code == 0


def test_the_cap_is_there_without_being_said(cli: Cli, mailbox: Sandbox) -> None:
    many(mailbox, MOST + 1)
    ran = cli("read", "many", "--yes")
    assert ran.code == 2
    assert f"--max {MOST + 1}" in ran.err
    assert writes(mailbox) == []


def test_for_many_in_the_trash_the_number_is_typed(terminal: Open, mailbox: Sandbox) -> None:
    many(mailbox, 101)
    screen = terminal("trash", "many")
    screen.wait_for("Type 101 to do it: ")
    screen.type("yes\n")
    assert screen.close() == 1
    assert "Nothing was changed." in screen.screen
    assert writes(mailbox) == []
    screen = terminal("trash", "many")
    screen.wait_for("Type 101 to do it: ")
    screen.type("101\n")
    assert screen.close() == 0
    assert "101 messages of me@example.com: moved to Trash." in screen.screen


def test_the_journal_lists_newest_first_what_was_done_and_why(cli: Cli, mailbox: Sandbox) -> None:
    assert "Nothing was changed yet." in cli("journal").err
    cli("star", "report", "--yes")
    cli("trash", "lunch", "--yes")
    cli("undo", "--yes")
    lines = [line.split("\t") for line in cli("journal").out.splitlines()]
    assert [(line[0], *line[2:]) for line in lines] == [
        ("3", "done", "1", "undo 2: trash", "gmailkit undo"),
        ("2", "done", "1", "trash", "gmailkit trash lunch"),
        ("1", "done", "2", "star", "gmailkit star report"),
    ]
    facts = [json.loads(line) for line in cli("journal", "--json").out.splitlines()]
    assert [(each["number"], each["undoes"], each["undone_by"]) for each in facts] == [
        (3, 2, None),
        (2, None, 3),
        (1, None, None),
    ]
    assert cli("journal", "--limit", "1").out.count("\n") == 1


def test_one_change_is_shown_with_the_labels_that_each_message_had(
    cli: Cli, mailbox: Sandbox
) -> None:
    (id,) = found(cli, "lunch")
    cli("archive", "lunch", "--yes")
    ran = cli("journal", "show", "1")
    assert f"  {id}  had INBOX\n" in ran.out
    assert "asked for by: gmailkit archive lunch\n" in ran.out
    facts = json.loads(cli("journal", "show", "1", "--json").out)
    assert facts["messages"] == [{"id": id, "had": ["INBOX"]}]
    assert cli("journal", "show", "9").code == 6


def test_the_journal_holds_no_word_of_a_message(cli: Cli, mailbox: Sandbox, own_home: Path) -> None:
    cli("star", "in:inbox", "--yes")
    (path,) = own_home.rglob("journal.sqlite3")
    content = path.read_bytes()
    assert b"Second report" not in content
    assert b"ann@example.com" not in content.lower()
    assert path.stat().st_mode & 0o077 == 0


def test_undo_says_before_what_it_will_do(cli: Cli, mailbox: Sandbox) -> None:
    cli("star", "report", "--yes")
    ran = cli("undo", "--dry-run")
    assert ran.out.splitlines()[1] == "  2 messages become what they were"
    assert ran.out.startswith(f"{ME}: undo 1  ")
    assert ran.err == "Dry run: nothing was changed.\n"
    assert len(found(cli, "is:starred")) == 2
    ran = cli("undo")
    assert ran.code == 2
    assert "--yes" in ran.err


def test_undo_tells_what_it_leaves_alone(cli: Cli, mailbox: Sandbox) -> None:
    cli("archive", "report", "--yes")
    id = min(found(cli, "report"))
    cli("api", "messages.trash", f"id={id}", "--yes")
    facts = json.loads(cli("undo", "1", "--yes", "--json").out)
    assert (facts["done"], facts["count"], facts["left"]) == (True, 1, [id])
    assert mailbox.mail.labels_of(ME, id) >= {"TRASH"}


def test_what_cannot_be_undone_is_told_with_a_way_on(cli: Cli, mailbox: Sandbox) -> None:
    cli("star", "lunch", "--yes")
    cli("undo", "--yes")
    ran = cli("undo", "1", "--yes")
    assert ran.code == 7
    assert "gmailkit undo 2" in ran.err
    ran = cli("undo", "--yes")
    assert ran.code == 6
    assert "nothing to undo" in ran.err


def test_what_was_cut_short_is_recovered(cli: Cli, mailbox: Sandbox, own_home: Path) -> None:
    assert "Nothing was cut short." in cli("journal", "recover").err
    cli("star", "report", "--yes")
    (path,) = own_home.rglob("journal.sqlite3")
    with closing(Journal(lambda: path.parent)) as journal:
        journal.end(1, "begun")  # as a crash behind the last call leaves it
    assert cli("undo", "1", "--yes").code == 7
    assert cli("journal", "recover").code == 2
    ran = cli("journal", "recover", "--yes")
    assert ran.out == f"Change 1 of {ME}: finished.\n"
    assert len(found(cli, "is:starred")) == 2
    with closing(Journal(lambda: path.parent)) as journal:
        journal.end(1, "begun")
    assert cli("journal", "recover", "1", "--roll-back", "--yes").code == 0
    assert found(cli, "is:starred") == set()


def test_a_change_that_is_stopped_by_hand_says_how_it_is_finished_or_taken_back(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise Stopped(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr("gmailkit.services.changes.make.change_labels", stop)
        ran = cli("label", "report", "--add", "New", "--create", "--yes")
    assert ran.code == 130
    assert ran.err.endswith(
        "gmailkit: stopped; the change was cut short; to finish it or take it back: "
        "gmailkit journal recover 1\n"
    )
    again = cli("label", "report", "--add", "New", "--yes")
    assert "Change 1 was cut short: gmailkit journal recover 1\n" in again.err
    assert "cut short" not in cli("star", "report", "--yes").err
    cli("undo", "2", "--yes")
    assert cli("journal", "recover", "1", "--roll-back", "--yes").code == 0
    assert "New" not in cli("labels", "list").out


def test_recover_says_what_nobody_can_tell(cli: Cli, mailbox: Sandbox, own_home: Path) -> None:
    cli("star", "report", "--yes")
    (path,) = own_home.rglob("journal.sqlite3")
    said = "Nobody can tell whether this was done: keep a new draft."
    for more in ([], ["--roll-back"]):
        with closing(Journal(lambda: path.parent)) as journal:
            lost = journal.begin(
                "keep a new draft", calls=[Call(method="drafts.create", once=True)]
            )
        number = str(lost.number)
        assert "no answer came" in cli("journal", "show", number).out
        assert said in cli("journal", "recover", number, "--yes", *more).err
        assert "nobody can tell" in cli("journal", "show", number).out


def test_a_journal_that_cannot_be_written_changes_nothing(
    cli: Cli, mailbox: Sandbox, own_home: Path
) -> None:
    cli("star", "lunch", "--yes")
    (path,) = own_home.rglob("journal.sqlite3")
    path.write_bytes(b"no database" * 1000)
    before = found(cli, "is:starred")
    ran = cli("star", "report", "--yes")
    assert ran.code == 16
    assert "Cannot use the journal of changes" in ran.err
    assert "Nothing is changed without it" in ran.err
    assert found(cli, "is:starred") == before


def test_what_changes_a_label_tells_the_way_back_and_undo_says_it_in_words(
    cli: Cli, mailbox: Sandbox
) -> None:
    lines = {
        ("create", "Work"): "delete the label Work",
        ("rename", "Work", "Job"): "rename the label Job back to Work",
        ("color", "Job", "--background", "#16a766"): "give the label Job the colour that it had",
        ("delete", "Job", "--yes"): "make the label Job again",
    }
    for number, (line, words) in enumerate(lines.items(), start=1):
        ran = cli("labels", *line)
        assert ran.err.endswith(f"To take it back: gmailkit undo {number}\n")
        assert f"  {words}\n" in cli("undo", str(number), "--dry-run").out
    assert cli("undo", "--yes").out == f"{ME}: change 4 is undone.\n"


def test_one_message_becomes_what_it_was(cli: Cli, mailbox: Sandbox) -> None:
    cli("star", "Lunch", "--yes")
    assert "  1 message becomes what it was\n" in cli("undo", "--dry-run").out


def test_before_a_label_is_deleted_it_is_told_what_bears_it_and_what_stays(
    cli: Cli, mailbox: Sandbox
) -> None:
    cli("label", "report", "--add", "Work", "--create", "--yes")
    cli("labels", "create", "Work/Done")
    ran = cli("labels", "delete", "Work")
    assert ran.code == 2
    assert (
        f"Delete the label Work of {ME}, which is on 2 messages "
        "(they stay, and so does 1 label under it)?"
    ) in ran.err
    assert "for good" not in ran.err


def test_before_a_label_is_deleted_it_is_told_that_filters_give_it(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    let_in(mailbox, monkeypatch, ["gmail.modify", "gmail.settings.basic"])
    cli("labels", "create", "Work")
    cli("settings", "filters", "create", "--from", "ann", "--add-label", "Work", "--yes")
    told = "which is on 0 messages (they stay), and given by 1 filter"
    assert told in cli("labels", "delete", "Work").err
    assert cli("labels", "delete", "Work", "--yes").code == 0
    lines = cli("undo", "--dry-run").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["make", "make", "delete"]
    assert cli("undo", "--yes").code == 0
    assert "Work" in cli("settings", "filters").out
    cli("labels", "create", "Play")
    assert (
        "  1 filter made anew, to give the other\n"
        in cli("labels", "merge", "Work", "Play", "--dry-run").out
    )
    (tmp_path / "r.toml").write_text('[[rule]]\nname = "Dan"\nfrom = "dan"\nlabel = "work"\n')
    assert cli("rules", "apply", "--file", str(tmp_path / "r.toml"), "--yes").code == 0
    assert "names work: write Job there" in cli("labels", "rename", "Work", "Job").err
    assert cli("labels", "rename", "Job", "Work").code == 0
    ran = cli("labels", "merge", "Work", "Play", "--yes")
    assert (ran.code, "names work: write Play there" in ran.err) == (0, True)
    assert "Play" in cli("settings", "filters").out
