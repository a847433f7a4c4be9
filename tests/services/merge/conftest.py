"""Fixtures named after what you get."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

TEMPLATE = """\
---
subject: Invitation for {{ name }}
to: {{ email }}
---
Dear {{ name }},

please come.
"""


@pytest.fixture
def letter(tmp_path: Path) -> Callable[..., Path]:
    """Writes a template; without a text one that needs `name` and `email`."""

    def write(text: str = TEMPLATE, name: str = "letter.md") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def people(tmp_path: Path) -> Callable[..., Path]:
    """Writes a table: these lines under a heading, or so many people of example.net."""

    def write(
        rows: int | list[str] = 3, heading: str = "name,email", name: str = "people.csv"
    ) -> Path:
        if isinstance(rows, int):
            rows = [f"Person {n},p{n}@example.net" for n in range(1, rows + 1)]
        path = tmp_path / name
        path.write_text("\n".join([heading, *rows, ""]), encoding="utf-8")
        return path

    return write
