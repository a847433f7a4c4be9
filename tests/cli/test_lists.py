"""The forms of a list: chosen fields, CSV, lines of one's own, conversations."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gmailkit.cli.fields import OF_CONVERSATIONS, OF_MESSAGES, Template, as_text, read_fields
from gmailkit.errors import UsageError
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

Cli = Callable[..., Any]
WHEN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_fields_are_the_columns_of_a_pipe_in_their_order(cli: Cli, mailbox: Sandbox) -> None:
    out = cli("search", "Lunch", "--fields", "subject, date,FROM").out
    assert out == "Lunch\t2026-11-20T12:02:00Z\tAnn Lee <ann@example.com>\n"


def test_fields_are_the_keys_of_json(cli: Cli, mailbox: Sandbox) -> None:
    found = json.loads(cli("search", "Lunch", "--json", "--fields", "from,id").out)
    assert list(found) == ["from", "id"]
    assert found["from"] == {"email": "ann@example.com", "name": "Ann Lee"}


def test_labels_are_those_of_now_by_name(cli: Cli, mailbox: Sandbox) -> None:
    cli("label", "Lunch", "--add", "Food", "--create", "--yes")
    argv = ("search", "subject:Lunch", "--fields", "labels", "--json")
    assert set(json.loads(cli(*argv).out)["labels"]) == {"INBOX", "Food"}
    cli("label", "Lunch", "--remove", "Food", "--yes")
    assert set(json.loads(cli(*argv).out)["labels"]) == {"INBOX"}


def test_every_field_of_a_list_can_be_asked_for(cli: Cli, mailbox: Sandbox) -> None:
    for argv, known in ((), OF_MESSAGES), (("--threads",), OF_CONVERSATIONS):
        names = ",".join(known)
        for form in ((), ("--csv",), ("--json",)):
            ran = cli("search", "Lunch", *argv, "--fields", names, *form)
            assert (ran.code, ran.err) == (0, "")
        found = json.loads(ran.out)
        assert list(found) == list(known)


def test_csv_has_a_heading_and_is_that_of_the_rfc(cli: Cli, mailbox: Sandbox) -> None:
    mailbox.mail.put(ME, letter('Of "quotes", and more'), date=WHEN)
    out = cli("search", "quotes", "--csv", "--fields", "date,subject").out
    assert out == 'date,subject\r\n2026-11-21T09:30:00Z,"Of ""quotes"", and more"\r\n'
    heading, *rows = table(cli("search", "--csv").out)
    assert heading == [name for name in OF_MESSAGES if name != "labels"]
    assert len(rows) == 4


@pytest.mark.parametrize(
    "subject", ['=HYPERLINK("http://evil.example")', "+1+1", "-2", "@SUM(A1)", "a;=1+1"]
)
def test_no_cell_of_csv_is_a_formula(cli: Cli, mailbox: Sandbox, subject: str) -> None:
    mailbox.mail.put(ME, letter(subject), date=WHEN)
    _, (cell,) = table(cli("search", "--limit", "1", "--csv", "--fields", "subject").out)
    assert all(part[:1] not in ("=", "+", "-", "@") for part in cell.split(";"))
    assert cell.replace("'", "") == subject


def test_a_line_of_ones_own(cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    argv = ("search", "Lunch", "--format")
    assert cli(*argv, "{date:%Y} {{{subject:<7}}} {from:.3}").out == "2026 {Lunch  } Ann\n"


@pytest.mark.parametrize(
    "text",
    [
        *("{from.email}", "{from[0]}", "{0}", "{}", "{from!r}", "{subject:{size}}", "{subject:d}"),
        *("{subject", "}", "{subject:>99999}", "{sbject}", "{labels.__class__}"),
    ],
)
def test_a_line_of_ones_own_has_names_and_nothing_that_computes(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Template.read(text, OF_MESSAGES)
    assert caught.value.hint


def test_mail_cannot_add_a_line_to_ones_own(cli: Cli, mailbox: Sandbox) -> None:
    mailbox.mail.put(ME, letter("=?utf-8?q?owned=1B]0;=0Ax?="), date=WHEN)
    out = cli("search", "owned", "--format", "{subject}").out
    assert out.count("\n") == 1
    assert "\x1b" not in out


@pytest.mark.parametrize(
    "argv",
    [
        *(("--csv", "--ids"), ("--csv", "--format", "{id}"), ("--ids", "--fields", "id")),
        *(("--format", "{id}", "--fields", "id"), ("--json", "--csv"), ("--json", "--format", "x")),
    ],
)
def test_a_list_has_one_form(cli: Cli, mailbox: Sandbox, argv: tuple[str, ...]) -> None:
    ran = cli("search", *argv)
    assert (ran.code, ran.out) == (2, "")
    assert "are two forms of one list" in ran.err
    assert mailbox.requests == []


def test_a_field_that_is_not_there_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match="no field 'subjct'") as caught:
        read_fields("date,subjct", OF_MESSAGES)
    assert caught.value.hint.startswith("Did you mean subject? Fields: id,")


def test_facts_as_text() -> None:
    assert [as_text(each) for each in (None, True, False, 3, WHEN, ("a", "b"))] == [
        *("", "yes", "", "3", "2026-11-21T09:30:00Z", "a, b")
    ]


def test_conversations_in_a_pipe(cli: Cli, mailbox: Sandbox) -> None:
    ids = [mailbox.mail.put(ME, letter("Plan"), thread="plan", date=WHEN) for _ in range(2)]
    id, *facts = cli("search", "Plan", "--threads").out.rstrip("\n").split("\t")
    assert facts == ["2026-11-21T09:30:00Z", "Ann Lee <ann@example.com>", "2", "Plan"]
    assert cli("search", "Plan", "--threads", "--ids").out == f"{id}\n"
    found = json.loads(cli("search", "Plan", "--threads", "--json").out)
    assert found["newest"] in ids
    assert (found["id"], found["count"], found["unread"]) == (id, 2, False)


def test_what_the_cut_of_a_pipe_left_out_is_not_counted(cli: Cli, mailbox: Sandbox) -> None:
    assert cli("search", "--ids", "--limit", "1").err == "1 shown, there are more (--limit).\n"
    assert [path for _, path in mailbox.requests if "messages" in path] == [
        "/gmail/v1/users/me/messages"
    ]
