"""How often and when a command is said once more whose connection was lost, by IMAP and POP3."""

from __future__ import annotations

import random

from gmailkit.clock import Clock

TRIES = 6  # connections in a row over which one and the same command was lost
_PAUSE = 0.5  # seconds before the third; twice as many before each further one
_LONGEST = 30.0


def pause(clock: Clock, attempt: int) -> None:
    """The first time none: some servers part after so many commands."""
    if attempt:
        longest = min(_LONGEST, _PAUSE * 2**attempt)
        clock.sleep(random.uniform(0, longest))  # noqa: S311 - no secret
