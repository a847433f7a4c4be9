"""Who is backed up, where to, and a clock that can be put forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from run_room import Later


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def gmail(settings_for: Callable[..., Settings], clock: Later) -> Iterator[Gmail]:
    with Gmail(settings=settings_for(purpose="full"), clock=clock) as signed_in:
        yield signed_in


@pytest.fixture
def folder(quick_path: Path) -> Path:
    return quick_path / "mail.backup"
