"""What a run of a backup is told to do."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import msgspec

from gmailkit.clock import Clock, ending
from gmailkit.errors import UsageError


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Messages with any of `label` that match `query`; all but Spam and Trash without either, these
    too with `every`. `settings` and `reconcile`: now, and not only when it is their time. A run
    ends politely after so many `seconds`.
    """

    label: tuple[str, ...] = ()
    query: str = ""
    every: bool = False
    settings: bool = False
    reconcile: bool = False
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.every or self.reconcile) and (self.label or self.query.strip()):
            what = "All mail was asked for" if self.every else "All mail shall be compared"
            raise UsageError(
                f"{what}, and a choice of it was named too.",
                hint="--all and --reconcile go with no --label and no --query.",
            )

    @property
    def told(self) -> str:
        """Which messages, as it is typed; "" for all."""
        words = [word for label in self.label for word in ("--label", label)]
        if self.query.strip():
            words += ["--query", self.query.strip()]
        return shlex.join(words)

    def ends(self, clock: Clock) -> Callable[[], bool]:
        """Tells from now on whether the time is over."""
        return ending(clock, self.seconds)
