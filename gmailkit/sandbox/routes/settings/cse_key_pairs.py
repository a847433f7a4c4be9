"""users.settings.cse.keypairs.

Open: users with hardware keys may manage their own. Here service accounts with domain-wide
delegation alone.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from gmailkit.sandbox import certificates
from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.refusal import invalid, not_found, precondition
from gmailkit.sandbox.route import Call, Route
from gmailkit.sandbox.routes.settings import BOTH, READ_SHARED
from gmailkit.sandbox.routes.settings.cse import PAGE_PARAMS, page

OBLITERABLE_SECONDS = 30 * 86_400
_MAX_KACLS_DATA = 8 * 1024
_FIELDS = (
    "keyPairId pkcs7 pem subjectEmailAddresses enablementState disableTime privateKeyMetadata"
).split()
_METADATA = ("privateKeyMetadataId", "kaclsKeyMetadata", "hardwareKeyMetadata")
_PATH = "settings/cse/keypairs"
_ONE = f"{_PATH}/{{keyPairId}}"


def list_key_pairs(call: Call) -> dict[str, object]:
    call.check_delegated()
    kept = list(call.state.settings.all(call.user.n, "cseKeyPair").values())
    return page(call, "cseKeyPairs", [_shown(one) for one in kept])


def get_key_pair(call: Call) -> dict[str, object]:
    call.check_delegated()
    return _shown(_named(call))


def create_key_pair(call: Call) -> dict[str, object]:
    """A chain that does not hold is refused; with chainValidation=none it is good for old mail."""
    call.check_delegated()
    checked = call.params.choice("chainValidation", ("all", "none"), "all") == "all"
    chain = certificates.of_pkcs7(call.body.text("pkcs7"))
    sound = chain.is_sound(call.clock.now())
    if checked and not sound:
        raise invalid("Invalid certificate chain: it is expired, incomplete or not signed rightly")
    if not chain.emails:
        raise invalid("Invalid certificate chain: its leaf names no email address")
    metadata = [_metadata(one) for one in call.body.inners("privateKeyMetadata", _METADATA)]
    if not metadata:
        raise invalid("privateKeyMetadata is required")
    new: dict[str, object] = {
        "keyPairId": "ANe1Bm" + secrets.token_urlsafe(18),
        "pem": chain.pem,
        "subjectEmailAddresses": list(chain.emails),
        "enablementState": "enabled",
        "privateKeyMetadata": metadata,
        "sound": sound,
    }
    _keep(call, new)
    return _shown(new)


def disable_key_pair(call: Call) -> dict[str, object]:
    call.check_delegated()
    old = _named(call)
    if old["enablementState"] != "enabled":
        raise precondition("The key pair is disabled already")
    at = datetime.fromtimestamp(call.clock.now(), UTC).isoformat().replace("+00:00", "Z")
    new = old | {"enablementState": "disabled", "disableTime": at}
    _keep(call, new)
    return _shown(new)


def enable_key_pair(call: Call) -> dict[str, object]:
    call.check_delegated()
    old = _named(call)
    if old["enablementState"] != "disabled":
        raise precondition("The key pair is enabled already")
    new = old | {"enablementState": "enabled"}
    del new["disableTime"]
    _keep(call, new)
    return _shown(new)


def obliterate_key_pair(call: Call) -> None:
    """Only a key pair that has been off for more than thirty days."""
    call.check_delegated()
    old = _named(call)
    since = old.get("disableTime")
    off = call.clock.now() - datetime.fromisoformat(str(since)).timestamp() if since else 0
    if off <= OBLITERABLE_SECONDS:
        raise precondition("Only a key pair disabled for more than 30 days can be obliterated")
    call.state.settings.remove(call.user.n, "cseKeyPair", str(old["keyPairId"]))


def _metadata(body: Body) -> dict[str, object]:
    """Of a key held by a service or by a smart card, one of the two."""
    id = {"privateKeyMetadataId": secrets.token_hex(16)}
    service = body.inner("kaclsKeyMetadata", ("kaclsUri", "kaclsData"))
    card = body.inner("hardwareKeyMetadata", ("description",))
    if service is None and card is not None:
        return {**id, "hardwareKeyMetadata": {"description": card.text("description")}}
    if service is None or card is not None:
        raise invalid("privateKeyMetadata needs kaclsKeyMetadata or hardwareKeyMetadata, not both")
    uri, data = service.text("kaclsUri"), service.text("kaclsData")
    if not uri.startswith("https://") or not data:
        raise invalid("Invalid kaclsKeyMetadata: kaclsUri (https) and kaclsData are required")
    if len(data.encode()) > _MAX_KACLS_DATA:
        raise invalid(f"Invalid kaclsData: at most {_MAX_KACLS_DATA} bytes")
    return {**id, "kaclsKeyMetadata": {"kaclsUri": uri, "kaclsData": data}}


def _named(call: Call) -> dict[str, object]:
    found = call.state.settings.find(call.user.n, "cseKeyPair", call.path["keyPairId"])
    if found is None:
        raise not_found()
    return found


def _keep(call: Call, new: dict[str, object]) -> None:
    call.state.settings.put(call.user.n, "cseKeyPair", new, key=str(new["keyPairId"]))


def _shown(one: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in one.items() if name != "sound"}


_NAME = "settings.cse.keypairs"
ROUTES = (
    Route(f"{_NAME}.list", "GET", _PATH, list_key_pairs, READ_SHARED, PAGE_PARAMS),
    Route(f"{_NAME}.get", "GET", _ONE, get_key_pair, READ_SHARED),
    Route(f"{_NAME}.create", "POST", _PATH, create_key_pair, BOTH, ("chainValidation",), _FIELDS),
    Route(f"{_NAME}.disable", "POST", f"{_ONE}:disable", disable_key_pair, BOTH),
    Route(f"{_NAME}.enable", "POST", f"{_ONE}:enable", enable_key_pair, BOTH),
    Route(f"{_NAME}.obliterate", "POST", f"{_ONE}:obliterate", obliterate_key_pair, BOTH),
)
