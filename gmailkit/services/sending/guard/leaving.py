"""The calls by which mail can leave, by Google's names; a test holds them against all there are."""

from __future__ import annotations

MESSAGE = frozenset({"messages.send", "drafts.send"})
# Gmail sends by itself then: it forwards, answers, or asks somebody to confirm an address.
BY_ITSELF = frozenset(
    {
        "settings.delegates.create",
        "settings.filters.create",
        "settings.forwardingAddresses.create",
        "settings.sendAs.create",
        "settings.sendAs.verify",
        "settings.updateAutoForwarding",
        "settings.updateVacation",
    }
)
LEAVING = MESSAGE | BY_ITSELF
