"""The library lines of docs/merge.md work as pasted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "merge.md"


def test_the_library_lines_of_the_document_work(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GMAILKIT_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**clean, "GMAILKIT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "2 220 ()"
    assert sorted(lines[1:3]) == ["1 ann@example.com", "2 bob@example.com"]
    assert lines[3] == "2"
