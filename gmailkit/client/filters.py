"""`users.settings.filters` of the Gmail API."""

from __future__ import annotations

from gmailkit.model.filter import Filter, FilterAction, FilterCriteria, FiltersPage
from gmailkit.wire.call import Wire


class Filters:
    """Rules for mail that arrives; what lies there already they never touch.

    Gmail has no way to change one: create the new, then delete the old. Last line of each method:
    its price, least scope.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> tuple[Filter, ...]:
        """All filters, in one answer.

        1 unit; gmail.settings.basic.
        """
        return self._wire.call("settings.filters.list", FiltersPage).filter

    def get(self, id: str) -> Filter:
        """1 unit; gmail.settings.basic."""
        return self._wire.call("settings.filters.get", Filter, id=id)

    def create(self, criteria: FilterCriteria, action: FilterAction) -> Filter:
        """A new filter; 1,000 at most, with one user label each, some 20 of them forwarding.

        UsageError when there is one like it, when criteria or action are empty, or when the
        address to forward to was never accepted.
        5 units; gmail.settings.basic.
        """
        body = Filter(criteria=criteria, action=action)
        return self._wire.call("settings.filters.create", Filter, body=body)

    def delete(self, id: str) -> None:
        """Delete the filter for good; what it did stays.

        5 units; gmail.settings.basic.
        """
        self._wire.do("settings.filters.delete", id=id)
