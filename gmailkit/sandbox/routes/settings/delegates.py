"""users.settings.delegates: for service accounts with domain-wide delegation alone.

A delegate gets no access through the API, which knows no delegation between users.
"""

from __future__ import annotations

from gmailkit.sandbox.refusal import exists, invalid, not_found
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import READ, SHARING, email_of, said
from gmailkit.sandbox.state.users import User

MAX_DELEGATES = 25
MAX_DELEGATORS = 10
_PATH = "settings/delegates"
_ONE = f"{_PATH}/{{delegateEmail}}"


def list_delegates(call: Call) -> dict[str, object]:
    call.check_delegated()
    return said({"delegates": list(call.state.settings.all(call.user.n, "delegate").values())})


def get_delegate(call: Call) -> dict[str, object]:
    call.check_delegated()
    key = call.path["delegateEmail"].lower()
    kept = call.state.settings.find(call.user.n, "delegate", key)
    if kept is None:
        raise not_found()
    return kept


def create_delegate(call: Call) -> dict[str, object]:
    """Accepted at once. Open: up to a minute until the delegate is there; none here."""
    call.check_delegated()
    other = _member(call, email_of(call.body, "delegateEmail"))
    key = other.address.lower()
    new: dict[str, object] = {"delegateEmail": other.address, "verificationStatus": "accepted"}
    with call.state.database.change():
        present = call.state.settings.all(call.user.n, "delegate")
        if key in present:
            raise exists()
        if len(present) >= MAX_DELEGATES:
            raise invalid(f"Too many delegates: at most {MAX_DELEGATES}")
        if call.state.settings.count("delegate", key) >= MAX_DELEGATORS:
            raise invalid(f"Too many delegators: {other.address} has {MAX_DELEGATORS} already")
        call.state.settings.put(call.user.n, "delegate", new, key=key)
    return new


def delete_delegate(call: Call) -> None:
    call.check_delegated()
    key = call.path["delegateEmail"].lower()
    if not call.state.settings.remove(call.user.n, "delegate", key):
        raise not_found()


def _member(call: Call, email: str) -> User:
    """Another user of the same organisation by the primary address. Refuses 400."""
    other = call.state.users.find(email)
    if other == call.user:
        raise invalid("Invalid delegate: it is the mailbox itself")
    if other is None:
        raise invalid(f"Invalid delegate: {email} is no primary address of a user")
    # Open: an organisation may own several domains; here it is one.
    if _domain(other.address) != _domain(call.user.address):
        raise invalid(f"Invalid delegate: {email} is not in the same organization")
    return other


def _domain(email: str) -> str:
    return email.rpartition("@")[2].lower()


ROUTES = (
    Route("settings.delegates.list", "GET", _PATH, list_delegates, READ),
    Route("settings.delegates.get", "GET", _ONE, get_delegate, READ),
    Route(
        "settings.delegates.create",
        "POST",
        _PATH,
        create_delegate,
        SHARING,
        fields=("delegateEmail", "verificationStatus"),
    ),
    Route("settings.delegates.delete", "DELETE", _ONE, delete_delegate, SHARING),
)
