"""`gmailkit rules`, as a person and a program use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.cli.plan import COUNTED
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in, letter
from terminal import Terminal

Cli = Callable[..., Any]
FILE = """\
[[rule]]
name = "Bills"
match = "from:billing"
label = ["Bills", "Money"]
archive = true

[[rule.test]]
from = "billing@example.com"
labels = ["Bills", "Money", "UNREAD"]

[[rule]]
name = "Old"
match = "from:billing older_than:1y"
important = false
"""


@pytest.fixture
def here(sandbox: Sandbox, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a rules.toml, and a token that may change settings and labels."""
    let_in(sandbox, monkeypatch, ["gmail.modify", "gmail.settings.basic"])
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "rules.toml").write_text(FILE)
    monkeypatch.chdir(folder)
    return folder


def kept(sandbox: Sandbox) -> int:
    return len(sandbox.mail.settings.all(sandbox.mail.users.get(ME).n, "filter"))


def test_rules_are_listed(cli: Cli, here: Path) -> None:
    rows = [line.split("\t") for line in cli("rules").out.splitlines()]
    assert rows == [
        ["Bills", "from:billing", "label Bills, label Money, archive"],
        ["Old", "from:billing older_than:1y", "never important"],
    ]
    first = json.loads(cli("rules", "--json").out.splitlines()[0])
    assert (first["name"], first["line"], first["tests"]) == ("Bills", 1, 1)


def test_the_plan_says_what_is_made_and_what_only_run_can_do(cli: Cli, here: Path) -> None:
    text = cli("rules", "plan").out
    assert "2 filters made, 0 deleted" in text
    assert "  + label Money" in text
    assert "  + Bills: from:billing -> label Bills, archive" in text
    assert "  ! Old: filters ignore older_than:; `rules run` can" in text


def test_a_failing_test_and_a_slip_in_a_label_are_told_before_anything_is_made(
    cli: Cli, here: Path, sandbox: Sandbox
) -> None:
    assert cli("labels", "create", "Family/2025").code == cli("labels", "create", "Bills").code == 0
    text = FILE.replace('label = ["Bills",', 'label = ["Billls", "Family/2026",')
    (here / "rules.toml").write_text(text)
    plan = cli("rules", "plan").out
    assert "  + label Billls (did you mean Bills?)\n  + label Family/2026\n" in plan
    see = "gmailkit rules test --file rules.toml"
    assert f"  ! refused: Bills: test 1 fails; to see how: {see}\n" in plan
    ran = cli("rules", "apply", "--yes")
    assert (ran.code, kept(sandbox), see in ran.err) == (2, 0, True)
    assert json.loads(cli("rules", "plan", "--json").out)["slips"] == {"Billls": "Bills"}


def test_apply_shows_makes_and_is_taken_back(cli: Cli, here: Path, sandbox: Sandbox) -> None:
    dry = cli("rules", "apply", "--dry-run")
    assert (dry.code, kept(sandbox)) == (0, 0)
    assert dry.out == cli("rules", "plan").out
    ran = cli("rules", "apply")
    assert (ran.code, kept(sandbox)) == (2, 0)
    assert "--yes" in ran.err
    done = cli("rules", "apply", "--yes", "--json")
    assert json.loads(done.out)["change"] == 1
    assert kept(sandbox) == 2
    assert "no change" in cli("rules", "apply").out
    assert cli("undo", "--yes").code == 0
    assert kept(sandbox) == 0


def test_a_pull_into_a_file_that_knows_all_writes_nothing(cli: Cli, here: Path) -> None:
    assert cli("rules", "apply", "--yes").code == 0
    ran = cli("rules", "pull")
    assert (ran.code, ran.out) == (0, "")
    assert (here / "rules.toml").read_text() == FILE
    other = cli("rules", "pull", "--file", "other.toml")
    assert len(other.out.splitlines()) == 2
    assert json.loads(cli("rules", "plan", "--file", "other.toml", "--json").out)["create"] == []


def test_tests_pass_or_are_told_with_what_was_expected(cli: Cli, here: Path) -> None:
    assert cli("rules", "test").out == "1 test passed.\n"
    wrong = FILE.replace('labels = ["Bills", "Money", "UNREAD"]', 'labels = ["INBOX"]')
    (here / "rules.toml").write_text(wrong)
    ran = cli("rules", "test")
    assert ran.code == 3
    assert "expected INBOX; it has Bills, Money, UNREAD (caught by Bills)" in ran.err
    assert json.loads(cli("rules", "test", "--json").out)["passed"] is False


def test_messages_beside_the_file_are_read(cli: Cli, here: Path) -> None:
    (here / "mail").mkdir()
    (here / "mail" / "a.eml").write_bytes(b"From: billing@example.com\r\nSubject: x\r\n\r\nHi\r\n")
    text = FILE.replace('from = "billing@example.com"', 'file = "mail/a.eml"')
    (here / "rules.toml").write_text(text)
    assert cli("rules", "test").code == 0
    (here / "mail" / "a.eml").unlink()
    ran = cli("rules", "test")
    assert ran.code == 2
    assert "rules.toml, line 7" in ran.err


def test_where_there_are_no_filters_a_pull_says_what_else_begins_a_file(
    cli: Cli, here: Path
) -> None:
    ran = cli("rules", "pull", "--file", "none.toml")
    assert (ran.code, ran.out, (here / "none.toml").exists()) == (0, "", False)
    assert f"{ME} has no filters: nothing was written" in ran.err
    assert "gmailkit rules suggest" in ran.err


@pytest.mark.parametrize("verb", ["", "test", "plan", "apply"])
def test_without_a_file_it_is_said_how_to_begin_one(cli: Cli, here: Path, verb: str) -> None:
    (here / "rules.toml").unlink()
    ran = cli("rules", *filter(None, [verb]))
    assert ran.code == 2
    assert "gmailkit rules pull --file rules.toml" in ran.err


def test_a_wrong_file_is_refused_with_its_line(cli: Cli, here: Path, sandbox: Sandbox) -> None:
    (here / "rules.toml").write_text(FILE.replace("archive = true", "archiv = true"))
    ran = cli("rules", "apply", "--yes")
    assert ran.code == 2
    assert 'rules.toml, line 5, rule "Bills": archiv is no word of a rule' in ran.err
    assert kept(sandbox) == 0


def test_for_many_filters_that_would_be_deleted_the_number_is_typed(
    here: Path, sandbox: Sandbox, terminal: Callable[..., Terminal]
) -> None:
    user = sandbox.mail.users.get(ME).n
    for number in range(COUNTED + 1):
        criteria = {"from": f"sender{number}@example.com"}
        made = {"id": f"f{number}", "criteria": criteria, "action": {"addLabelIds": ["STARRED"]}}
        sandbox.mail.settings.put(user, "filter", made, key=f"f{number}")
    for answer, code, left in (("y", 1, COUNTED + 1), (str(COUNTED + 1), 0, 2)):
        screen = terminal("rules", "apply", "--prune")
        screen.wait_for(f"Type {COUNTED + 1} to do it: ")
        screen.type(f"{answer}\n")
        assert (screen.close(), kept(sandbox)) == (code, left)


@pytest.fixture
def bills(here: Path, sandbox: Sandbox) -> list[str]:
    return [
        sandbox.mail.put(ME, letter(f"Bill {n}", sender="billing@example.com")) for n in range(3)
    ]


def test_a_run_shows_asks_and_is_taken_back(cli: Cli, bills: list[str], sandbox: Sandbox) -> None:
    before = [sandbox.mail.labels_of(ME, id) for id in bills]
    dry = cli("rules", "run", "--dry-run")
    assert "  Bills catches 3 messages" in dry.out.splitlines()
    assert "  3 messages: add Bills, add Money, remove INBOX" in dry.out.splitlines()
    assert cli("rules", "run").code == 2
    assert [sandbox.mail.labels_of(ME, id) for id in bills] == before
    done = json.loads(cli("rules", "run", "Bills", "--yes", "--json").out)
    assert (done["count"], done["caught"], done["create"]) == (3, {"Bills": 3}, ["Bills", "Money"])
    assert all({"Bills", "Money"} <= sandbox.mail.labels_of(ME, id) for id in bills)
    ran = cli("rules", "run", "--yes")
    assert "0 messages changed" in ran.out
    assert ran.err == "All is as the rules say: nothing to do.\n"
    assert cli("undo", "--yes").code == 0
    assert [sandbox.mail.labels_of(ME, id) for id in bills] == before


def test_a_run_changes_no_more_than_max(cli: Cli, bills: list[str]) -> None:
    ran = cli("rules", "run", "--yes", "--max", "2")
    assert ran.code == 2
    assert "--max 3" in ran.err
    assert cli("rules", "run", "--yes", "--max", "3", "--query", "subject:bill").code == 0


def test_an_unknown_rule_is_named_with_its_neighbours(cli: Cli, here: Path) -> None:
    for name in ("Bill", "BILLS"):
        ran = cli("rules", "run", name)
        assert ran.code == 6
        assert "Did you mean Bills?" in ran.err


def test_an_age_in_weeks_is_answered_with_days(cli: Cli, here: Path) -> None:
    ran = cli("rules", "run", "Bills", "--since", "2w", "--dry-run")
    assert (ran.code, "write days: --since 14d" in ran.err) == (2, True)


def test_a_backtest_tells_what_a_backup_holds_for_the_rules(
    cli: Cli, bills: list[str], here: Path
) -> None:
    assert cli("backup", "saved").code == 0
    ran = cli("rules", "backtest", "--backup", "saved")
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [row[:2] for row in rows] == [["Bills", "3"], ["Old", "0"]]
    assert rows[0][3] in bills
    assert "0 of 3 messages are caught by no rule." in ran.err
    assert cli("rules", "backtest", "--backup", "nowhere").code == 10
    assert cli("rules", "backtest", "--backup", "saved", "--since", "soon").code == 2


def test_rules_go_through_gmails_own_xml(cli: Cli, here: Path) -> None:
    ran = cli("rules", "export")
    assert "Old is left out: filters ignore older_than:." in ran.err
    (here / "mailFilters.xml").write_text(ran.out)
    assert cli("rules", "import", "mailFilters.xml").out == ""
    other = cli("rules", "import", "mailFilters.xml", "--file", "other.toml")
    assert len(other.out.splitlines()) == 2
    assert cli("rules", "export", "--file", "other.toml").out == ran.out
    assert cli("rules", "import", "nowhere.xml").code == 2
