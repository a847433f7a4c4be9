"""What Google's discovery document does not say about its methods: the price, and whether a
request may be repeated when nobody knows if the first one arrived.

Prices in quota units from Google's quota page, both tables: `old` for projects used between
2025-11 and 2026-04, `new` for all since 2026-05-01. Paths, parameters and scopes stand in the
discovery document that google-api-python-client bundles, and are not repeated here.

Open: a method may be missing from one table or both. It then costs what the other table says, or
5, the price of most writes (`sendAs.patch`: what its dear sibling `update` costs).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal, NamedTuple

import msgspec

from gmailkit.auth.scopes import short
from gmailkit.errors import UsageError

Prices = Literal["new", "old"]


class Cost(NamedTuple):
    """What a request spends of one method's: calls, and their units together."""

    method: str
    calls: int
    units: int


class Method(msgspec.Struct, frozen=True):
    """`name` is Google's, without `gmail.users.`; `replayable`: twice has the effect of once.

    Not `printed`: Google's tables lack a price, and ours is a guess. `calls`: the methods of the
    calls in a batch, which Gmail counts each for itself.
    """

    name: str
    old: int
    new: int
    replayable: bool
    printed: bool = True
    calls: tuple[Method, ...] = ()

    def price(self, prices: Prices) -> int:
        """Quota units of one call; a refused call costs as much."""
        return self.new if prices == "new" else self.old

    def costs(self, prices: Prices) -> tuple[Cost, ...]:
        """The price by the methods that Gmail counts."""
        if not self.calls:
            return (Cost(self.name, 1, self.price(prices)),)
        counted = Counter(self.calls).items()
        return tuple(Cost(each.name, n, n * each.price(prices)) for each, n in counted)


# fmt: off
_TABLE = (
    Method("drafts.create", 10, 10, False),
    Method("drafts.delete", 10, 10, True),
    Method("drafts.get", 5, 20, True),
    Method("drafts.list", 5, 5, True),
    Method("drafts.send", 100, 100, False),
    Method("drafts.update", 15, 15, True),
    Method("getProfile", 1, 1, True),
    Method("history.list", 2, 2, True),
    Method("labels.create", 5, 5, False),
    Method("labels.delete", 5, 5, True),
    Method("labels.get", 1, 1, True),
    Method("labels.list", 1, 1, True),
    Method("labels.patch", 5, 5, True, printed=False),
    Method("labels.update", 5, 5, True),
    Method("messages.attachments.get", 5, 20, True),
    Method("messages.batchDelete", 50, 50, True),
    Method("messages.batchModify", 50, 50, True),
    Method("messages.delete", 10, 10, True),
    Method("messages.get", 5, 20, True),
    Method("messages.import", 25, 25, False),
    Method("messages.insert", 25, 25, False),
    Method("messages.list", 5, 5, True),
    Method("messages.modify", 5, 5, True),
    Method("messages.send", 100, 100, False),
    Method("messages.trash", 5, 20, True),
    Method("messages.untrash", 5, 5, True),
    Method("settings.cse.identities.create", 5, 5, False, printed=False),
    Method("settings.cse.identities.delete", 5, 5, True, printed=False),
    Method("settings.cse.identities.get", 5, 5, True, printed=False),
    Method("settings.cse.identities.list", 5, 5, True, printed=False),
    Method("settings.cse.identities.patch", 5, 5, True, printed=False),
    Method("settings.cse.keypairs.create", 5, 5, False, printed=False),
    Method("settings.cse.keypairs.disable", 5, 5, True, printed=False),
    Method("settings.cse.keypairs.enable", 5, 5, True, printed=False),
    Method("settings.cse.keypairs.get", 5, 5, True, printed=False),
    Method("settings.cse.keypairs.list", 5, 5, True, printed=False),
    Method("settings.cse.keypairs.obliterate", 5, 5, True, printed=False),
    Method("settings.delegates.create", 100, 100, False),
    Method("settings.delegates.delete", 5, 5, True, printed=False),
    Method("settings.delegates.get", 1, 1, True, printed=False),
    Method("settings.delegates.list", 1, 1, True, printed=False),
    Method("settings.filters.create", 5, 5, False),
    Method("settings.filters.delete", 5, 5, True),
    Method("settings.filters.get", 1, 1, True),
    Method("settings.filters.list", 1, 1, True),
    Method("settings.forwardingAddresses.create", 100, 100, False),
    Method("settings.forwardingAddresses.delete", 5, 5, True, printed=False),
    Method("settings.forwardingAddresses.get", 1, 1, True, printed=False),
    Method("settings.forwardingAddresses.list", 1, 1, True, printed=False),
    Method("settings.getAutoForwarding", 1, 1, True),
    Method("settings.getImap", 1, 1, True, printed=False),
    Method("settings.getLanguage", 5, 5, True, printed=False),
    Method("settings.getPop", 1, 1, True, printed=False),
    Method("settings.getVacation", 1, 1, True),
    Method("settings.sendAs.create", 100, 100, False),
    Method("settings.sendAs.delete", 5, 5, True, printed=False),
    Method("settings.sendAs.get", 1, 1, True, printed=False),
    Method("settings.sendAs.list", 1, 1, True, printed=False),
    Method("settings.sendAs.patch", 100, 100, True, printed=False),
    Method("settings.sendAs.smimeInfo.delete", 5, 5, True, printed=False),
    Method("settings.sendAs.smimeInfo.get", 5, 5, True, printed=False),
    Method("settings.sendAs.smimeInfo.insert", 5, 5, False, printed=False),
    Method("settings.sendAs.smimeInfo.list", 5, 5, True, printed=False),
    Method("settings.sendAs.smimeInfo.setDefault", 5, 5, True, printed=False),
    Method("settings.sendAs.update", 100, 100, True),
    Method("settings.sendAs.verify", 100, 100, False),
    Method("settings.updateAutoForwarding", 5, 5, True, printed=False),
    Method("settings.updateImap", 5, 5, True, printed=False),
    Method("settings.updateLanguage", 5, 5, True, printed=False),
    Method("settings.updatePop", 100, 100, True),
    Method("settings.updateVacation", 5, 5, True),
    Method("stop", 50, 50, True),
    Method("threads.delete", 20, 20, True),
    Method("threads.get", 10, 40, True),
    Method("threads.list", 10, 10, True),
    Method("threads.modify", 10, 10, True),
    Method("threads.trash", 10, 20, True),
    Method("threads.untrash", 10, 10, True, printed=False),
    Method("watch", 100, 100, True),
)
# fmt: on
# Scopes by what they open, the least first. Add-ons have others, which no token of ours holds.
_BY_POWER = (
    "gmail.labels",
    "gmail.metadata",
    "gmail.send",
    "gmail.insert",
    "gmail.settings.basic",
    "gmail.readonly",
    "gmail.compose",
    "gmail.modify",
    "gmail.settings.sharing",
    "mail.google.com",
)

METHODS = {method.name: method for method in _TABLE}


def find(name: str) -> Method:
    """The method of that name; UsageError for one that Gmail does not have."""
    try:
        return METHODS[name]
    except KeyError:
        near = ", ".join(get_close_matches(name, METHODS, n=3))
        hint = f"Did you mean {near}?" if near else "gmailkit api --list shows all there are."
        raise UsageError(f"Gmail has no method {name!r}.", hint=hint) from None


def narrowest(accepted: Iterable[str]) -> str:
    """The short name of the least powerful scope among those of which any one will do."""
    names = {short(scope) for scope in accepted}
    return next(scope for scope in _BY_POWER if scope in names)
