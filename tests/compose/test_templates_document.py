"""What docs/templates.md says is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from gmailkit.compose.front_matter import FORMATS, KEYS
from gmailkit.compose.markdown import _LINKS
from gmailkit.compose.meter import MOST_OUTPUT, MOST_STEPS
from gmailkit.compose.template import read_template

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "templates.md").read_text()


def test_its_python_prints_what_it_says() -> None:
    found = re.search(r"^```python\n(.*?)^```.*?^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert found
    code, printed = found.groups()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == printed.strip()


def test_its_lists_are_complete() -> None:
    filters = re.search(r"Filters: `([^`]+)`", TEXT)
    assert filters
    for name in filters[1].split():
        read_template(f"{{{{ a|{name}('x', 1) }}}}")
    from gmailkit.compose.bounded import environment

    assert set(filters[1].split()) == {n for n in environment("none").filters if n[0] != "#"}
    for word in (*KEYS, *FORMATS, *(f"{link}:" for link in _LINKS)):
        assert f"`{word}`" in TEXT, word


def test_its_numbers_are_right() -> None:
    assert f"{MOST_STEPS:,} steps" in TEXT
    assert (MOST_OUTPUT, "1 MB of text" in TEXT) == (1_000_000, True)
