"""docs/keys.md counts right, and claims no more than its figures say."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parent.parent / "docs" / "keys.md").read_text()
ROW = re.compile(r"^\| (\w+) \| ([\w-]+) \| `([^`]+)` \| (\d+) \| (.*?) ?\|$", re.MULTILINE)
SHORTER = {("send", "mutt"), ("send", "s-nail"), ("merge", "mailmerge")}  # which the page admits


def test_each_line_has_as_many_keys_as_is_said() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) == sum(line.startswith("| ") for line in PAGE.splitlines()) - 1
    assert [(line, len(line)) for _, _, line, _, _ in rows] == [
        (line, int(keys)) for _, _, line, keys, _ in rows
    ]


def test_only_what_the_page_admits_is_shorter_than_ours() -> None:
    rows = ROW.findall(PAGE)
    ours = {job: int(keys) for job, program, _, keys, _ in rows if program == "gmailkit"}
    assert set(ours) == {"send", "pipe", "reply", "merge"}
    assert {(job, who) for job, who, _, keys, _ in rows if int(keys) < ours[job]} == SHORTER
    assert all(source for _, who, _, _, source in rows if who != "gmailkit")
