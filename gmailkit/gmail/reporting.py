"""What the mailbox consists of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected
from gmailkit.query.builder import Q

if TYPE_CHECKING:
    from gmailkit.services.stats.model import Stats
    from gmailkit.services.stats.online import StatsPlan


class Reporting(Connected):
    """Needs gmail.readonly."""

    def plan_stats(self, query: str | Q = "", *, limit: int | None = 1_000) -> StatsPlan:
        """Which messages `stats` would count, the newest first, and for how many units."""
        from gmailkit.services.stats.online import plan_stats

        return plan_stats(self._connection, str(query), limit=limit)

    def stats(
        self,
        query: str | Q | StatsPlan = "",
        *,
        limit: int | None = 1_000,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Stats:
        """Messages that match a search, counted by sender, domain, label, list, year, month, size,
        hour and kind of file, and who owes whom an answer: the newest `limit`, all for None.

        20 units for each that was never seen before (40 for several of one conversation), and 5
        for each label; `plan_stats` tells before. `gmailkit.stats(DIR)` counts a backup.
        """
        from gmailkit.services.stats.online import StatsPlan, stats

        plan = query if isinstance(query, StatsPlan) else self.plan_stats(query, limit=limit)
        return stats(self._connection, plan, on_progress=on_progress)
