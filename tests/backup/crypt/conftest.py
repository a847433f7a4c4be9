"""What tests of encrypted backups share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crypt_room import owners
from disks import Watched
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.beginning import begin_encrypted
from gmailkit.backup.crypt.given import GIVEN


@pytest.fixture
def age_program() -> str:
    found = shutil.which("age")
    if found is None:
        pytest.skip("the age command is not there")
    return found


@pytest.fixture
def identity(tmp_path: Path) -> Iterator[Path]:
    """The owner's key, in a file that this process was given."""
    path = tmp_path / "key.txt"
    path.write_text(f"{age.new_identity()!s}\n")
    GIVEN.identity = path
    yield path
    GIVEN.identity = None


@pytest.fixture
def path(identity: Path, quick_path: Path) -> Path:
    """A new encrypted backup of that owner."""
    GIVEN.identity = None
    path = quick_path / "b"
    begin_encrypted(path, owners(identity), storage=Watched())
    return path
