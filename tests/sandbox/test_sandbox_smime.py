"""users.settings.sendAs.smimeInfo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from certificate_maker import pkcs12
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, ME, Caller, refusal

PATH = f"settings/sendAs/{ME}/smimeInfo"


def insert(caller: Caller, path: str = PATH, email: str = ME, **more: Any) -> dict[str, Any]:
    body = {"pkcs12": pkcs12(email), "encryptedKeyPassword": "secret", **more}
    response = caller.post(path, body)
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


def test_a_certificate_is_inserted_read_and_deleted(owner: Caller) -> None:
    assert owner.said(PATH) == {}
    made = insert(owner)
    assert set(made) == {"id", "issuerCn", "expiration", "pem"}  # and neither key nor password
    assert made["issuerCn"] == "Test Authority"
    expires = datetime.fromtimestamp(int(made["expiration"]) / 1000, UTC)
    assert abs(expires - datetime.now(UTC) - timedelta(days=355)) < timedelta(hours=1)
    assert made["pem"].count("BEGIN CERTIFICATE") == 2
    assert "PRIVATE" not in made["pem"]
    assert owner.said(f"{PATH}/{made['id']}") == made
    assert owner.said(PATH) == {"smimeInfo": [made]}
    assert owner.call("DELETE", f"{PATH}/{made['id']}").status_code == 204
    assert owner.said(PATH) == {}
    for verb, path in (("GET", made["id"]), ("DELETE", made["id"]), ("POST", "x/setDefault")):
        assert refusal(owner.call(verb, f"{PATH}/{path}"))[:2] == (404, "notFound")


def test_one_of_an_address_is_the_default(sandbox: Sandbox, owner: Caller) -> None:
    sandbox.mail.add_alias(ME, "shop@example.net")
    shop = "settings/sendAs/shop@example.net/smimeInfo"
    other = insert(owner, shop, "shop@example.net", isDefault=True)
    first, second = insert(owner, isDefault=True), insert(owner)

    def default(path: str = PATH) -> list[str]:
        return [one["id"] for one in owner.said(path)["smimeInfo"] if one.get("isDefault")]

    assert default() == [first["id"]]
    assert owner.post(f"{PATH}/{second['id']}/setDefault").status_code == 204
    assert default() == [second["id"]]
    assert default(shop) == [other["id"]]
    assert refusal(owner.get(f"{PATH}/{other['id']}"))[0] == 404


def test_a_key_without_password_is_taken(owner: Caller) -> None:
    response = owner.post(PATH, {"pkcs12": pkcs12(ME, password="")})
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (lambda: {"encryptedKeyPassword": "secret"}, "pkcs12 is required"),
        (lambda: {"pkcs12": pkcs12(ME), "encryptedKeyPassword": "wrong"}, "encryptedKeyPassword"),
        (lambda: {"pkcs12": pkcs12(ME)}, "encryptedKeyPassword"),
        (lambda: {"pkcs12": "AAAA"}, "PKCS12"),
        (lambda: {"pkcs12": "+/+/"}, "ByteString"),
        (lambda: {"pkcs12": pkcs12(ME, password="", key=False)}, "private key"),
        (lambda: {"pkcs12": pkcs12(ME, password="", days=9)}, "expired"),
        (lambda: {"pkcs12": pkcs12(ANN, password="")}, "does not name"),
        (lambda: {"certificate": "x"}, "Unknown name"),
    ],
    ids="nothing wrong none junk alphabet keyless expired other field".split(),
)
def test_what_cannot_be_used_is_refused(
    owner: Caller, body: Callable[[], dict[str, Any]], word: str
) -> None:
    code, _, _, message = refusal(owner.post(PATH, body()))
    assert code == 400
    assert word in message
    assert owner.said(PATH) == {}


def test_only_addresses_one_sends_from_have_certificates(owner: Caller) -> None:
    assert refusal(owner.get(f"settings/sendAs/{ANN}/smimeInfo"))[:2] == (404, "notFound")


def test_they_go_with_their_address(sandbox: Sandbox, admin: Caller) -> None:
    sandbox.mail.add_alias(ME, "shop@example.net")
    insert(admin, "settings/sendAs/shop@example.net/smimeInfo", "shop@example.net")
    admin.call("DELETE", "settings/sendAs/shop@example.net")
    admin.post("settings/sendAs", {"sendAsEmail": "shop@example.net"})
    assert admin.said("settings/sendAs/shop@example.net/smimeInfo") == {}
