"""Mail merge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected

if TYPE_CHECKING:
    from gmailkit.services.sending.merge.options import MergeOptions
    from gmailkit.services.sending.merge.plan import MergePlan
    from gmailkit.services.sending.merge.replies import MergeReplies
    from gmailkit.services.sending.merge.run import MergeResult, OnStep
    from gmailkit.services.sending.once import Sent


class Merging(Connected):
    """gmail.send is enough to send, gmail.compose to be sure after a lost answer."""

    def plan_merge(
        self,
        template: str | Path,
        rows: str | Path | Iterable[Mapping[str, object]],
        *,
        name: str = "",
        options: MergeOptions | None = None,
    ) -> MergePlan:
        """What a merge of this template (a file) with these rows (a file, or mappings) would send,
        and what is wrong with which row; nothing leaves. `name` tells one merge from another: what
        was sent under it is not sent again.
        """
        from gmailkit.services.sending.merge.plan import plan_merge

        return plan_merge(self._connection, template, rows, name=name, options=options)

    def run_merge(
        self,
        plan: MergePlan,
        *,
        skip_bad: bool = False,
        on_step: OnStep = lambda step: None,
    ) -> MergeResult:
        """Send what was planned, to each once; 110 units a message, other ways less (plan.units).

        Raises UsageError when rows are bad and `skip_bad` is not set: then nothing is sent. After
        DailyLimit, Unreachable and the like a new plan goes on where this one stopped.
        """
        from gmailkit.services.sending.merge.run import run_merge

        return run_merge(self._connection, plan, skip_bad=skip_bad, on_step=on_step)

    def try_merge(self, plan: MergePlan, to: str, *, count: int = 1) -> tuple[Sent, ...]:
        """Send the messages of the first rows to yourself ("me") or another address, as a trial."""
        from gmailkit.services.sending.merge.trial import try_merge

        return try_merge(self._connection, plan, to, count=count)

    def merge(
        self,
        template: str | Path,
        rows: str | Path | Iterable[Mapping[str, object]],
        *,
        name: str = "",
        options: MergeOptions | None = None,
    ) -> MergeResult:
        """Plan and run in one. Sends nothing when anything is wrong with any row."""
        return self.run_merge(self.plan_merge(template, rows, name=name, options=options))

    def merge_replies(self, name: str = "") -> MergeReplies:
        """Who answered the merge of that name (the last one without), and what bounced."""
        from gmailkit.services.sending.merge.replies import merge_replies

        return merge_replies(self._connection, name)
