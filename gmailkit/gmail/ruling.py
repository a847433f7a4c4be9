"""Rules of a file: for mail to come, as Gmail's filters, and for mail that is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected

if TYPE_CHECKING:
    from gmailkit.record.journal import Change
    from gmailkit.services.rules.check import Outcome
    from gmailkit.services.rules.plan import RulesPlan
    from gmailkit.services.rules.pull import Pulled


class Ruling(Connected):
    """Looking needs gmail.readonly, changing filters gmail.settings.basic (docs/rules.md)."""

    def pull_rules(self, path: str | os.PathLike[str]) -> Pulled:
        """Write the filters that the file does not know at its end, as rules. 2 units."""
        from gmailkit.services.rules.pull import pull_rules

        return pull_rules(self._connection, Path(path))

    def test_rules(self, path: str | os.PathLike[str]) -> tuple[Outcome, ...]:
        """Which labels the messages of the tests in the file bear in the end. Asks nobody."""
        from gmailkit.services.rules.check import test_rules

        return test_rules(Path(path), clock=self._clock)

    def plan_rules(self, path: str | os.PathLike[str], *, prune: bool = False) -> RulesPlan:
        """What `apply_rules` would do; nothing is changed. `prune`: filters made by hand go too."""
        from gmailkit.services.rules.plan import plan_rules

        return plan_rules(self._connection, Path(path), prune=prune)

    def apply_rules(self, plan: RulesPlan) -> Change | None:
        """Make Gmail's filters so, as one change that `undo` takes back; None if they are so."""
        from gmailkit.services.rules.apply import apply_rules

        return apply_rules(self._connection, plan)
