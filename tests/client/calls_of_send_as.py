"""Every method below `settings.sendAs` and `settings.cse`, each once."""

from __future__ import annotations

from datetime import UTC, datetime

from client.calls import call
from gmailkit.model.cse import (
    CseIdentity,
    CseKeyPair,
    CsePrivateKeyMetadata,
    HardwareKeyMetadata,
    KaclsKeyMetadata,
    SignAndEncryptKeyPairs,
)
from gmailkit.model.send_as import SendAs, SmimeInfo, SmtpMsa

ALIAS = "ann+x@example.org"
ALIAS_PATH = "ann%2Bx%40example.org"

SERVER = SmtpMsa(host="smtp.example.org", port=587, password="pw", security_mode="starttls")
SERVER_JSON = {
    "host": "smtp.example.org",
    "port": 587,
    "password": "pw",
    "securityMode": "starttls",
}
SEND_AS = {
    "sendAsEmail": ALIAS,
    "displayName": "Ann",
    "signature": "<b>A</b>",
    "isDefault": True,
    "treatAsAlias": True,
    "verificationStatus": "accepted",
}
SEND_AS_OBJECT = SendAs(
    send_as_email=ALIAS,
    display_name="Ann",
    signature="<b>A</b>",
    is_default=True,
    treat_as_alias=True,
    verification_status="accepted",
)
SENDERS = (
    call(
        "settings.sendAs.list",
        lambda c: c.settings.send_as.list(),
        "GET /settings/sendAs",
        answer={"sendAs": [SEND_AS]},
        gives=(SEND_AS_OBJECT,),
    ),
    call(
        "settings.sendAs.get",
        lambda c: c.settings.send_as.get(ALIAS),
        f"GET /settings/sendAs/{ALIAS_PATH}",
        answer=SEND_AS,
        gives=SEND_AS_OBJECT,
    ),
    call(
        "settings.sendAs.create",
        lambda c: c.settings.send_as.create(SendAs(send_as_email=ALIAS, smtp_msa=SERVER)),
        "POST /settings/sendAs",
        body={"sendAsEmail": ALIAS, "smtpMsa": SERVER_JSON},
        answer=SEND_AS,
        gives=SEND_AS_OBJECT,
    ),
    call(
        "settings.sendAs.patch",
        lambda c: c.settings.send_as.patch(
            ALIAS,
            display_name="Ann",
            reply_to_address="r@example.org",
            signature="",
            is_default=True,
            treat_as_alias=False,
            smtp_msa=SERVER,
        ),
        f"PATCH /settings/sendAs/{ALIAS_PATH}",
        body={
            "displayName": "Ann",
            "replyToAddress": "r@example.org",
            "signature": "",
            "isDefault": True,
            "treatAsAlias": False,
            "smtpMsa": SERVER_JSON,
        },
        answer=SEND_AS,
        gives=SEND_AS_OBJECT,
    ),
    call(
        "settings.sendAs.update",
        lambda c: c.settings.send_as.update(SEND_AS_OBJECT),
        f"PUT /settings/sendAs/{ALIAS_PATH}",
        body=SEND_AS,
        answer=SEND_AS,
        gives=SEND_AS_OBJECT,
    ),
    call(
        "settings.sendAs.verify",
        lambda c: c.settings.send_as.verify(ALIAS),
        f"POST /settings/sendAs/{ALIAS_PATH}/verify",
    ),
    call(
        "settings.sendAs.delete",
        lambda c: c.settings.send_as.delete(ALIAS),
        f"DELETE /settings/sendAs/{ALIAS_PATH}",
    ),
)

CERTIFICATE = {"id": "7", "issuerCn": "CA", "isDefault": True, "expiration": "1798758000001"}
CERTIFICATE_OBJECT = SmimeInfo(
    id="7",
    issuer_cn="CA",
    is_default=True,
    expiration=datetime(2026, 12, 31, 23, 0, 0, 1000, tzinfo=UTC),
)
SMIME = (
    call(
        "settings.sendAs.smimeInfo.list",
        lambda c: c.settings.send_as.smime_info.list(ALIAS),
        f"GET /settings/sendAs/{ALIAS_PATH}/smimeInfo",
        answer={"smimeInfo": [CERTIFICATE]},
        gives=(CERTIFICATE_OBJECT,),
    ),
    call(
        "settings.sendAs.smimeInfo.get",
        lambda c: c.settings.send_as.smime_info.get(ALIAS, "7"),
        f"GET /settings/sendAs/{ALIAS_PATH}/smimeInfo/7",
        answer=CERTIFICATE,
        gives=CERTIFICATE_OBJECT,
    ),
    call(
        "settings.sendAs.smimeInfo.insert",
        lambda c: c.settings.send_as.smime_info.insert(
            ALIAS, b"\xff\xef\x00", encrypted_key_password="pw"
        ),
        f"POST /settings/sendAs/{ALIAS_PATH}/smimeInfo",
        body={"pkcs12": "_-8A", "encryptedKeyPassword": "pw"},
        answer=CERTIFICATE,
        gives=CERTIFICATE_OBJECT,
    ),
    call(
        "settings.sendAs.smimeInfo.setDefault",
        lambda c: c.settings.send_as.smime_info.set_default(ALIAS, "7"),
        f"POST /settings/sendAs/{ALIAS_PATH}/smimeInfo/7/setDefault",
    ),
    call(
        "settings.sendAs.smimeInfo.delete",
        lambda c: c.settings.send_as.smime_info.delete(ALIAS, "7"),
        f"DELETE /settings/sendAs/{ALIAS_PATH}/smimeInfo/7",
    ),
)

IDENTITY = {
    "emailAddress": ALIAS,
    "signAndEncryptKeyPairs": {"signingKeyPairId": "s", "encryptionKeyPairId": "e"},
}
IDENTITY_OBJECT = CseIdentity(
    email_address=ALIAS,
    sign_and_encrypt_key_pairs=SignAndEncryptKeyPairs(
        signing_key_pair_id="s", encryption_key_pair_id="e"
    ),
)
KEY_PAIR = {
    "keyPairId": "k1",
    "pem": "-----BEGIN CERTIFICATE-----",
    "subjectEmailAddresses": [ALIAS],
    "enablementState": "disabled",
    "disableTime": "2026-11-25T10:00:00.5Z",
    "privateKeyMetadata": [
        {"privateKeyMetadataId": "m", "hardwareKeyMetadata": {"description": "card"}}
    ],
}
KEY_PAIR_OBJECT = CseKeyPair(
    key_pair_id="k1",
    pem="-----BEGIN CERTIFICATE-----",
    subject_email_addresses=(ALIAS,),
    enablement_state="disabled",
    disable_time=datetime(2026, 11, 25, 10, 0, 0, 500_000, tzinfo=UTC),
    private_key_metadata=(
        CsePrivateKeyMetadata(
            private_key_metadata_id="m",
            hardware_key_metadata=HardwareKeyMetadata(description="card"),
        ),
    ),
)
KACLS = CsePrivateKeyMetadata(
    kacls_key_metadata=KaclsKeyMetadata(kacls_uri="https://k.example.org", kacls_data="xyz")
)
CSE = (
    call(
        "settings.cse.identities.list",
        lambda c: list(c.settings.cse.identities.list(page_size=5, page_token="next")),
        "GET /settings/cse/identities",
        query={"pageSize": ["5"], "pageToken": ["next"]},
        answer={"cseIdentities": [IDENTITY]},
        gives=[IDENTITY_OBJECT],
    ),
    call(
        "settings.cse.identities.get",
        lambda c: c.settings.cse.identities.get(ALIAS),
        f"GET /settings/cse/identities/{ALIAS_PATH}",
        answer=IDENTITY,
        gives=IDENTITY_OBJECT,
    ),
    call(
        "settings.cse.identities.create",
        lambda c: c.settings.cse.identities.create(IDENTITY_OBJECT),
        "POST /settings/cse/identities",
        body=IDENTITY,
        answer=IDENTITY,
        gives=IDENTITY_OBJECT,
    ),
    call(
        "settings.cse.identities.patch",
        lambda c: c.settings.cse.identities.patch(IDENTITY_OBJECT),
        f"PATCH /settings/cse/identities/{ALIAS_PATH}",
        body=IDENTITY,
        answer=IDENTITY,
        gives=IDENTITY_OBJECT,
    ),
    call(
        "settings.cse.identities.delete",
        lambda c: c.settings.cse.identities.delete(ALIAS),
        f"DELETE /settings/cse/identities/{ALIAS_PATH}",
    ),
    call(
        "settings.cse.keypairs.list",
        lambda c: list(c.settings.cse.keypairs.list(page_size=5, page_token="next")),
        "GET /settings/cse/keypairs",
        query={"pageSize": ["5"], "pageToken": ["next"]},
        answer={"cseKeyPairs": [KEY_PAIR]},
        gives=[KEY_PAIR_OBJECT],
    ),
    call(
        "settings.cse.keypairs.get",
        lambda c: c.settings.cse.keypairs.get("k1"),
        "GET /settings/cse/keypairs/k1",
        answer=KEY_PAIR,
        gives=KEY_PAIR_OBJECT,
    ),
    call(
        "settings.cse.keypairs.create",
        lambda c: c.settings.cse.keypairs.create(
            "-----BEGIN PKCS7-----", private_key_metadata=[KACLS], chain_validation="none"
        ),
        "POST /settings/cse/keypairs",
        query={"chainValidation": ["none"]},
        body={
            "pkcs7": "-----BEGIN PKCS7-----",
            "privateKeyMetadata": [
                {"kaclsKeyMetadata": {"kaclsUri": "https://k.example.org", "kaclsData": "xyz"}}
            ],
        },
        answer=KEY_PAIR,
        gives=KEY_PAIR_OBJECT,
    ),
    call(
        "settings.cse.keypairs.disable",
        lambda c: c.settings.cse.keypairs.disable("k1"),
        "POST /settings/cse/keypairs/k1:disable",
        body={},
        answer=KEY_PAIR,
        gives=KEY_PAIR_OBJECT,
    ),
    call(
        "settings.cse.keypairs.enable",
        lambda c: c.settings.cse.keypairs.enable("k1"),
        "POST /settings/cse/keypairs/k1:enable",
        body={},
        answer=KEY_PAIR,
        gives=KEY_PAIR_OBJECT,
    ),
    call(
        "settings.cse.keypairs.obliterate",
        lambda c: c.settings.cse.keypairs.obliterate("k1"),
        "POST /settings/cse/keypairs/k1:obliterate",
        body={},
    ),
)

CALLS = (*SENDERS, *SMIME, *CSE)
