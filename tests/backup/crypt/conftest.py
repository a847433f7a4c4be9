"""What tests of encrypted backups share."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture
def age_program() -> str:
    found = shutil.which("age")
    if found is None:
        pytest.skip("the age command is not there")
    return found
