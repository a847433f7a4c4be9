"""`gmailkit settings`: shown first, asked about, made, and said what Gmail made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in

Cli = Callable[..., Any]


@pytest.fixture
def own(sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, and a token as of `gmailkit login --for restore` in the environment."""
    let_in(sandbox, monkeypatch, PURPOSES["restore"])
    return sandbox


@pytest.fixture
def office(sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The same by a service account that may do everything."""
    let_in(sandbox, monkeypatch, PURPOSES["admin"], delegated=True)
    return sandbox


def writes(sandbox: Sandbox) -> list[str]:
    return [path for method, path in sandbox.requests if method != "GET"]


def test_vacation_from_on_to_off(
    cli: Cli, own: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    words = tmp_path / "words.txt"
    words.write_text("Back on Monday.\n")
    line = ("settings", "vacation", "on", "-s", "Away", "--body-file", str(words))
    ran = cli(*line, "--until", "2099-01-03", "--contacts-only", "--yes")
    assert ran.code == 0
    assert ran.out == f"{ME}: done: turn the vacation reply on.\n"
    assert ran.err.splitlines()[:3] == [
        f"{ME}: turn the vacation reply on (5 units)",
        "  on: no becomes yes",
        "  subject: - becomes Away",
    ]
    rows = dict(line.split("\t") for line in cli("settings", "vacation").out.splitlines())
    assert (rows["on"], rows["text"], rows["contacts_only"]) == ("yes", r"Back on Monday.\n", "yes")
    assert rows["until"].startswith("2099-01-0")
    shown = json.loads(cli("settings", "vacation", "show", "--json").out)
    assert shown["subject"] == "Away"
    done = json.loads(cli("settings", "vacation", "off", "--yes", "--json").out)
    assert (done["done"], done["before"]["on"], done["kept"]["on"]) == (True, True, False)
    again = cli("settings", "vacation", "off", "--yes")
    assert (again.code, again.out) == (0, "")
    assert "nothing to do" in again.err


CHANGES = [
    ["vacation", "on", "--body", "x"],
    ["signature", "set", "--body", "x"],
    ["send-as", "edit", ME, "--name", "Other"],
    ["filters", "create", "--from", "x", "--archive"],
    ["language", "set", "de"],
    ["imap", "off"],
    ["pop", "on"],
]


@pytest.mark.parametrize("line", CHANGES, ids=" ".join)
def test_a_dry_run_and_a_question_that_nobody_answers_change_nothing(
    cli: Cli, own: Sandbox, own_home: Path, line: list[str]
) -> None:
    ran = cli("settings", *line, "--dry-run")
    assert (ran.code, ran.err) == (0, "Dry run: nothing was changed.\n")
    assert "becomes" in ran.out or "from: x" in ran.out
    plan = json.loads(cli("settings", *line, "--dry-run", "--json").out)
    assert (plan["account"], plan["done"], plan["kept"]) == (ME, False, None)
    asked = cli("settings", *line)
    assert asked.code == 2
    assert "--yes" in asked.err
    assert writes(own) == []
    assert not list(own_home.rglob("journal.sqlite3"))


def test_a_filter_by_names_alone(cli: Cli, own: Sandbox) -> None:
    line = ["settings", "filters", "create", "--from", "ci@example.com", "--larger", "2M"]
    line += ["--add-label", "CI", "--archive", "--category", "updates", "--yes"]
    assert cli(*line).code == 6
    made = json.loads(cli(*line, "--create", "--json").out)
    assert (made["create"], made["units"]) == ("CI", 10)
    (id, which, does) = cli("settings", "filters").out.rstrip("\n").split("\t")
    assert made["kept"]["id"] == id
    assert which == "from:(ci@example.com) larger:2097152"
    assert does == "add CATEGORY_UPDATES, add CI, remove INBOX"
    assert "Label_" not in cli("settings", "filters", "--json").out
    assert "nothing to do" in cli(*line).err
    ran = cli("settings", "filters", "delete", id, "--yes")
    assert (ran.code, made["number"]) == (0, 1)
    assert "To take it back: gmailkit undo 2\n" in ran.err
    assert "make the filter for from:(ci@example.com)" in cli("undo", "--dry-run").out
    assert cli("settings", "filters").err == "There are no filters.\n"


def test_signature_language_and_what_gmail_makes_of_them(cli: Cli, own: Sandbox) -> None:
    html = "<b>Me</b><script>x</script>"
    ran = cli("settings", "signature", "set", "--html", html, "--yes")
    assert ran.code == 0
    assert "Gmail keeps signature as <b>Me</b>" in ran.err
    assert cli("settings", "signature", "--json").out.count("<b>Me</b>") == 1
    assert cli("settings", "signature", "show").out == "<b>Me</b>\n"
    ran = cli("settings", "language", "set", "pt", "--yes")
    assert "Gmail keeps language as pt-BR, not pt." in ran.err
    assert cli("settings", "language").out == "language\tpt-BR\n"
    assert cli("settings", "signature", "clear", "--yes").code == 0
    assert "no signature" in cli("settings", "signature").err


def test_forwarding_aliases_and_delegates_by_a_service_account(cli: Cli, office: Sandbox) -> None:
    def run(*line: str) -> str:
        ran = cli("settings", *line)
        assert ran.code == 0, ran.err
        return str(ran.out)

    run("forwarding", "add", "b@example.org", "--yes")
    office.mail.confirm(ME, "b@example.org")
    run("forwarding", "on", "b@example.org", "--then", "archive", "--yes")
    assert run("forwarding") == "b@example.org\taccepted\tyes\tarchive\n"
    assert "all mail to b@example.org, then archive" in run()
    run("send-as", "add", "sales@example.org", "--name", "Sales", "--yes")
    assert run("send-as", "list").endswith("sales@example.org\tSales\t-\tno\tpending\n")
    run("delegates", "add", "ann@example.com", "--yes")
    assert run("delegates") == "ann@example.com\taccepted\n"
    run("delegates", "remove", "ann@example.com", "--yes")
    assert json.loads(run("--json"))["delegates"] == []


def test_all_settings_at_a_glance(cli: Cli, own: Sandbox) -> None:
    rows = dict(line.split("\t") for line in cli("settings").out.splitlines())
    assert rows["vacation"] == "off"
    assert rows["send-as"] == f"{ME} (default)"
    assert rows["delegates"] == "only a service account can tell"
    assert json.loads(cli("settings", "--json").out)["delegates"] is None


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (["vacation", "on", "--body", "x", "--from", "soon"], 2, "'soon' is no day"),
        (["vacation", "on", "--body", "x", "--until", "2020-01-01"], 2, "ended already"),
        (
            ["vacation", "on", "--body", "x", "--from", "2099-02-01", "--until", "2099-01-01"],
            2,
            "before it starts",
        ),
        (["vacation", "on"], 2, "no word yet"),
        (["vacation", "on", "--body", "x", "--body-file", "y"], 2, "twice"),
        (["vacation", "on", "--body-file", "nowhere"], 2, "nowhere"),
        (["signature", "set"], 2, "once"),
        (["signature", "set", "--body", "x", "--address", "n@example.com"], 6, "n@example.com"),
        (["send-as", "edit", ME], 2, "Nothing to edit"),
        (["filters", "create", "--archive"], 2, "matches everything"),
        (["filters", "create", "--from", "x"], 2, "does nothing"),
        (["filters", "create", "--from", "x", "--add-label", "Inboxx"], 6, 'no label "Inboxx"'),
        (["filters", "create", "--from", "x", "--larger", "10X", "--read"], 2, "no size"),
        (["filters", "create", "--larger", "1", "--smaller", "2", "--read"], 2, "one size"),
        (["filters", "create", "--query", "form:x", "--read"], 2, "form:"),
        (["filters", "create", "--from", "x", "--category", "news"], 2, "primary, social"),
        (["filters", "create", "--from", "x", "--forward", "c@d.org"], 6, "no forwarding address"),
        (["filters", "delete", "nosuchfilter"], 6, ""),
        (["forwarding", "on", "c@d.org"], 6, "no forwarding address"),
        (["forwarding", "add", "c@d.org"], 5, "gmail.settings.sharing"),
        (["delegates", "add", "ann@example.com"], 5, "gmail.settings.sharing"),
        (["delegates"], 5, "service account"),
        (["language", "set", "??"], 2, ""),
        (["imap", "on", "--auto-expunge", "maybe"], 2, "yes, no"),
        (["imap", "on", "--max-folder-size", "7"], 2, ""),
        (["vacaton"], 2, "Did you mean gmailkit settings vacation?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence(
    cli: Cli, own: Sandbox, line: list[str], code: int, says: str
) -> None:
    ran = cli("settings", *line, *(["--yes"] if len(line) > 1 else []))
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert "inside gmailkit" not in ran.err


def test_a_sign_in_that_may_not_change_settings_is_told_which_may(
    cli: Cli, mailbox: Sandbox, own_home: Path
) -> None:
    ran = cli("settings", "vacation", "on", "--body", "x", "--yes")
    assert ran.code == 5
    assert ran.err.startswith("gmailkit: This sign-in does not allow settings.updateVacation: ")
    assert "gmail.settings.basic" in ran.err
    assert writes(mailbox) == []
    assert not list(own_home.rglob("journal.sqlite3"))
    assert cli("settings", "vacation").code == 0


@pytest.mark.parametrize(("answer", "code", "language"), [("y", 0, "de"), ("", 1, "en")])
def test_a_person_is_shown_the_change_and_asked(
    terminal: Callable[..., Any], own: Sandbox, cli: Cli, answer: str, code: int, language: str
) -> None:
    screen = terminal("settings", "language", "set", "de")
    screen.wait_for(f"Do this to {ME}? [y/N] ")
    assert "language: en becomes de" in screen.screen
    screen.type(f"{answer}\n")
    assert screen.close() == code
    assert cli("settings", "language").out == f"language\t{language}\n"
