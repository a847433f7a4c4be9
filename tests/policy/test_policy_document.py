"""docs/policy.md and docs/outbox.md say what there is."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gmailkit.compose.when import parse_when
from gmailkit.policy.read import _TABLES, _TOP, read_policy

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
(EXAMPLE,) = BLOCK.findall((DOCS / "policy.md").read_text())
NOW = datetime(2026, 11, 29, 18, 0, tzinfo=UTC)


def test_the_example_is_understood_and_has_every_rule() -> None:
    assert read_policy(EXAMPLE, source="policy.toml").summary.startswith("16 rules, 1 account")
    written = tomllib.loads(EXAMPLE)
    assert set(written) == {*_TOP, "accounts"}
    for table, keys in _TABLES.items():
        assert set(written[table]) == set(keys)


def test_the_refusal_it_shows_is_the_one_that_comes() -> None:
    from gmailkit.errors import Refused
    from gmailkit.policy.rules import Facts, judge

    text = '[recipients]\ndeny = ["rival.example"]\n'
    rules = read_policy(text, source="/home/ann/rules/policy.toml").rules_for("ann@example.com")
    with pytest.raises(Refused) as refused:
        judge(rules, Facts(own="ann@example.com", recipients=("bob@rival.example",)))
    assert f"> {refused.value.message}\n" in (DOCS / "policy.md").read_text()


def test_every_time_of_the_table_is_understood() -> None:
    table = (DOCS / "outbox.md").read_text().partition("## When")[2].partition("Without a zone")[0]
    written = [
        each
        for line in table.splitlines()
        if line.startswith("| `")
        for each in re.findall(r"`([^`]+)`", line.split("|")[1])
    ]
    assert len(written) >= 15
    for each in written:
        text = each.replace("...", "2026-12-24 18:00")
        assert parse_when(text, now=NOW) > NOW
