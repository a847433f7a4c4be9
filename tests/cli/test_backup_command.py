"""`backup` and `verify`: counts, resuming, damage."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gmailkit.cli.backup_plan import tell
from gmailkit.cli.emit import Output
from gmailkit.sandbox import Sandbox
from gmailkit.services.backup.ways import BackupPlan, Way
from mailroom import ME, letter

Cli = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail.backup"


def test_backup_says_what_it_did_and_what_to_do_next(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    ran = cli("backup", str(folder))
    assert ran.code == 0
    assert ran.out.startswith(f"{ME}: 3 new messages (")
    assert ran.out.endswith(f"0 already in {folder}.\n")
    assert f"gmailkit verify {folder}" in ran.err
    assert cli("backup", str(folder), "-q").err == ""


def test_a_second_run_has_nothing_to_do_and_says_so(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    cli("backup", str(folder))
    ran = cli("backup", str(folder))
    assert (ran.code, ran.out) == (0, f"{ME}: nothing new, 3 already in {folder}.\n")
    mailbox.mail.put(ME, letter("Newer"))
    facts = json.loads(cli("backup", str(folder), "--json").out)
    assert (facts["wanted"], facts["present"], facts["fetched"]) == (4, 3, 1)


def test_nothing_that_matches_is_said_and_no_failure(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    ran = cli("backup", str(folder), "--query", "subject:nowhere")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("No message matches.\n")


def test_a_backup_is_made_searchable_in_the_same_run(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    assert cli("backup", str(folder)).code == 0
    assert not (folder / "search.sqlite3").exists()
    ran = cli("backup", str(folder), "--index")
    assert (ran.code, ran.out) == (0, f"{ME}: nothing new, 3 already in {folder}.\n")
    before = (folder / "search.sqlite3").read_bytes()
    assert cli("search", "Lunch", "--in", str(folder), "--ids").out
    assert (folder / "search.sqlite3").read_bytes() == before
    mailbox.mail.put(ME, letter("Newer"))
    mailbox.mail.put(ME, letter("Newest"))
    ran = cli("backup", str(folder), "--index", "--budget", "28")  # spent before the last is read
    assert ran.code == 8, ran.err
    before = (folder / "search.sqlite3").read_bytes()
    assert cli("search", "subject:(newer OR newest)", "--in", str(folder), "--ids").out
    assert (folder / "search.sqlite3").read_bytes() == before


def test_backup_of_labels_and_queries(cli: Cli, mailbox: Sandbox, folder: Path) -> None:
    cli("label", "Lunch", "--add", "Food", "--create", "--yes")
    cli("label", "First", "--add", "STARRED", "--yes")
    both = ["--label", "Food", "--label", "STARRED"]
    assert json.loads(cli("backup", str(folder), *both, "--json").out)["fetched"] == 2
    ran = cli("backup", str(folder), "--query", "subject:Second", "--json")
    assert json.loads(ran.out)["fetched"] == 1


def test_what_is_left_out_is_said(cli: Cli, mailbox: Sandbox, folder: Path) -> None:
    cli("trash", "Lunch", "-y")
    assert "Left out: 1 message in Spam and Trash." in cli("backup", str(folder)).err


def test_verify_of_a_whole_backup(cli: Cli, mailbox: Sandbox, folder: Path) -> None:
    cli("backup", str(folder))
    ran = cli("verify", str(folder))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{folder} is whole: 3 messages, ")
    facts = json.loads(cli("verify", str(folder), "--json").out)
    assert (facts["ok"], facts["messages"], facts["damaged"]) == (True, 3, [])


@pytest.fixture
def damaged(cli: Cli, mailbox: Sandbox, folder: Path) -> Path:
    cli("backup", str(folder))
    (pack,) = folder.rglob("*.mbox.zst")
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)
    return folder


def test_verify_names_what_is_damaged_and_exits_with_13(cli: Cli, damaged: Path) -> None:
    ran = cli("verify", str(damaged))
    assert ran.code == 13
    assert ran.out.startswith(("damaged\t", "missing\t", "problem\t"))
    assert ran.err.startswith(f"gmailkit: {damaged} is not whole: ")
    assert "The other messages are whole." in ran.err
    assert f"`gmailkit repair {damaged}`" in ran.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("index.sqlite3", None),
        ("index.sqlite3", b"nonsense"),
        ("gmailkit-backup.json", b"nonsense"),
    ],
)
def test_an_index_or_a_marker_alone_is_mended_by_a_repair_as_verify_says_or_by_the_next_run(
    cli: Cli, mailbox: Sandbox, folder: Path, name: str, content: bytes | None
) -> None:
    cli("backup", str(folder))
    for mends in (["repair", str(folder), "--yes"], ["backup", str(folder)]):
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_bytes(content)
        ran = cli("verify", str(folder))
        assert ran.code == 13, ran
        assert f"No message is lost: `gmailkit repair {folder}` makes that file anew." in ran.err
        assert cli(*mends).code == 0
        assert cli("verify", str(folder)).code == 0


def test_verify_as_json_names_it_too(cli: Cli, damaged: Path) -> None:
    ran = cli("verify", str(damaged), "--json")
    facts = json.loads(ran.out)
    assert (ran.code, facts["ok"]) == (13, False)
    assert facts["damaged"] or facts["missing"] or facts["problems"]
    assert json.loads(ran.err)["error"] == "BackupDamaged"


def test_backup_tells_what_became_of_saved_mail_and_compares_when_asked(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    cli("backup", str(folder))
    cli("star", "subject:Lunch", "--yes")
    ran = cli("backup", str(folder))
    assert "Noted: 1 message with other labels." in ran.err
    ran = cli("backup", str(folder), "--reconcile", "--settings", "--all")
    assert ran.code == 0
    assert "Compared: Gmail holds 3, the backup 3." in ran.err
    facts = json.loads(cli("backup", str(folder), "--json").out)
    assert (facts["mode"], facts["reconciled"]) == ("incremental", None)
    assert facts["units"] == 3 + 1  # one to learn whose token it is
    facts = json.loads(cli("backup", str(folder), "--json", "--reconcile").out)
    assert facts["reconciled"] == {"gmail": 3, "backup": 3, "mended": 0, "differ": []}


def test_a_time_or_a_budget_that_is_spent_ends_with_8_and_the_next_run_goes_on(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    ran = cli("backup", str(folder), "--for", "0s")
    assert ran.code == 8
    assert "The time of this run is over: 0 messages were copied, 3 are left." in ran.err
    assert cli("backup", str(folder), "--budget", "70").code == 8
    assert cli("backup", str(folder)).code == 0
    assert cli("backup", str(folder), "--for", "soon").code == 2
    assert cli("backup", str(folder), "--all", "--label", "INBOX").code == 2


def test_status_says_how_a_backup_is_and_ends_with_1_when_it_is_too_old(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    cli("backup", str(folder))
    ran = cli("backup", "status", str(folder))
    assert ran.code == 0, ran
    assert f"covers\t{ME}\tall mail but Spam and Trash" in ran.out
    assert "! It was never verified in full here." in ran.out
    cli("verify", str(folder))
    facts = json.loads(cli("backup", "status", str(folder), "--json").out)
    assert (facts["ok"], facts["verified"]["ok"], facts["verified"]["messages"]) == (True, True, 3)
    (account,) = facts["accounts"]
    assert (account["account"], account["messages"], account["covers"]) == (ME, 3, "mail")
    assert account["complete"] == account["tried"]
    assert account["reconciled"]
    ran = cli("backup", "status", str(folder), "--stale", "0")
    assert ran.code == 1
    assert "the last complete run is 0.0 days old" in ran.err
    assert f"gmailkit backup {folder} --account {ME}" in ran.err


def test_status_sees_a_pack_that_is_gone_and_is_right_again_when_that_is_made_good(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    cli("backup", str(folder))
    ran = cli("backup", "status", str(folder))
    assert ran.err.endswith("It can be relied on, but see what stands after the !.\n")
    (pack,) = folder.rglob("*.mbox.zst")
    pack.unlink()
    ran = cli("backup", "status", str(folder))
    assert ran.code == 1
    assert f"! {pack.name} is gone, or shorter than it was.\t" in ran.out.replace("packs/", "")
    assert f"gmailkit repair {folder}" in ran.err
    cli("backup", str(folder))
    cli("verify", str(folder))
    ran = cli("backup", "status", str(folder))
    assert (ran.code, "is gone" in ran.out) == (0, False)


def test_a_run_for_a_label_makes_a_whole_backup_no_younger(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    def how_it_is() -> Any:
        (account,) = json.loads(cli("backup", "status", str(folder), "--json").out)["accounts"]
        return account

    cli("backup", str(folder), "--label", "INBOX")
    cli("backup", str(folder), "--label", "INBOX", "--query", "a b")
    ran = cli("backup", "status", str(folder))
    choices = ["--label INBOX", "--label INBOX --query 'a b'"]
    said = f"covers\t{ME}\ta choice of messages: {', '.join(choices)}\n"
    assert (ran.code, said in ran.out) == (0, True)
    assert how_it_is()["choices"] == choices
    cli("backup", str(folder))
    last = how_it_is()["complete"]
    cli("backup", str(folder), "--label", "INBOX")
    assert (how_it_is()["complete"], how_it_is()["covers"]) == (last, "mail")
    assert last < how_it_is()["tried"]
    mailbox.mail.expire_history(ME)
    mailbox.mail.put(ME, letter("Of which no run for a label has told"))
    cli("backup", str(folder), "--label", "STARRED")
    assert (how_it_is()["complete"], how_it_is()["covers"]) == (last, "")


def test_status_of_a_practice_backup_looks_for_the_practice_sign_in(
    cli: Cli, own_home: Path, folder: Path
) -> None:
    cli("--sandbox", "backup", str(folder), "--query", "is:starred")
    for words in (("--sandbox", "backup", "status"), ("backup", "status")):
        ran = cli(*words, str(folder), "--stale", "0")
        assert (ran.code, "sign-in that works" in ran.out) == (1, False), ran
        assert f"gmailkit --sandbox backup {folder} --account {ME}" in ran.out
    assert "(the practice mailbox)" in ran.out
    cli("sandbox", "reset", "--yes")
    ran = cli("backup", "status", str(folder))
    assert f"no sign-in that works.\tgmailkit login {ME}" in ran.out


def test_status_tells_of_a_run_that_has_not_ended_and_of_damage_that_was_found(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    assert cli("backup", str(folder), "--for", "0s").code == 8
    ran = cli("backup", "status", str(folder))
    assert ran.code == 1
    assert f"{ME}: no run has come to its end yet." in ran.err
    assert "! me@example.com: the last run stopped. The time of this run is over" in ran.out
    cli("backup", str(folder))
    (pack,) = folder.rglob("*.mbox.zst")
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)
    cli("verify", str(folder))
    ran = cli("backup", "status", str(folder))
    assert (ran.code, "The last verify found damage." in ran.err) == (1, True)
    ran = cli("backup", str(folder), "-q")
    repair = f"gmailkit repair {folder}"
    assert ran.err == (
        f"The last verify found damage, which a run like this does not mend: {repair}\n"
    )
    cli("repair", str(folder), "--yes")
    assert cli("backup", str(folder), "-q").err == ""
    ran = cli("backup", "status", str(folder))
    told = f"! It was repaired, and not verified in full since.\tgmailkit verify {folder}\n"
    assert (ran.code, told in ran.out) == (0, True)
    assert cli("repair", str(folder)).err == f"{folder} is whole: nothing to repair.\n"
    assert cli("backup", str(folder), "-q").err == ""
    (folder / "index.sqlite3").write_bytes(b"no index")
    assert cli("verify", str(folder)).code == 13
    assert "which a repair makes anew" in cli("backup", "status", str(folder)).out
    assert "The last verify" not in cli("backup", str(folder)).err
    assert cli("backup", "status", str(folder / "nothing")).code == 10


def test_a_dry_run_saves_nothing_and_tells_how_long_each_way_takes(
    cli: Cli, mailbox: Sandbox, folder: Path
) -> None:
    """This machine serves no IMAP under Gmail's name, so that way is closed here."""
    ran = cli("backup", str(folder), "--dry-run")
    assert (ran.code, folder.exists()) == (0, False)
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert [(row[0], row[2], row[4]) for row in rows[:1]] == [("api", "60", "picked")]
    assert [(row[0], row[1][:6], row[4]) for row in rows[1:]] == [
        ("imap", "about ", "closed"),
        ("both", "about ", "closed"),
    ]
    assert f"{ME}: 3 messages to read, about" in ran.err
    assert "it would take about" in ran.err
    plan = json.loads(cli("backup", str(folder), "-n", "--json").out)
    assert (plan["messages"], plan["picked"], plan["sampled"]) == (3, "api", True)
    assert [way["way"] for way in plan["ways"]] == ["api", "imap", "both"]
    assert plan["ways"][1]["closed"]
    refused = cli("backup", str(folder), "--via", "both")
    assert (refused.code, refused.out) == (15, "")
    assert "IMAP" in refused.err


def test_before_a_long_run_it_is_said_which_way_is_gone_and_what_opens_a_faster_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    api = Way(name="api", seconds=20_000, units=2_000_000)
    both = Way(name="both", seconds=3_000, units=300_000, by_imap=80_000, bytes=2_000_000_000)
    plan = BackupPlan(account=ME, messages=100_000, bytes=1, ways=(api, both), picked="both")
    tell(Output(), plan)
    told = capsys.readouterr().err
    assert told == "By both side by side it takes about 50 min 0 s, by the API 5 h 33 min.\n"
    shut = replace(both, closed="It lacks a scope.", hint="gmailkit login --for full")
    tell(Output(), replace(plan, ways=(api, shut), picked="api"))
    assert capsys.readouterr().err == (
        "By the API it takes about 5 h 33 min.\n"
        "By both side by side it would take about 50 min 0 s, but: It lacks a scope.\n"
        "gmailkit login --for full\n"
    )
