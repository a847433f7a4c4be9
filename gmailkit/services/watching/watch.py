"""One watch: what is looked for, who handles it, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gmailkit.errors import UsageError
from gmailkit.services.watching.event import MailEvent

EVERY = 20.0  # seconds between two looks; one costs 2 units
TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 3_600.0  # seconds after a failure, twice as long each time

Handler = Callable[[MailEvent], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Mail that matches `query` and comes from the first start of the watch of that `name` on.

    `handle` has it done when it returns, and not when it raises: then it is told the same event
    again, later and later, and after `tries` times no more. `every` is in seconds.
    """

    query: str = ""
    handle: Handler = field(default=lambda event: None, repr=False)
    name: str = ""
    every: float = EVERY
    tries: int = TRIES

    def __post_init__(self) -> None:
        if not self.every >= 1 or self.tries < 1:
            raise UsageError(
                "A watch looks once a second at most, and tries once at least.",
                hint="As in --every 20s --tries 8",
            )
        if not self.key.isprintable() or len(self.key) > 200:
            raise UsageError(
                "The name of a watch is up to 200 printable characters.", hint="As in --name bank"
            )

    @property
    def key(self) -> str:
        """What it is remembered by: its name, or its search where it has none."""
        return self.name or self.query or "all mail"

    def pause_after(self, failures: int) -> float | None:
        """Seconds until it is told again; None where it is not."""
        if failures >= self.tries:
            return None
        return min(_FIRST_PAUSE * 2.0 ** min(failures - 1, 30), _LONGEST_PAUSE)
