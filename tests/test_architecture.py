"""Imports point downward: the table of docs/architecture.md, held against the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "gmailkit"
ROWS = (
    {
        *("errors", "clock", "secret", "zones", "model", "mime", "query", "compose", "policy"),
        *("paths", "config", "rules"),
    },
    {"auth", "wire", "transport", "backup", "record", "finding", "attached"},
    {"client"},
    {"stores"},
    {"services"},
    {"gmail"},
    {"cli", "pytest_plugin"},
)
ROW = {room: number for number, rooms in enumerate(ROWS) for room in rooms}
# Rooms whose neighbours in the row are named one by one.
ALLOWED = {
    "errors": set(),
    "clock": set(),
    "zones": {"errors"},
    "secret": set(),
    "model": {"errors"},
    "mime": {"errors", "model"},
    "query": {"errors", "model"},
    "compose": {"errors", "mime", "model", "zones"},
    "policy": {"errors", "mime", "model"},
    "rules": {"errors", "mime", "model", "query"},
    "paths": {"errors", "model"},
    "sandbox": {"clock", "errors", "mime", "model.mail", "paths", "query", "secret"},
}
DOORS = ROWS[1]
MAY_IMPORT_SANDBOX = {"sandbox", "services/practice.py", "__init__.py", "pytest_plugin.py"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """Dotted names below gmailkit that a module imports, wherever in it; types included."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "gmailkit":
            assert node.level == 0, f"{module}: relative import"
            below = (node.module or "").removeprefix("gmailkit").removeprefix(".")
            yield from (f"{below}.{alias.name}".removeprefix(".") for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("gmailkit."):
                    yield alias.name.removeprefix("gmailkit.")


def is_allowed(room: str, module: Path, target: str) -> bool:
    other = target.split(".")[0]
    if other == room or other == "__version__":
        return True
    if other == "sandbox":
        return room == "cli" or str(module.relative_to(PACKAGE)) in MAY_IMPORT_SANDBOX
    if room in ALLOWED:
        return any(target == name or target.startswith(f"{name}.") for name in ALLOWED[room])
    if room in DOORS and other in DOORS:
        return room == "wire" and other == "auth"
    return ROW.get(other, 99) <= ROW.get(room, 99)


@pytest.mark.parametrize("module", modules(), ids=lambda module: str(module.relative_to(PACKAGE)))
def test_imports_point_downward(module: Path) -> None:
    wrong = [name for name in imports_of(module) if not is_allowed(room_of(module), module, name)]
    assert wrong == []


def test_the_table_stands_in_the_document() -> None:
    text = (PACKAGE.parent / "docs" / "architecture.md").read_text()
    for rooms in ROWS:
        assert any(all(f"`{room}`" in line for room in rooms) for line in text.splitlines()), rooms


def test_a_wrong_arrow_would_be_seen() -> None:
    assert not is_allowed("mime", PACKAGE / "mime" / "parse.py", "wire.http.Http")
    assert not is_allowed("sandbox", PACKAGE / "sandbox" / "server.py", "model.message.Message")
    assert not is_allowed("backup", PACKAGE / "backup" / "packs.py", "auth.keep.FileKeep")
    assert not is_allowed("client", PACKAGE / "client" / "labels.py", "services.label.apply_label")
