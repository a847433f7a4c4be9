"""users.settings.sendAs.smimeInfo."""

from __future__ import annotations

import secrets

from gmailkit.sandbox import certificates, payload
from gmailkit.sandbox.refusal import invalid, not_found
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BOTH, READ_SHARED, said
from gmailkit.sandbox.routes.settings.send_as import find

_FIELDS = ("id", "issuerCn", "isDefault", "expiration", "encryptedKeyPassword", "pem", "pkcs12")
_PATH = "settings/sendAs/{sendAsEmail}/smimeInfo"
_ONE = f"{_PATH}/{{id}}"


def list_smime_info(call: Call) -> dict[str, object]:
    return said({"smimeInfo": [_shown(one) for one in _all(call).values()]})


def get_smime_info(call: Call) -> dict[str, object]:
    return _shown(_named(call))


def insert_smime_info(call: Call) -> dict[str, object]:
    """The key and its password are not kept, as nothing ever shows them.

    Open: the rules of Gmail's certificate profiles. Here the certificate must be valid now and name
    the address.
    """
    address = find(call).email.lower()
    if not call.body.text("pkcs12"):
        raise invalid("pkcs12 is required")
    chain = certificates.of_pkcs12(
        payload.decode(call.body, "pkcs12"), call.body.text("encryptedKeyPassword")
    )
    if not chain.is_current(call.clock.now()):
        raise invalid("Invalid certificate: it is expired or not yet valid")
    if address not in chain.emails:
        raise invalid(f"Invalid certificate: it does not name {address}")
    new: dict[str, object] = {
        "id": secrets.token_hex(16),
        "sendAsEmail": address,
        "issuerCn": chain.issuer,
        "expiration": str(round(chain.expires.timestamp() * 1000)),
        "pem": chain.pem,
        "isDefault": call.body.flag("isDefault"),
    }
    with call.state.database.change():
        _keep(call, new)
    return _shown(new)


def delete_smime_info(call: Call) -> None:
    call.state.settings.remove(call.user.n, "smimeInfo", str(_named(call)["id"]))


def set_default_smime_info(call: Call) -> None:
    with call.state.database.change():
        _keep(call, _named(call) | {"isDefault": True})


def _keep(call: Call, new: dict[str, object]) -> None:
    """One that is the default takes over from the one before."""
    for id, other in _all(call).items():
        if new["isDefault"] and other["isDefault"]:
            value = other | {"isDefault": False}
            call.state.settings.put(call.user.n, "smimeInfo", value, key=id)
    call.state.settings.put(call.user.n, "smimeInfo", new, key=str(new["id"]))


def _all(call: Call) -> dict[str, dict[str, object]]:
    address = find(call).email.lower()
    kept = call.state.settings.all(call.user.n, "smimeInfo")
    return {id: one for id, one in kept.items() if one["sendAsEmail"] == address}


def _named(call: Call) -> dict[str, object]:
    found = _all(call).get(call.path["id"])
    if found is None:
        raise not_found()
    return found


def _shown(one: dict[str, object]) -> dict[str, object]:
    return said({name: value for name, value in one.items() if name != "sendAsEmail"})


_SET_DEFAULT = "settings.sendAs.smimeInfo.setDefault"
ROUTES = (
    Route("settings.sendAs.smimeInfo.list", "GET", _PATH, list_smime_info, READ_SHARED),
    Route("settings.sendAs.smimeInfo.get", "GET", _ONE, get_smime_info, READ_SHARED),
    Route(
        "settings.sendAs.smimeInfo.insert", "POST", _PATH, insert_smime_info, BOTH, fields=_FIELDS
    ),
    Route("settings.sendAs.smimeInfo.delete", "DELETE", _ONE, delete_smime_info, BOTH),
    Route(_SET_DEFAULT, "POST", f"{_ONE}/setDefault", set_default_smime_info, BOTH),
)
