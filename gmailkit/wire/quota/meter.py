"""What one run has spent, and the most it may."""

from __future__ import annotations

import threading

import msgspec

from gmailkit.errors import BudgetSpent


class Spent(msgspec.Struct, frozen=True):
    """Calls to Gmail, repeated and refused ones and those in batches included, and the quota
    units they cost.
    """

    calls: int
    units: int


class Meter:
    """Counts for all threads of one `Gmail`; `budget` are the units it may spend, None for all."""

    def __init__(self, budget: int | None = None) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._calls = 0
        self._units = 0

    @property
    def spent(self) -> Spent:
        with self._lock:
            return Spent(self._calls, self._units)

    def pay(self, method: str, units: int, *, calls: int = 1) -> None:
        """Raises BudgetSpent, and counts nothing, when the budget does not suffice."""
        with self._lock:
            if self._budget is not None and self._units + units > self._budget:
                raise self._spent(self._budget, method, units)
            self._calls += calls
            self._units += units

    def _spent(self, budget: int, method: str, units: int) -> BudgetSpent:
        """Another run may spend as much on its way to this call, and then none gets past it."""
        enough = f"allow at least {self._units + units:,} units."
        hint = (
            f"This call needs more: {enough}"
            if units > budget or not self._units
            else "Run it again: what is saved or copied stays so, and is not paid for again. "
            f"If it stops here again, {enough}"
        )
        return BudgetSpent(
            f"{self._units:,} of the {budget:,} units of this run are spent; "
            f"the next call, {method}, costs {units}.",
            hint=hint,
            method=method,
            spent=self._units,
        )

    def refund(self, units: int, *, calls: int = 1) -> None:
        """What was paid for and then never left."""
        with self._lock:
            self._calls -= calls
            self._units -= units
