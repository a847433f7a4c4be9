"""Addresses that mail may be forwarded to."""

from __future__ import annotations

from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User


def is_accepted(state: State, user: User, email: str) -> bool:
    found = state.settings.find(user.n, "forwardingAddress", email.lower())
    return found is not None and found["verificationStatus"] == "accepted"


def check_accepted(state: State, user: User, email: str) -> None:
    """Refuses 400 what is unknown or still pending."""
    if not is_accepted(state, user, email):
        raise invalid("Unrecognized forwarding address")
