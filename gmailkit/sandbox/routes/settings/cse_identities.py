"""users.settings.cse.identities.

Open: users with hardware keys may manage their own. Here service accounts with domain-wide
delegation alone.
"""

from __future__ import annotations

from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.refusal import exists, invalid, not_found, precondition
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BOTH, READ_SHARED
from gmailkit.sandbox.routes.settings.cse import PAGE_PARAMS, page

_FIELDS = ("emailAddress", "primaryKeyPairId", "signAndEncryptKeyPairs")
_TWO = ("signingKeyPairId", "encryptionKeyPairId")
_PATH = "settings/cse/identities"
_ONE = f"{_PATH}/{{cseEmailAddress}}"


def list_identities(call: Call) -> dict[str, object]:
    call.check_delegated()
    kept = call.state.settings.all(call.user.n, "cseIdentity")
    return page(call, "cseIdentities", list(kept.values()))


def get_identity(call: Call) -> dict[str, object]:
    call.check_delegated()
    return _named(call, call.path["cseEmailAddress"])


def create_identity(call: Call) -> dict[str, object]:
    call.check_delegated()
    email = call.body.text("emailAddress").lower()
    if email != call.user.address.lower():
        raise invalid("The identity's emailAddress must be the primary address of the user")
    new = {"emailAddress": call.user.address, **_key_pairs(call)}
    with call.state.database.change():
        if call.state.settings.find(call.user.n, "cseIdentity", email):
            raise exists()
        call.state.settings.put(call.user.n, "cseIdentity", new, key=email)
    return new


def patch_identity(call: Call) -> dict[str, object]:
    """Other key pairs take the place of those before."""
    call.check_delegated()
    email = call.path["emailAddress"].lower()
    old = _named(call, email)
    if call.body.text("emailAddress", email).lower() != email:
        raise invalid("The emailAddress in body and URL do not match")
    new = {"emailAddress": old["emailAddress"], **_key_pairs(call)}
    call.state.settings.put(call.user.n, "cseIdentity", new, key=email)
    return new


def delete_identity(call: Call) -> None:
    call.check_delegated()
    key = call.path["cseEmailAddress"].lower()
    if not call.state.settings.remove(call.user.n, "cseIdentity", key):
        raise not_found()


def _key_pairs(call: Call) -> dict[str, object]:
    """One key pair, or two for signing and encryption."""
    one, two = call.body.text("primaryKeyPairId"), call.body.inner("signAndEncryptKeyPairs", _TWO)
    if bool(one) == (two is not None):
        raise invalid("primaryKeyPairId or signAndEncryptKeyPairs is required, one of them")
    if two is None:
        _check_usable(call, one)
        return {"primaryKeyPairId": one}
    return {"signAndEncryptKeyPairs": _two(call, two)}


def _two(call: Call, body: Body) -> dict[str, object]:
    ids = {name: body.text(name) for name in _TWO}
    for id in ids.values():
        _check_usable(call, id)
    return dict(ids)


def _check_usable(call: Call, id: str) -> None:
    """Known, on, with a chain that holds, and made for the user's address. Refuses 400."""
    found = call.state.settings.find(call.user.n, "cseKeyPair", id)
    if found is None:
        raise invalid(f"Unknown key pair: {id}")
    if found["enablementState"] != "enabled":
        raise precondition(f"The key pair is disabled: {id}")
    emails = found["subjectEmailAddresses"]
    if not found["sound"] or not isinstance(emails, list):
        raise invalid(f"The certificate chain of the key pair is not valid: {id}")
    if call.user.address.lower() not in emails:
        raise invalid(f"The key pair's certificate does not name {call.user.address}")


def _named(call: Call, email: str) -> dict[str, object]:
    found = call.state.settings.find(call.user.n, "cseIdentity", email.lower())
    if found is None:
        raise not_found()
    return found


_NAME = "settings.cse.identities"
_PATCHED = f"{_PATH}/{{emailAddress}}"
ROUTES = (
    Route(f"{_NAME}.list", "GET", _PATH, list_identities, READ_SHARED, PAGE_PARAMS),
    Route(f"{_NAME}.get", "GET", _ONE, get_identity, READ_SHARED),
    Route(f"{_NAME}.create", "POST", _PATH, create_identity, BOTH, fields=_FIELDS),
    Route(f"{_NAME}.patch", "PATCH", _PATCHED, patch_identity, BOTH, fields=_FIELDS),
    Route(f"{_NAME}.delete", "DELETE", _ONE, delete_identity, BOTH),
)
