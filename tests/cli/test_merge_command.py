"""`gmailkit merge` as a person and as a script meet it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from gmailkit.transport.smtp.sink import Sink
from terminal import Terminal

LETTER = "---\nsubject: For {{ name }}\nto: {{ name }} <{{ email }}>\n---\nDear {{ name }}, come.\n"
Cli = Callable[..., Any]


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A template, and a table of three people."""
    letter, table = tmp_path / "letter.md", tmp_path / "people.csv"
    letter.write_text(LETTER)
    table.write_text("name,email\nAnn,ann@example.com\nBob,bob@example.com\nZoë,z@example.net\n")
    return str(letter), str(table)


def add(files: tuple[str, str], *rows: str) -> None:
    with Path(files[1]).open("a") as file:
        file.writelines(f"{row}\n" for row in rows)


def sent_to(sandbox: Sandbox) -> list[str]:
    return sorted(each.email for mail in sandbox.sent() for each in mail.to)


EVERYBODY = ["ann@example.com", "bob@example.com", "z@example.net"]


def test_with_yes_it_says_what_it_does_and_does_it(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    ran = cli("merge", *files, "--yes")
    assert (ran.code, ran.out) == (0, "Sent 3 messages (merge letter-people).\n")
    assert "To: Ann <ann@example.com>" in ran.err
    assert "Dear Ann, come." in ran.err
    assert "3 messages to send of 3 rows, 330 units" in ran.err
    assert sent_to(mailbox) == EVERYBODY
    assert Path(files[1]).with_name("people.receipts.csv").read_text().count(",sent,") == 3


def test_a_table_with_the_longest_name_there_is_has_receipts_under_a_shorter_one(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    """255 bytes, of characters that take three each; and a column of such a name."""
    column = "列" * 90
    Path(files[0]).write_text(f"---\nto: {{{{ email }}}}\nsubject: x\n---\n{{{{ {column} }}}}\n")
    table = Path(files[1]).with_name("表" * 83 + "ab.csv")
    table.write_text(f"email,{column}\nann@example.com,x\n")
    ran = cli("merge", files[0], str(table), "--name", "long", "--yes")
    assert (ran.code, sent_to(mailbox)) == (0, ["ann@example.com"])
    (receipts,) = table.parent.glob("*.receipts.csv")
    assert receipts.name == "表" * 80 + ".receipts.csv"
    assert receipts.read_text().count(",sent,") == 1


def test_again_it_says_that_all_is_done(cli: Cli, mailbox: Sandbox, files: tuple[str, str]) -> None:
    cli("merge", *files, "--yes")
    ran = cli("merge", *files, "--yes")
    assert (ran.code, ran.out) == (0, "")
    assert "3 rows were sent before" in ran.err
    assert "--name" in ran.err
    assert len(mailbox.sent()) == 3


def test_where_nobody_can_answer_it_sends_nothing(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    ran = cli("merge", *files)
    assert ran.code == 2
    assert "--yes" in ran.err
    assert mailbox.sent() == []


def test_a_dry_run_shows_and_sends_nothing(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    ran = cli("merge", *files, "--dry-run")
    assert ran.code == 0
    assert "From: me@example.com\n  To: Ann <ann@example.com>\n  Subject: For Ann" in ran.out
    assert "330 units" in ran.out
    assert mailbox.sent() == []
    assert not Path(files[1]).with_name("people.receipts.csv").exists()


def test_a_dry_run_for_programs(cli: Cli, mailbox: Sandbox, files: tuple[str, str]) -> None:
    add(files, "Bad,nobody")
    ran = cli("merge", *files, "--dry-run", "--json")
    assert ran.code == 3
    plan = json.loads(ran.out)
    assert (plan["rows"], plan["to_send"], plan["bad"], plan["done"]) == (4, 3, 1, False)
    assert plan["problems"][0]["row"] == 5
    assert plan["first"]["subject"] == "For Ann"
    assert json.loads(ran.err)["failed"][0]["item"] == "row 5"


def test_bad_rows_stop_a_script_before_anything_leaves(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    add(files, "Bad,nobody", "Ann,ANN@example.com")
    ran = cli("merge", *files, "--yes")
    assert ran.code == 2
    assert "row 5" in ran.err
    assert "same address" in ran.err
    assert "--skip-bad" in ran.err
    assert mailbox.sent() == []


def test_with_skip_bad_the_others_are_sent_and_the_exit_code_tells(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    add(files, "Bad,nobody")
    ran = cli("merge", *files, "--yes", "--skip-bad")
    assert ran.code == 3
    assert ran.out == "Sent 3 messages (merge letter-people).\n"
    assert "row 5: " in ran.err
    assert sent_to(mailbox) == EVERYBODY


def test_json_is_a_line_a_row(cli: Cli, mailbox: Sandbox, files: tuple[str, str]) -> None:
    add(files, "Bad,nobody")
    ran = cli("merge", *files, "--yes", "--skip-bad", "--json")
    rows = {row["row"]: row for row in map(json.loads, ran.out.splitlines())}
    assert {number: row["status"] for number, row in rows.items()} == {
        **dict.fromkeys((2, 3, 4), "sent"),
        5: "invalid",
    }
    assert rows[2]["to"] == ["ann@example.com"]
    assert rows[2]["id"] in mailbox.mail.ids("me@example.com")
    assert "nobody" in rows[5]["error"]


def test_a_trial_goes_to_oneself(cli: Cli, mailbox: Sandbox, files: tuple[str, str]) -> None:
    ran = cli("merge", *files, "--test-to", "me", "--limit", "2")
    assert ran.code == 0
    assert ran.out.count("Sent to me@example.com as a trial") == 2
    assert sorted(mail.subject for mail in mailbox.sent()) == ["For Ann", "For Bob"]
    assert sent_to(mailbox) == ["me@example.com"] * 2
    assert cli("merge", *files, "--yes").out == "Sent 3 messages (merge letter-people).\n"


def test_a_limit_and_the_rest_later(cli: Cli, mailbox: Sandbox, files: tuple[str, str]) -> None:
    ran = cli("merge", *files, "--yes", "--limit", "2")
    assert ran.code == 0
    assert "1 row are left" in ran.err or "1 row is left" in ran.err
    assert cli("merge", *files, "--yes", "--limit", "2").code == 0
    assert sent_to(mailbox) == EVERYBODY


def test_the_limit_of_a_day(cli: Cli, mailbox: Sandbox, files: tuple[str, str]) -> None:
    ran = cli("merge", *files, "--yes", "--day-limit", "2")
    assert ran.code == 8
    assert "2 days" in ran.err
    assert "2 of 3 were sent. The same command sends the other 1." in ran.err
    assert len(mailbox.sent()) == 2
    facts = json.loads(
        cli("merge", *files, "--yes", "--day-limit", "2", "--json").err.splitlines()[-1]
    )
    assert (facts["error"], facts["code"]) == ("DailyLimit", 8)
    assert "retry_at" in facts
    assert cli("merge", *files, "--yes", "--day-limit", "3").code == 0
    assert sent_to(mailbox) == EVERYBODY


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--rate", "fast"), "no rate"),
        (("--rate", "0"), "no rate"),
        (("--rate", "-3"), "no rate"),
        (("--limit", "0"), ""),
        (("--name", "\x1b[2J"), "no name"),
        (("--name", "x" * 200), "no name"),
        (("--receipts", "/nonexistent/r.csv"), "Cannot write the receipts"),
    ],
)
def test_what_makes_no_sense_sends_nothing(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str], words: tuple[str, str], says: str
) -> None:
    ran = cli("merge", *files, "--yes", *words)
    assert ran.code in (2, 16)
    assert says in ran.err
    assert mailbox.sent() == []


@pytest.mark.parametrize("words", [(), ("letter.md",), ("nowhere.md", "nowhere.csv")])
def test_without_its_files_it_says_what_it_needs(
    cli: Cli, mailbox: Sandbox, words: tuple[str, ...]
) -> None:
    ran = cli("merge", *words)
    assert ran.code == 2
    assert "gmailkit:" in ran.err


@pytest.mark.parametrize("rate", ["600", "600/min", "600/m", "36000/h", "10/s"])
def test_a_rate_is_kept(cli: Cli, mailbox: Sandbox, files: tuple[str, str], rate: str) -> None:
    ran = cli("merge", *files, "--dry-run", "--json", "--rate", rate)
    assert json.loads(ran.out)["seconds"] == pytest.approx(0.3)


def test_fast_says_what_it_costs_and_what_it_risks(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    ran = cli("merge", *files, "--yes", "--fast")
    assert (ran.code, ran.out) == (0, "Sent 3 messages (merge letter-people).\n")
    assert "300 units" in ran.err
    assert "Each leaves in one call" in ran.err
    assert sent_to(mailbox) == EVERYBODY


def test_via_smtp_what_waits_for_the_server_is_told(
    cli: Cli,
    mailbox: Sandbox,
    files: tuple[str, str],
    smtp_sink: Sink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GMAILKIT_SMTP", smtp_sink.url)
    smtp_sink.troubles.add("later:bob@example.com:1")
    ran = cli("merge", *files, "--yes", "--via", "smtp")
    assert ran.code == 3
    assert ran.out == "Sent 2 messages (merge letter-people).\n"
    assert f"They leave over SMTP, by 127.0.0.1:{smtp_sink.port}." in ran.err
    assert "no units" in ran.err
    assert "1 row waits for the SMTP server: gmailkit outbox run" in ran.err
    ran = cli("merge", *files, "--yes", "--via", "smtp")
    assert (ran.code, ran.out) == (0, "")
    assert "1 row waits in the outbox or was cancelled" in ran.err
    assert sorted(to for each in smtp_sink.messages for to in each.to) == [
        "ann@example.com",
        "z@example.net",
    ]
    assert mailbox.sent() == []


def test_what_nobody_can_tell_is_named_with_what_to_do_and_not_sent_again(
    cli: Cli,
    mailbox: Sandbox,
    files: tuple[str, str],
    smtp_sink: Sink,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GMAILKIT_SMTP", smtp_sink.url)
    smtp_sink.troubles.add("drop-after:1")
    for _ in range(2):
        ran = cli("merge", *files, "--yes", "--via", "smtp")
        assert ran.code == 3
        assert "Nobody can tell whether the message of merge letter-people" in ran.err
        assert "--settle KEY --as sent" in ran.err
        assert "Put them right" not in ran.err
    (key,) = re.findall(r"of (merge letter-people \w+) left", ran.err)
    assert cli("sent", "--settle", key, "--as", "sent").code == 0
    assert cli("merge", *files, "--yes", "--via", "smtp").code == 0
    assert len(smtp_sink.messages) == 3


def test_a_server_that_is_gone_ends_it_and_says_what_is_left(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(files, *(f"P{n},p{n}@example.net" for n in range(20)))
    with Sink() as gone:
        monkeypatch.setenv("GMAILKIT_SMTP", gone.url)
    ran = cli("merge", *files, "--yes", "--via", "smtp")
    assert ran.code == 9
    found = re.search(
        r"0 of 23 were sent. (\d+) rows? waits? for the SMTP server: gmailkit outbox run. "
        r"The same command sends the other (\d+).",
        ran.err,
    )
    assert found
    assert int(found[1]) + int(found[2]) == 23


@pytest.mark.parametrize("words", [("--via", "pigeon"), ("--fast", "--via", "smtp")])
def test_ways_that_make_no_sense_send_nothing(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str], words: tuple[str, ...]
) -> None:
    assert cli("merge", *files, "--yes", *words).code == 2
    assert mailbox.sent() == []


def test_who_answered_and_what_bounced(cli: Cli, mailbox: Sandbox, files: tuple[str, str]) -> None:
    add(files, "Nobody,nobody@example.com")
    cli("merge", *files, "--yes")
    for words in (("--replies",), ("letter-people", "--replies"), (*files, "--replies")):
        ran = cli("merge", *words)
        assert ran.code == 0
        assert ran.out.startswith("bounced\t5\tnobody@example.com\t5.1.1 ")
        assert "4 sent, 0 answered" in ran.err
        assert "1 bounced, 3 silent" in ran.err
    found = json.loads(cli("merge", "--replies", "--json", "--name", "letter-people").out)
    assert (found["sent"], found["bounced"], found["replies"][0]["kind"]) == (4, 1, "bounced")
    assert cli("merge", "--replies", "--name", "other").code == 6


def test_what_came_back_to_another_merge_of_the_table_is_not_listed(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    add(files, "Nobody,nobody@example.com", "Nil,nobody2@example.com", "None,nobody1@example.com")
    cli("merge", *files, "--yes", "--skip-bad")
    cli("merge", *files, "--yes", "--skip-bad", "--name", "second")
    for name in ("letter-people", "second"):
        ran = cli("merge", "--replies", "--name", name)
        rows = [line.split("\t")[:2] for line in ran.out.splitlines()]
        assert rows == [["bounced", "5"], ["bounced", "6"], ["bounced", "7"]]
        found = json.loads(cli("merge", "--replies", "--name", name, "--json").out)
        assert len(found["replies"]) == 3


def test_only_failed_means_those_that_this_merge_tried(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    """Both merges write their receipts into one file."""
    add(files, "Bad,not an address", "Dan,dan@example.com")
    cli("merge", *files, "--yes", "--skip-bad", "--name", "first")
    assert cli("merge", *files, "--yes", "--name", "second", "--limit", "1", "--skip-bad").code == 0
    found = json.loads(
        cli("merge", *files, "--dry-run", "--json", "--name", "second", "--only-failed").out
    )
    assert (found["to_send"], found["bad"]) == (0, 0)
    found = json.loads(
        cli("merge", *files, "--dry-run", "--json", "--name", "first", "--only-failed").out
    )
    assert (found["to_send"], found["bad"]) == (0, 1)


def test_a_policy_that_wants_approval_parks_the_rows(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str], own_home: Path
) -> None:
    (own_home / "config").mkdir(parents=True)
    (own_home / "config" / "policy.toml").write_text(
        'approval = "external"\n\n[recipients]\ndeny = ["bob@example.com"]\n'
    )
    ran = cli("merge", *files, "--dry-run")
    assert ran.code == 3
    assert "bob@example.com must get no mail" in ran.err
    assert "1 of them will wait for approval" in ran.out
    ran = cli("merge", *files, "--yes", "--skip-bad", "--json")
    assert ran.code == 3
    statuses = {row["row"]: row["status"] for row in map(json.loads, ran.out.splitlines())}
    assert statuses == {2: "sent", 3: "invalid", 4: "parked"}
    assert sent_to(mailbox) == ["ann@example.com"]
    again = json.loads(cli("merge", *files, "--dry-run", "--json").out)
    assert (again["sent"], again["closed"], again["to_send"]) == (1, 1, 0)


def test_rows_that_all_wait_for_approval_end_as_one_message_that_does(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str], own_home: Path
) -> None:
    (own_home / "config").mkdir(parents=True)
    policy = own_home / "config" / "policy.toml"
    policy.write_text('approval = "all"\n')
    ran = cli("merge", *files, "--yes", "--limit", "1")
    assert ran.code == 5
    assert "1 row waits for approval, so nothing was sent." in ran.err
    assert re.search(r"Try: gmailkit outbox approve 'merge letter-people \w+'$", ran.err, re.M)
    ran = cli("merge", *files, "--yes")
    assert ran.code == 5
    assert "2 rows wait for approval, so nothing was sent." in ran.err
    assert "gmailkit outbox lists the other keys" in ran.err


def test_some_sent_and_some_that_wait_for_approval_is_done_in_part(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str], own_home: Path
) -> None:
    (own_home / "config").mkdir(parents=True)
    (own_home / "config" / "policy.toml").write_text('approval = ["bob@example.com"]\n')
    ran = cli("merge", *files, "--yes")
    assert (ran.code, ran.out) == (3, "Sent 2 messages (merge letter-people).\n")
    assert "1 row waits for approval.\n  row 3: " in ran.err
    assert "gmailkit outbox approve 'merge letter-people " in ran.err


def test_a_cell_cannot_steer_the_terminal(
    cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    Path(files[0]).write_text("---\nsubject: Hi\n---\n{{ name }}\n")
    Path(files[1]).write_text("name,email\n\x1b]0;owned\x07,a@example.net\nBad,\x1b[2J\n")
    ran = cli("merge", *files, "--dry-run")
    assert "\x1b" not in ran.out + ran.err
    assert "owned" in ran.out


# On a terminal


def test_it_asks_after_the_preview_and_sends_after_a_yes(
    terminal: Callable[..., Terminal], mailbox: Sandbox, files: tuple[str, str]
) -> None:
    add(files, "Bad,nobody")
    screen = terminal("merge", *files)
    screen.wait_for("Send 3 messages from me@example.com, leaving out 1 row? [y/N] ")
    assert "Dear Ann, come." in screen.screen
    assert "row 5: " in screen.screen
    assert mailbox.sent() == []
    screen.type("y\n")
    assert screen.close() == 3
    assert sent_to(mailbox) == EVERYBODY


def test_a_no_sends_nothing(
    terminal: Callable[..., Terminal], mailbox: Sandbox, files: tuple[str, str]
) -> None:
    screen = terminal("merge", *files)
    screen.wait_for("[y/N] ")
    screen.type("n\n")
    assert screen.close() == 1
    assert mailbox.sent() == []


def test_a_changed_template_is_said_before_the_question(
    terminal: Callable[..., Terminal], cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    cli("merge", *files, "--yes", "--limit", "1")
    Path(files[0]).write_text(LETTER.replace("come", "stay"))
    screen = terminal("merge", *files)
    screen.wait_for("[y/N] ")
    assert "the template has changed since" in screen.screen
    screen.type("y\n")
    assert screen.close() == 0
    assert sent_to(mailbox) == EVERYBODY


def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(
    terminal: Callable[..., Terminal], cli: Cli, mailbox: Sandbox, files: tuple[str, str]
) -> None:
    screen = terminal("merge", *files, "--yes", "--rate", "1/min")
    screen.wait_for("1 of 3 sent")
    screen.type("\x03")
    assert screen.close() == 128 + signal.SIGINT
    assert "run the same command to go on, nobody gets it twice" in screen.screen
    assert len(mailbox.sent()) == 1
    assert cli("merge", *files, "--yes").code == 0
    assert sent_to(mailbox) == EVERYBODY
