"""What gmailkit is made of is pinned, small, licensed for use, and builds the same twice."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text()
MOST_IN_CORE = 45
LICENCES = {
    "Apache-2.0",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause OR Apache-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
}


@pytest.fixture(scope="module")
def bill() -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "tools/sbom.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def components(bill: dict[str, object]) -> dict[str, dict[str, object]]:
    return {component["name"]: component for component in bill["components"]}  # type: ignore[attr-defined]


def test_every_pin_of_the_lock_carries_hashes_and_no_host_is_named() -> None:
    pins = re.findall(r"^([\w.-]+)==(\S+)(.*?)(?=^\S|\Z)", LOCK, re.MULTILINE | re.DOTALL)
    assert len(pins) > 50
    assert [name for name, _, rest in pins if "--hash=sha256:" not in rest] == []
    assert "://" not in LOCK
    assert "--index-url" not in LOCK


def test_the_lock_holds_every_dependency_there_is(bill: dict[str, object]) -> None:
    pinned = set(re.findall(r"^([\w.-]+)==", LOCK, re.MULTILINE))
    assert set(components(bill)) <= pinned


def test_the_core_stays_small(bill: dict[str, object]) -> None:
    assert 20 < len(components(bill)) <= MOST_IN_CORE


def test_every_licence_is_one_we_may_use(bill: dict[str, object]) -> None:
    said = {
        name: next(iter(entry.values()), "")
        for name, component in components(bill).items()
        for entry in component["licenses"]  # type: ignore[attr-defined]
    }
    texts = {n: v if isinstance(v, str) else v.get("id") or v.get("name") for n, v in said.items()}
    assert set(texts) == set(components(bill))
    assert {name: text for name, text in texts.items() if text not in LICENCES} == {}


def test_no_upper_bound_is_set_without_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(need for extra in extras for need in extra)]
    assert [
        spec for spec in wanted if "<" in spec.split(";")[0] or "==" in spec.split(";")[0]
    ] == []


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path) -> None:
    def build(folder: Path) -> dict[str, str]:
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
            cwd=ROOT,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
            capture_output=True,
            check=True,
        )
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()
        }

    first = build(tmp_path / "one")
    assert len(first) == 2
    assert first == build(tmp_path / "two")
