"""A backup held against this mailbox, and mended from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected

if TYPE_CHECKING:
    from gmailkit.backup.crypt.given import Identity
    from gmailkit.services.comparing import Compared, Comparison
    from gmailkit.services.repairing import Repaired, RepairPlan


class Proving(Connected):
    """Needs gmail.readonly."""

    def plan_comparison(
        self,
        path: str | Path,
        *,
        sample: int | None = None,
        seed: int | None = None,
        identity: Identity = None,
    ) -> Compared:
        """Which messages only the mailbox has, or only the backup folder `path`, and which bytes
        `compare` would read: all of those that both have, or `sample` of them, drawn by lot.

        5 units for each 500 messages of the mailbox. NotFound when the backup has none of this
        account.
        """
        from gmailkit.services.comparing import plan_comparison

        return plan_comparison(
            self._connection,
            Path(path).expanduser(),
            sample=sample,
            seed=seed,
            identity=identity,
        )

    def compare(
        self, plan: Compared, *, on_progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Comparison:
        """Read the messages of the plan from Gmail and hold their bytes against those saved.

        20 units a message; nothing is changed on either side.
        """
        from gmailkit.services.comparing import compare

        return compare(self._connection, plan, on_progress=on_progress)

    def plan_repair(
        self,
        path: str | Path,
        *,
        identity: Identity = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> RepairPlan:
        """Verify the backup folder `path` in full, and say which messages `repair` would fetch.

        Nothing is changed, and no message asked for. Progress is in bytes of packs.
        """
        from gmailkit.services.repairing import plan_repair

        folder = Path(path).expanduser()
        return plan_repair(
            lambda: self._connection, folder, identity=identity, on_progress=on_progress
        )

    def repair(
        self,
        plan: RepairPlan,
        *,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Repaired:
        """Fetch what is damaged or missing and save it again, as it was saved, further on in the
        backup; a damaged index or marker is made anew.

        No byte that was written changes. What Gmail has no more is in `lost`. Stopped at any point,
        the next repair goes on. 20 units a message.
        """
        from gmailkit.services.repairing import repair

        return repair(lambda: self._connection, plan, clock=self._clock, on_progress=on_progress)
