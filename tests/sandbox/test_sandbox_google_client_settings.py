"""Google's own unmodified client library drives every settings method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from certificate_maker import authority, leaf, pkcs7, pkcs12
from discovery import google, methods
from fakes import FakeClock
from gmailkit.sandbox import Sandbox
from google_library import Driver
from sandbox_caller import ANN, BOB, ME

SCOPES = ("gmail.settings.basic", "gmail.settings.sharing")
MONTH = 31 * 86_400


@pytest.fixture
def drive(timed: Sandbox) -> Iterator[Driver]:
    driver = Driver(timed, *SCOPES, delegated=True)
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
    assert drive.driven == {name for name, _ in methods(google()) if name.startswith("settings.")}


def drive_single_settings(drive: Driver) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "Vacation": {"enableAutoReply": True, "responseSubject": "Away", "startTime": "1"},
        "Imap": {"enabled": True, "autoExpunge": True, "expungeBehavior": "trash"},
        "Pop": {"accessWindow": "allMail", "disposition": "archive"},
        "Language": {"displayLanguage": "de"},
    }
    for name, body in bodies.items():
        said = drive(f"settings.update{name}", body=body)
        assert said.items() >= body.items()
        assert drive(f"settings.get{name}") == said


def drive_forwarding(sandbox: Sandbox, drive: Driver) -> None:
    drive("settings.forwardingAddresses.create", body={"forwardingEmail": BOB})
    sandbox.mail.confirm(ME, BOB)
    one = drive("settings.forwardingAddresses.get", forwardingEmail=BOB)
    assert one["verificationStatus"] == "accepted"
    assert drive("settings.forwardingAddresses.list") == {"forwardingAddresses": [one]}
    body = {"enabled": True, "emailAddress": BOB, "disposition": "markRead"}
    assert drive("settings.updateAutoForwarding", body=body) == body
    assert drive("settings.getAutoForwarding") == body
    drive("settings.forwardingAddresses.delete", forwardingEmail=BOB)
    assert drive("settings.forwardingAddresses.list") == {}


def drive_filters(drive: Driver) -> None:
    body = {
        "criteria": {"from": ANN, "size": 1000, "sizeComparison": "larger"},
        "action": {"addLabelIds": ["STARRED"], "removeLabelIds": ["INBOX"]},
    }
    made = drive("settings.filters.create", body=body)
    assert drive("settings.filters.list") == {"filter": [made]}
    assert drive("settings.filters.get", id=made["id"]) == made == body | {"id": made["id"]}
    assert drive.refusal("settings.filters.create", body=body) == (400, "Filter already exists")
    drive("settings.filters.delete", id=made["id"])
    assert drive.refusal("settings.filters.get", id=made["id"])[0] == 404


def drive_send_as(sandbox: Sandbox, drive: Driver) -> None:
    shop = "shop+tag@example.net"
    smtp = {"host": "smtp.example.net", "port": 465, "securityMode": "ssl"}
    made = drive(
        "settings.sendAs.create", body={"sendAsEmail": shop, "smtpMsa": smtp | {"password": "x"}}
    )
    assert made["smtpMsa"] == smtp
    drive("settings.sendAs.verify", sendAsEmail=shop)
    sandbox.mail.confirm(ME, shop)
    assert drive("settings.sendAs.get", sendAsEmail=shop)["verificationStatus"] == "accepted"
    drive("settings.sendAs.patch", sendAsEmail=shop, body={"isDefault": True})
    said = drive("settings.sendAs.update", sendAsEmail=shop, body={"displayName": "Shop"})
    assert drive("settings.sendAs.list")["sendAs"][1] == said
    assert said["isDefault"] is True
    drive("settings.sendAs.delete", sendAsEmail=shop)
    assert drive.refusal("settings.sendAs.get", sendAsEmail=shop)[0] == 404


def drive_smime(drive: Driver) -> None:
    body = {"pkcs12": pkcs12(ME), "encryptedKeyPassword": "secret"}
    where = {
        "sendAsEmail": ME,
        "id": drive("settings.sendAs.smimeInfo.insert", sendAsEmail=ME, body=body)["id"],
    }
    drive("settings.sendAs.smimeInfo.setDefault", **where)
    one = drive("settings.sendAs.smimeInfo.get", **where)
    assert one["isDefault"] is True
    assert drive("settings.sendAs.smimeInfo.list", sendAsEmail=ME) == {"smimeInfo": [one]}
    drive("settings.sendAs.smimeInfo.delete", **where)
    assert drive("settings.sendAs.smimeInfo.list", sendAsEmail=ME) == {}


def drive_delegates(drive: Driver) -> None:
    made = drive("settings.delegates.create", body={"delegateEmail": ANN})
    assert drive("settings.delegates.get", delegateEmail=ANN) == made
    assert drive("settings.delegates.list") == {"delegates": [made]}
    drive("settings.delegates.delete", delegateEmail=ANN)
    assert drive("settings.delegates.list") == {}


def drive_encryption(drive: Driver, clock: FakeClock) -> None:
    chain = pkcs7(leaf(ME)[1], authority()[1])
    held = {"kaclsKeyMetadata": {"kaclsUri": "https://kacls.example.com", "kaclsData": "c2VjcmV0"}}
    body = {"pkcs7": chain, "privateKeyMetadata": [held]}
    id = drive("settings.cse.keypairs.create", body=body)["keyPairId"]
    identity = {"emailAddress": ME, "primaryKeyPairId": id}
    assert drive("settings.cse.identities.create", body=identity) == identity
    two = {"signAndEncryptKeyPairs": {"signingKeyPairId": id, "encryptionKeyPairId": id}}
    drive("settings.cse.identities.patch", emailAddress=ME, body=two)
    assert drive("settings.cse.identities.get", cseEmailAddress=ME) == {"emailAddress": ME, **two}
    assert len(drive("settings.cse.identities.list", pageSize=5)["cseIdentities"]) == 1
    drive("settings.cse.identities.delete", cseEmailAddress=ME)
    drive("settings.cse.keypairs.disable", keyPairId=id, body={})
    drive("settings.cse.keypairs.enable", keyPairId=id, body={})
    drive("settings.cse.keypairs.disable", keyPairId=id, body={})
    clock.time += MONTH
    drive.renew()
    assert drive("settings.cse.keypairs.get", keyPairId=id)["enablementState"] == "disabled"
    assert len(drive("settings.cse.keypairs.list")["cseKeyPairs"]) == 1
    drive("settings.cse.keypairs.obliterate", keyPairId=id, body={})
    assert drive("settings.cse.keypairs.list") == {}


def test_the_library_reads_what_users_may_not_do(timed: Sandbox) -> None:
    user = Driver(timed, *SCOPES)
    refused = user.refusal("settings.delegates.list")
    user.close()
    assert refused[0] == 403
    assert "domain-wide authority" in refused[1]
