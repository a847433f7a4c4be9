"""Draws the pictures of docs/stats.md anew: `python tools/pictures_of_stats.py`.

They show the sample mailbox of the sandbox, whose dates are counted from today.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import gmailkit
from gmailkit import Gmail, Sandbox, Settings

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
KINDS = {"month": "growth", "sender": "senders", "reply": "answers"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        backup = Path(folder) / "mail.backup"
        with Sandbox() as sandbox, Gmail(settings=Settings.load(sandbox.environment())) as gmail:
            gmail.backup(backup)
        stats = replace(gmailkit.stats(backup), source="mail.backup")
        for by, name in KINDS.items():
            path = PICTURES / f"stats-{name}.svg"
            path.unlink(missing_ok=True)
            stats.draw(path, by=by, top=10)
            print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
