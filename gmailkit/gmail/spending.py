"""What calls cost, and what may be spent."""

from __future__ import annotations

from gmailkit.gmail.connected import Connected
from gmailkit.services import quota as quota_service
from gmailkit.services.quota import Estimate, QuotaReport
from gmailkit.wire.methods import find
from gmailkit.wire.quota.meter import Spent


class Spending(Connected):
    """Nothing here asks Gmail."""

    @property
    def spent(self) -> Spent:
        """Calls and quota units of this object so far, repeated and refused calls included."""
        return self._connection.meter.spent

    def quota(self) -> QuotaReport:
        """What all programs of this machine spent for this mailbox, the limits, and what refusals
        taught. No request is made.
        """
        return quota_service.quota(self._connection)

    def reset_quota(self) -> None:
        """Forget pauses and what refusals taught; what was spent still counts."""
        quota_service.reset(self._connection)

    def price(self, method: str) -> int:
        """Quota units of one call of Google's `method`, by the price table of the settings."""
        return find(method).price(self._connection.allowance.prices)

    def estimate(self, units: int) -> Estimate:
        """How long it takes at least to spend so many units."""
        return quota_service.estimate(self._connection, units)
