"""docs/api.md is what tools/api_table.py makes, and what it says can be written so."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from gmailkit.client.client import Client
from gmailkit.gmail import Gmail
from gmailkit.wire.methods import METHODS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("api_table", ROOT / "tools" / "api_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(table: ModuleType) -> None:
    assert (ROOT / "docs" / "api.md").read_text() == table.page(), "run tools/api_table.py"


def test_a_stale_page_is_seen(
    table: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path / "api.md"
    stale.write_text(table.page().replace("| 40 | 10 |", "| 10 | 10 |"))
    monkeypatch.setattr(table, "PAGE", stale)
    assert table.main(["--check"]) == 1
    assert table.main([]) == 0
    assert table.main(["--check"]) == 0


def test_there_is_a_row_for_each_method(table: ModuleType) -> None:
    assert set(re.findall(r"^\| `([\w.]+)` \|", table.page(), re.MULTILINE)) == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_each_wrapper_can_be_written_so_on_a_gmail(name: str, table: ModuleType) -> None:
    gmail = Gmail()
    client = Client(cast(Any, None))
    gmail.__dict__["_connection"] = SimpleNamespace(client=client)  # opened already, as it were
    found: object = gmail
    for step in table.wrapper(name).split(".")[1:]:
        found = getattr(found, step)
    assert callable(found)
