"""Google's own unmodified client library drives every settings method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from certificate_maker import authority, leaf, pkcs7, pkcs12
from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from google_library import check, discovery, service, status_of
from sandbox_caller import ANN, BOB, ME

pytest.importorskip("googleapiclient")
SCOPES = ["gmail.settings.basic", "gmail.settings.sharing"]
MONTH = 31 * 86_400


class Driver:
    """Calls of methods by their names in the discovery document; each answer is checked there."""

    def __init__(self, sandbox: Sandbox, *, delegated: bool) -> None:
        self.driven: set[str] = set()
        self._sandbox = sandbox
        self._delegated = delegated
        self._schemas = discovery()["schemas"]
        self._service = self._open()

    def request(self, name: str, **arguments: Any) -> Any:
        *resources, method = name.split(".")
        at = self._service.users().settings()
        for resource in resources:
            at = getattr(at, resource)()
        return getattr(at, method)(userId="me", **arguments)

    def __call__(self, name: str, **arguments: Any) -> Any:
        request = self.request(name, **arguments)
        said = request.execute()
        schema = declared()[name].get("response", {}).get("$ref")
        if schema:
            check(schema, said, self._schemas)
        else:
            assert said == ""
        self.driven.add(name)
        return said

    def renew(self) -> None:
        """A new token, when time has passed."""
        self.close()
        self._service = self._open()

    def close(self) -> None:
        self._service.close()

    def _open(self) -> Any:
        token = self._sandbox.issue_token(ME, SCOPES, delegated=self._delegated)
        return service(self._sandbox.url, token)


def declared() -> dict[str, Any]:
    """The methods below users.settings, by name."""
    found: dict[str, Any] = {}

    def collect(resource: dict[str, Any]) -> None:
        for method in resource.get("methods", {}).values():
            found[method["id"].removeprefix("gmail.users.settings.")] = method
        for inner in resource.get("resources", {}).values():
            collect(inner)

    collect(discovery()["resources"]["users"]["resources"]["settings"])
    return found


@pytest.fixture
def drive(timed: Sandbox) -> Iterator[Driver]:
    driver = Driver(timed, delegated=True)
    yield driver
    driver.close()


@pytest.fixture
def clock() -> FakeClock:
    import time

    return FakeClock(time=time.time())  # the certificates are of today


def test_the_library_drives_every_settings_method(
    timed: Sandbox, drive: Driver, clock: FakeClock
) -> None:
    drive_single_settings(drive)
    drive_forwarding(timed, drive)
    drive_filters(drive)
    drive_send_as(timed, drive)
    drive_smime(drive)
    drive_delegates(drive)
    drive_encryption(drive, clock)
    assert drive.driven == set(declared())


def drive_single_settings(drive: Driver) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "Vacation": {"enableAutoReply": True, "responseSubject": "Away", "startTime": "1"},
        "Imap": {"enabled": True, "autoExpunge": True, "expungeBehavior": "trash"},
        "Pop": {"accessWindow": "allMail", "disposition": "archive"},
        "Language": {"displayLanguage": "de"},
    }
    for name, body in bodies.items():
        said = drive(f"update{name}", body=body)
        assert said.items() >= body.items()
        assert drive(f"get{name}") == said


def drive_forwarding(sandbox: Sandbox, drive: Driver) -> None:
    drive("forwardingAddresses.create", body={"forwardingEmail": BOB})
    sandbox.mail.confirm(ME, BOB)
    one = drive("forwardingAddresses.get", forwardingEmail=BOB)
    assert one["verificationStatus"] == "accepted"
    assert drive("forwardingAddresses.list") == {"forwardingAddresses": [one]}
    body = {"enabled": True, "emailAddress": BOB, "disposition": "markRead"}
    assert drive("updateAutoForwarding", body=body) == body
    assert drive("getAutoForwarding") == body
    drive("forwardingAddresses.delete", forwardingEmail=BOB)
    assert drive("forwardingAddresses.list") == {}


def drive_filters(drive: Driver) -> None:
    body = {
        "criteria": {"from": ANN, "size": 1000, "sizeComparison": "larger"},
        "action": {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]},
    }
    made = drive("filters.create", body=body)
    assert drive("filters.list") == {"filter": [made]}
    assert drive("filters.get", id=made["id"]) == made == body | {"id": made["id"]}
    assert status_of(drive.request("filters.create", body=body)) == (400, "Filter already exists")
    drive("filters.delete", id=made["id"])
    assert status_of(drive.request("filters.get", id=made["id"]))[0] == 404


def drive_send_as(sandbox: Sandbox, drive: Driver) -> None:
    shop = "shop+tag@example.net"
    smtp = {"host": "smtp.example.net", "port": 465, "securityMode": "ssl"}
    made = drive("sendAs.create", body={"sendAsEmail": shop, "smtpMsa": smtp | {"password": "x"}})
    assert made["smtpMsa"] == smtp
    drive("sendAs.verify", sendAsEmail=shop)
    sandbox.mail.confirm(ME, shop)
    assert drive("sendAs.get", sendAsEmail=shop)["verificationStatus"] == "accepted"
    drive("sendAs.patch", sendAsEmail=shop, body={"isDefault": True})
    said = drive("sendAs.update", sendAsEmail=shop, body={"displayName": "Shop"})
    assert drive("sendAs.list")["sendAs"][1] == said
    assert said["isDefault"] is True
    drive("sendAs.delete", sendAsEmail=shop)
    assert status_of(drive.request("sendAs.get", sendAsEmail=shop))[0] == 404


def drive_smime(drive: Driver) -> None:
    body = {"pkcs12": pkcs12(ME), "encryptedKeyPassword": "secret"}
    where = {
        "sendAsEmail": ME,
        "id": drive("sendAs.smimeInfo.insert", sendAsEmail=ME, body=body)["id"],
    }
    drive("sendAs.smimeInfo.setDefault", **where)
    one = drive("sendAs.smimeInfo.get", **where)
    assert one["isDefault"] is True
    assert drive("sendAs.smimeInfo.list", sendAsEmail=ME) == {"smimeInfo": [one]}
    drive("sendAs.smimeInfo.delete", **where)
    assert drive("sendAs.smimeInfo.list", sendAsEmail=ME) == {}


def drive_delegates(drive: Driver) -> None:
    made = drive("delegates.create", body={"delegateEmail": ANN})
    assert drive("delegates.get", delegateEmail=ANN) == made
    assert drive("delegates.list") == {"delegates": [made]}
    drive("delegates.delete", delegateEmail=ANN)
    assert drive("delegates.list") == {}


def drive_encryption(drive: Driver, clock: FakeClock) -> None:
    chain = pkcs7(leaf(ME)[1], authority()[1])
    held = {"kaclsKeyMetadata": {"kaclsUri": "https://kacls.example.com", "kaclsData": "c2VjcmV0"}}
    body = {"pkcs7": chain, "privateKeyMetadata": [held]}
    id = drive("cse.keypairs.create", body=body)["keyPairId"]
    identity = {"emailAddress": ME, "primaryKeyPairId": id}
    assert drive("cse.identities.create", body=identity) == identity
    two = {"signAndEncryptKeyPairs": {"signingKeyPairId": id, "encryptionKeyPairId": id}}
    drive("cse.identities.patch", emailAddress=ME, body=two)
    assert drive("cse.identities.get", cseEmailAddress=ME) == {"emailAddress": ME, **two}
    assert len(drive("cse.identities.list", pageSize=5)["cseIdentities"]) == 1
    drive("cse.identities.delete", cseEmailAddress=ME)
    drive("cse.keypairs.disable", keyPairId=id, body={})
    drive("cse.keypairs.enable", keyPairId=id, body={})
    drive("cse.keypairs.disable", keyPairId=id, body={})
    clock.time += MONTH
    drive.renew()
    assert drive("cse.keypairs.get", keyPairId=id)["enablementState"] == "disabled"
    assert len(drive("cse.keypairs.list")["cseKeyPairs"]) == 1
    drive("cse.keypairs.obliterate", keyPairId=id, body={})
    assert drive("cse.keypairs.list") == {}


def test_the_library_reads_what_users_may_not_do(timed: Sandbox) -> None:
    user = Driver(timed, delegated=False)
    refused = status_of(user.request("delegates.list"))
    user.close()
    assert refused[0] == 403
    assert "domain-wide authority" in refused[1]
