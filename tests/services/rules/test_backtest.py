"""What rules would have caught of the mail of a backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from disks import flip
from fakes import FakeClock
from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.errors import NoBackup, UsageError
from gmailkit.services.rules.backtest import Backtest, backtest

ME = "me@example.com"
NOW = 1_796_000_000.0
DAY = 86_400
RULES = """
[[rule]]
name = "Bills"
match = "from:billing"
important = true
[[rule]]
name = "Loud"
match = "subject:offer"
important = false
[[rule]]
name = "Mine"
match = "from:me label:work-done"
star = true
[[rule]]
name = "Odd"
star = true
[rule.gmail]
criteria = { query = "(" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.toml").write_text(RULES)
    with Backup.open(tmp_path / "saved", create=True) as saved:
        add(saved, "1", "billing@example.com", "Bill", days=10)
        add(saved, "2", "billing@example.com", "An offer", days=5)
        add(saved, "3", "ann@example.com", "Lunch", days=5)
        add(saved, "4", "billing@example.com", "Old bill", days=500)
        add(saved, "5", ME, "Bill to billing", days=5, labels={"SENT": "SENT"})
        add(saved, "6", ME, "Note", days=5, labels={"INBOX": "INBOX", "Label_1": "Work/done"})
    return tmp_path


def add(
    saved: Backup,
    id: str,
    sender: str,
    subject: str,
    *,
    days: int,
    labels: dict[str, str] | None = None,
) -> None:
    raw = f"From: {sender}\r\nTo: {ME}\r\nSubject: {subject}\r\n\r\nHi\r\n".encode()
    date = int((NOW - days * DAY) * 1000)
    saved.add(Record(ME, id, id, date, labels or {"INBOX": "INBOX"}, raw))


def test_of_several_accounts_one_is_named(folder: Path) -> None:
    raw = b"From: billing@example.com\r\nTo: ann@example.com\r\nSubject: Bill\r\n\r\nHi\r\n"
    with Backup.open(folder / "saved", create=True) as saved:
        date = int((NOW - DAY) * 1000)
        saved.add(Record("ann@example.com", "7", "7", date, {"INBOX": "INBOX"}, raw))
    with pytest.raises(UsageError, match="mail of 2 accounts"):
        run(folder)
    found = backtest(
        folder / "rules.toml", folder / "saved", account="Ann@example.com", clock=FakeClock(NOW)
    )
    assert (found.looked, found.caught[0].last) == (1, "7")


def run(folder: Path, since: str = "1y") -> Backtest:
    return backtest(folder / "rules.toml", folder / "saved", since=since, clock=FakeClock(NOW))


def test_each_rule_with_what_it_caught_and_what_no_rule_did(folder: Path) -> None:
    found = run(folder)
    assert [(each.rule, each.count, each.last) for each in found.caught] == [
        ("Bills", 2, "2"),
        ("Loud", 1, "2"),
        ("Mine", 1, "6"),
    ]
    assert (found.looked, found.free, found.senders) == (4, 1, (("ann@example.com", 1),))
    assert (found.unknown, found.damaged) == (("Odd",), ())


def test_two_rules_that_fight_are_named_with_a_message(folder: Path) -> None:
    (fight,) = run(folder).fights
    assert (fight.one, fight.other, fight.count, fight.example) == ("Bills", "Loud", 1, "2")


def test_the_time_can_be_chosen(folder: Path) -> None:
    assert run(folder, "2y").looked == 5
    assert run(folder, "6d").looked == 3
    assert run(folder, "2000-01-01").looked == 5


def test_a_damaged_message_is_told_and_the_others_are_read(folder: Path) -> None:
    pack = next((folder / "saved" / "packs").iterdir())
    flip(pack, -20)
    found = run(folder)
    assert found.damaged
    assert found.looked + len(found.damaged) == 4


def test_what_is_no_backup_or_no_file_of_rules_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NoBackup):
        backtest(folder / "rules.toml", tmp_path / "nowhere")
    with pytest.raises(UsageError):
        backtest(folder / "none.toml", folder / "saved")
