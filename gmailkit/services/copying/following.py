"""A copy that goes on with what arrives, until somebody stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import BudgetSpent, GmailKitError, PartialError
from gmailkit.model.item import Ref
from gmailkit.services.copying.carrying import CopyDone, copy_mail
from gmailkit.services.copying.plan import CopyPlan, plan_copy
from gmailkit.services.days import When
from gmailkit.services.places import Places

EVERY = 60.0  # seconds between two looks
_LONGEST = 15 * 60.0  # between two while the source or the target cannot be had


def follow(
    open_places: Callable[[], Places],
    first: CopyPlan,
    *,
    query: str = "",
    since: When | None = None,
    rules: Iterable[str] = (),
    everywhere: bool = False,
    quarantine: Path | None = None,
    receipts: Path | None = None,
    every: float = EVERY,
    is_over: Callable[[], bool] = lambda: False,
    clock: Clock = SYSTEM_CLOCK,
    on_trouble: Callable[[GmailKitError], None] = lambda error: None,
) -> Iterator[CopyDone]:
    """Look again and again for messages that were not there for the plan, and copy them; each time
    some came, what came of it. The rest is what the plan was made with.

    What is new is told by the names that the source gives to messages. `on_trouble` hears of what
    passes, which is tried again, at longer and longer intervals, and of messages that could not be
    copied, which are not. Any other error is raised: the same command goes on later. It ends when
    the time `is_over`.
    """
    known, wait = set(first.refs), every
    mark = first.into.mark if first.into else None
    while not is_over():
        clock.sleep(wait)
        wait = every
        try:
            with open_places() as places:
                plan = plan_copy(
                    places,
                    str(first.source),
                    str(first.target),
                    query=query,
                    since=since,
                    rules=rules,
                    mark=mark,
                    everywhere=everywhere,
                    skip=known,
                )
                if not plan.refs:
                    continue
                done = _copied(places, plan, quarantine, receipts, known, on_trouble)
        except GmailKitError as error:
            if not error.passing or isinstance(error, BudgetSpent):
                raise
            on_trouble(error)
            wait = min(wait * 2, _LONGEST)
            continue
        if done:
            yield done


def _copied(
    places: Places,
    plan: CopyPlan,
    quarantine: Path | None,
    receipts: Path | None,
    known: set[Ref],
    on_trouble: Callable[[GmailKitError], None],
) -> CopyDone | None:
    """None where some could not be copied, which was told; those that may come later are not known
    then.
    """
    try:
        done = copy_mail(places, plan, quarantine=quarantine, receipts=receipts)
    except PartialError as error:
        again = {Ref(each.item) for each in error.failed if each.retryable}
        known.update(ref for ref in plan.refs if ref not in again)
        on_trouble(error)
        return None
    known.update(plan.refs)
    return done
