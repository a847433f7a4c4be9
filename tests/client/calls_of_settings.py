"""Every method below `settings`, each once."""

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
from gmailkit.model.filter import Filter, FilterAction, FilterCriteria
from gmailkit.model.ids import LabelId
from gmailkit.model.send_as import SendAs, SmimeInfo, SmtpMsa
from gmailkit.model.settings import (
    AutoForwarding,
    Delegate,
    ForwardingAddress,
    ImapSettings,
    LanguageSettings,
    PopSettings,
    VacationSettings,
)

ALIAS = "ann+x@example.org"
ALIAS_PATH = "ann%2Bx%40example.org"

VACATION = {
    "enableAutoReply": True,
    "responseSubject": "Away",
    "responseBodyPlainText": "Back on Monday.",
    "restrictToContacts": True,
    "startTime": "1798066800000",
    "endTime": "1798758000001",
}
VACATION_OBJECT = VacationSettings(
    enable_auto_reply=True,
    response_subject="Away",
    response_body_plain_text="Back on Monday.",
    restrict_to_contacts=True,
    start_time=datetime(2026, 12, 23, 23, tzinfo=UTC),
    end_time=datetime(2026, 12, 31, 23, 0, 0, 1000, tzinfo=UTC),
)
FORWARDING = {"enabled": True, "emailAddress": "b@example.org", "disposition": "archive"}
FORWARDING_OBJECT = AutoForwarding(
    enabled=True, email_address="b@example.org", disposition="archive"
)
IMAP = {
    "enabled": True,
    "autoExpunge": True,
    "expungeBehavior": "trash",
    "maxFolderSize": 2000,
}
IMAP_OBJECT = ImapSettings(
    enabled=True, auto_expunge=True, expunge_behavior="trash", max_folder_size=2000
)
POP = {"accessWindow": "fromNowOn", "disposition": "markRead"}
POP_OBJECT = PopSettings(access_window="fromNowOn", disposition="markRead")
LANGUAGE = {"displayLanguage": "en-GB"}
LANGUAGE_OBJECT = LanguageSettings(display_language="en-GB")

SIMPLE = (
    call(
        "settings.getVacation",
        lambda c: c.settings.get_vacation(),
        "GET /settings/vacation",
        answer=VACATION,
        gives=VACATION_OBJECT,
    ),
    call(
        "settings.updateVacation",
        lambda c: c.settings.update_vacation(VACATION_OBJECT),
        "PUT /settings/vacation",
        body=VACATION,
        answer=VACATION,
        gives=VACATION_OBJECT,
    ),
    call(
        "settings.getAutoForwarding",
        lambda c: c.settings.get_auto_forwarding(),
        "GET /settings/autoForwarding",
        answer=FORWARDING,
        gives=FORWARDING_OBJECT,
    ),
    call(
        "settings.updateAutoForwarding",
        lambda c: c.settings.update_auto_forwarding(FORWARDING_OBJECT),
        "PUT /settings/autoForwarding",
        body=FORWARDING,
        answer=FORWARDING,
        gives=FORWARDING_OBJECT,
    ),
    call(
        "settings.getImap",
        lambda c: c.settings.get_imap(),
        "GET /settings/imap",
        answer=IMAP,
        gives=IMAP_OBJECT,
    ),
    call(
        "settings.updateImap",
        lambda c: c.settings.update_imap(IMAP_OBJECT),
        "PUT /settings/imap",
        body=IMAP,
        answer=IMAP,
        gives=IMAP_OBJECT,
    ),
    call(
        "settings.getPop",
        lambda c: c.settings.get_pop(),
        "GET /settings/pop",
        answer=POP,
        gives=POP_OBJECT,
    ),
    call(
        "settings.updatePop",
        lambda c: c.settings.update_pop(POP_OBJECT),
        "PUT /settings/pop",
        body=POP,
        answer=POP,
        gives=POP_OBJECT,
    ),
    call(
        "settings.getLanguage",
        lambda c: c.settings.get_language(),
        "GET /settings/language",
        answer=LANGUAGE,
        gives=LANGUAGE_OBJECT,
    ),
    call(
        "settings.updateLanguage",
        lambda c: c.settings.update_language(LANGUAGE_OBJECT),
        "PUT /settings/language",
        body=LANGUAGE,
        answer=LANGUAGE,
        gives=LANGUAGE_OBJECT,
    ),
)

FILTER = {
    "id": "ANe1BmjXYZ",
    "criteria": {"from": "ci@example.com", "size": 5000, "sizeComparison": "larger"},
    "action": {"addLabelIds": ["Label_7"], "removeLabelIds": ["INBOX"], "forward": "b@example.org"},
}
CRITERIA = FilterCriteria(from_="ci@example.com", size=5000, size_comparison="larger")
ACTION = FilterAction(
    add_label_ids=(LabelId("Label_7"),),
    remove_label_ids=(LabelId("INBOX"),),
    forward="b@example.org",
)
FILTER_OBJECT = Filter(id="ANe1BmjXYZ", criteria=CRITERIA, action=ACTION)

FILTERS = (
    call(
        "settings.filters.list",
        lambda c: c.settings.filters.list(),
        "GET /settings/filters",
        answer={"filter": [FILTER]},
        gives=(FILTER_OBJECT,),
    ),
    call(
        "settings.filters.get",
        lambda c: c.settings.filters.get("ANe1BmjXYZ"),
        "GET /settings/filters/ANe1BmjXYZ",
        answer=FILTER,
        gives=FILTER_OBJECT,
    ),
    call(
        "settings.filters.create",
        lambda c: c.settings.filters.create(CRITERIA, ACTION),
        "POST /settings/filters",
        body={"criteria": FILTER["criteria"], "action": FILTER["action"]},
        answer=FILTER,
        gives=FILTER_OBJECT,
    ),
    call(
        "settings.filters.delete",
        lambda c: c.settings.filters.delete("ANe1BmjXYZ"),
        "DELETE /settings/filters/ANe1BmjXYZ",
    ),
)

TARGET = {"forwardingEmail": ALIAS, "verificationStatus": "pending"}
TARGET_OBJECT = ForwardingAddress(forwarding_email=ALIAS, verification_status="pending")
DELEGATE = {"delegateEmail": ALIAS, "verificationStatus": "expired"}
DELEGATE_OBJECT = Delegate(delegate_email=ALIAS, verification_status="expired")

ADDRESSES = (
    call(
        "settings.forwardingAddresses.list",
        lambda c: c.settings.forwarding_addresses.list(),
        "GET /settings/forwardingAddresses",
        answer={"forwardingAddresses": [TARGET]},
        gives=(TARGET_OBJECT,),
    ),
    call(
        "settings.forwardingAddresses.get",
        lambda c: c.settings.forwarding_addresses.get(ALIAS),
        f"GET /settings/forwardingAddresses/{ALIAS_PATH}",
        answer=TARGET,
        gives=TARGET_OBJECT,
    ),
    call(
        "settings.forwardingAddresses.create",
        lambda c: c.settings.forwarding_addresses.create(ALIAS),
        "POST /settings/forwardingAddresses",
        body={"forwardingEmail": ALIAS},
        answer=TARGET,
        gives=TARGET_OBJECT,
    ),
    call(
        "settings.forwardingAddresses.delete",
        lambda c: c.settings.forwarding_addresses.delete(ALIAS),
        f"DELETE /settings/forwardingAddresses/{ALIAS_PATH}",
    ),
    call(
        "settings.delegates.list",
        lambda c: c.settings.delegates.list(),
        "GET /settings/delegates",
        answer={"delegates": [DELEGATE]},
        gives=(DELEGATE_OBJECT,),
    ),
    call(
        "settings.delegates.get",
        lambda c: c.settings.delegates.get(ALIAS),
        f"GET /settings/delegates/{ALIAS_PATH}",
        answer=DELEGATE,
        gives=DELEGATE_OBJECT,
    ),
    call(
        "settings.delegates.create",
        lambda c: c.settings.delegates.create(ALIAS),
        "POST /settings/delegates",
        body={"delegateEmail": ALIAS},
        answer=DELEGATE,
        gives=DELEGATE_OBJECT,
    ),
    call(
        "settings.delegates.delete",
        lambda c: c.settings.delegates.delete(ALIAS),
        f"DELETE /settings/delegates/{ALIAS_PATH}",
    ),
)

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

CALLS = (*SIMPLE, *FILTERS, *ADDRESSES, *SENDERS, *SMIME, *CSE)
