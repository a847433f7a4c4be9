"""The documents say what the code does: commands, options, exit codes, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gmailkit import errors
from gmailkit.cli.shared import shared_names
from gmailkit.cli.tree import HOMES, root

DOCS = Path(__file__).resolve().parents[2] / "docs"


def all_errors() -> list[type[errors.GmailKitError]]:
    found = [errors.GmailKitError]
    for each in found:
        found += each.__subclasses__()
    ours = [each for each in found if each.__module__ == errors.__name__]
    return [each for each in ours if not each.__name__.startswith("_")]


def test_the_table_of_exit_codes_is_that_of_the_classes() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", (DOCS / "exit-codes.md").read_text(), re.M)
    assert {(name, int(code)) for code, name in rows} == {
        (each.__name__, each.exit_code) for each in all_errors()
    }
    assert len(rows) == len(all_errors())


def test_the_codes_without_an_error_are_there_too() -> None:
    text = (DOCS / "exit-codes.md").read_text()
    for code in (0, 129, errors.INTERRUPTED, 141, 143):
        assert re.search(rf"^\| {code} \| \|", text, re.M), code


@pytest.mark.parametrize("name", HOMES)
def test_every_command_and_every_option_of_it_is_described(name: str) -> None:
    text = (DOCS / "commands.md").read_text()
    command = root().get_command(None, name)
    section = re.search(rf"^### [^\n]*`{name}\b.*?(?=^##|\Z)", text, re.M | re.S)
    assert section or f"`{name} " in text, f"no section for {name}"
    shared = set(shared_names())
    for param in command.params:
        for option in param.opts:
            if option.startswith("--") and option not in shared:
                assert option in text, f"{option} of {name} is not described"
    for part in command.list_commands(None) if hasattr(command, "list_commands") else ():
        assert f"{name} {part}" in re.sub(r"\s+", " ", text), f"{name} {part} is not described"


@pytest.mark.parametrize("name", shared_names())
def test_every_shared_option_is_described(name: str) -> None:
    assert re.search(rf"^\| .*`{name}\b", (DOCS / "commands.md").read_text(), re.M)


def test_every_setting_that_is_read_is_described_and_the_other_way_round() -> None:
    package = DOCS.parent / "gmailkit"
    code = "".join(path.read_text() for path in package.rglob("*.py"))
    read = set(re.findall(r'"(GMAILKIT_[A-Z_]+)"', code))
    assert read == set(
        re.findall(r"^\| `(GMAILKIT_\w+)`", (DOCS / "settings.md").read_text(), re.M)
    )
