"""Who changes, and who else is at the mailbox meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fakes import ImpatientClock
from gmailkit.config import Settings
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox


@pytest.fixture
def own(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Signed in as `login --for settings` does."""
    with Gmail(settings=settings_for(purpose="restore"), clock=ImpatientClock()) as signed_in:
        yield signed_in


@pytest.fixture
def somebody(settings_for: Callable[..., Settings]) -> Iterator[Gmail]:
    """Another program at the same mailbox, of which the journal knows nothing."""
    settings = settings_for(purpose="restore")
    with Gmail(settings=settings, clock=ImpatientClock(), google_calls="bare") as other:
        yield other


@pytest.fixture
def vanish(sandbox: Sandbox, settings_for: Callable[..., Settings]) -> Callable[[str], None]:
    """Somebody deletes a message for good."""

    def delete(id: str) -> None:
        with Gmail(settings=settings_for(purpose="full"), google_calls="bare") as other:
            other.messages.delete(id)

    return delete
