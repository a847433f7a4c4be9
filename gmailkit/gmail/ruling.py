"""Rules of a file: for mail to come, as Gmail's filters, and for mail that is there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.gmail.connected import Connected

if TYPE_CHECKING:
    from gmailkit.backup.crypt.given import Identity
    from gmailkit.record.journal import Change
    from gmailkit.services.rules.backtest import Backtest
    from gmailkit.services.rules.check import Outcome
    from gmailkit.services.rules.exchange import Exported, Imported
    from gmailkit.services.rules.habits.mailbox import SuggestPlan
    from gmailkit.services.rules.habits.suggest import Suggestions
    from gmailkit.services.rules.plan import RulesPlan
    from gmailkit.services.rules.pull import Pulled
    from gmailkit.services.rules.run import RunPlan


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

    def plan_run_rules(
        self,
        path: str | os.PathLike[str],
        *,
        rule: str | None = None,
        since: str | None = None,
        query: str | None = None,
    ) -> RunPlan:
        """What the rules, or one of them, would do to mail that is there; nothing is changed.

        `since` is a day (2026-01-31) or an age (30d); `query` narrows it further.
        """
        from gmailkit.services.rules.run import plan_run

        return plan_run(self._connection, Path(path), rule=rule, since=since, query=query)

    def run_rules(
        self, plan: RunPlan, *, on_progress: Callable[[int, int], None] = lambda done, total: None
    ) -> Change | None:
        """Do it, to exactly the messages of the plan, as one change that `undo` takes back.

        Needs gmail.modify. None where there is nothing to do.
        """
        from gmailkit.services.rules.run import run_rules

        return run_rules(self._connection, plan, on_progress=on_progress)

    def backtest_rules(
        self,
        path: str | os.PathLike[str],
        folder: str | os.PathLike[str],
        *,
        account: str = "",
        since: str = "1y",
        identity: Identity = None,
    ) -> Backtest:
        """What the rules would have caught of the mail of a backup; `account` says whose, where it
        holds that of several. Asks nobody.
        """
        from gmailkit.services.rules.backtest import backtest

        return backtest(
            Path(path),
            Path(folder),
            account=account,
            since=since,
            identity=identity,
            clock=self._clock,
        )

    def plan_suggest_rules(
        self, path: str | os.PathLike[str], *, since: str = "1y", limit: int = 5_000
    ) -> SuggestPlan:
        """Which mail `suggest_rules` would look at, and what reading it costs; nothing is read.

        `path` is the file of rules, there or not: what it says already is not suggested.
        """
        from gmailkit.services.rules.habits.mailbox import plan_suggest

        return plan_suggest(self._connection, Path(path), since=since, limit=limit)

    def suggest_rules(
        self,
        plan: SuggestPlan,
        *,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        on_look: Callable[[int, int], None] = lambda kind, kinds: None,
    ) -> Suggestions:
        """Rules from senders and lists that are filed by hand, with the evidence; nothing is
        changed. `add_suggested_rules` puts them into the file. `on_progress` is told how many of
        the messages are read, then `on_look` which of how many kinds of habits is looked for.
        """
        from gmailkit.services.rules.habits.mailbox import suggest

        return suggest(self._connection, plan, on_progress=on_progress, on_look=on_look)

    def suggest_rules_from_backup(
        self,
        path: str | os.PathLike[str],
        folder: str | os.PathLike[str],
        *,
        account: str = "",
        since: str = "1y",
        identity: Identity = None,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
        on_look: Callable[[int, int], None] = lambda kind, kinds: None,
    ) -> Suggestions:
        """The same by the mail of a backup: of `account`, where it holds several. No network."""
        from gmailkit.services.rules.habits.saved import suggest_from_backup

        return suggest_from_backup(
            Path(path),
            Path(folder),
            account=account,
            since=since,
            identity=identity,
            clock=self._clock,
            on_progress=on_progress,
            on_look=on_look,
        )

    def add_suggested_rules(
        self, path: str | os.PathLike[str], found: Suggestions
    ) -> tuple[str, ...]:
        """Put suggestions at the end of the file of rules; their names. Asks nobody."""
        from gmailkit.services.rules.habits.suggest import add_suggestions

        return add_suggestions(Path(path), found)

    def import_rules(self, path: str | os.PathLike[str], xml: str | os.PathLike[str]) -> Imported:
        """Write the filters of Gmail's own export (mailFilters.xml) as rules. Asks nobody."""
        from gmailkit.services.rules.exchange import import_xml

        return import_xml(Path(path), Path(xml))

    def export_rules(self, path: str | os.PathLike[str]) -> Exported:
        """The rules as the XML that Gmail's own settings import. Asks nobody."""
        from gmailkit.services.rules.exchange import export_xml

        return export_xml(Path(path))
