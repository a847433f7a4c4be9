"""users.settings.sendAs, and what it means for the From of mail that is sent."""

from __future__ import annotations

from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, BOB, ME, Caller, letter, refusal

PATH = "settings/sendAs"
SHOP = "shop@example.net"
PRIMARY = {"sendAsEmail": ME, "displayName": "Mira Vale", "isPrimary": True, "isDefault": True}


def create(admin: Caller, email: str = SHOP, **more: Any) -> dict[str, Any]:
    response = admin.post(PATH, {"sendAsEmail": email, **more})
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made


def sent_from(sandbox: Sandbox, caller: Caller, sender: str) -> str:
    caller.sent(letter(sender=sender))
    raw = sandbox.mail.raw(ANN, sandbox.mail.ids(ANN)[0])
    [line] = [line for line in raw.split(b"\r\n") if line.startswith(b"From: ")]
    return line.decode().removeprefix("From: ")


def test_the_primary_address_is_always_there(me: Caller) -> None:
    assert me.said(PATH) == {"sendAs": [PRIMARY]}
    assert me.said(f"{PATH}/{ME.upper()}") == PRIMARY
    assert refusal(me.get(f"{PATH}/{SHOP}"))[:2] == (404, "notFound")


def test_an_alias_is_pending_until_its_reader_agrees(
    sandbox: Sandbox, owner: Caller, admin: Caller
) -> None:
    made = create(admin, BOB, displayName="The shop")
    assert made == {
        "sendAsEmail": BOB,
        "displayName": "The shop",
        "verificationStatus": "pending",
    }
    assert owner.said(PATH) == {"sendAs": [PRIMARY, made]}
    assert admin.post(f"{PATH}/{BOB}/verify").status_code == 204
    assert len(sandbox.mail.ids(BOB)) == 2  # asked on creation, and again
    sandbox.mail.confirm(ME, BOB)
    assert owner.said(f"{PATH}/{BOB}")["verificationStatus"] == "accepted"
    code, reason, _, message = refusal(admin.post(f"{PATH}/{BOB}/verify"))
    assert (code, reason) == (400, "failedPrecondition")
    assert "pending" in message
    assert admin.call("DELETE", f"{PATH}/{BOB}").status_code == 204
    assert refusal(owner.get(f"{PATH}/{BOB}"))[0] == 404
    for verb, path in (("DELETE", f"{PATH}/{BOB}"), ("POST", f"{PATH}/{BOB}/verify")):
        assert refusal(admin.call(verb, path))[:2] == (404, "notFound")


def test_from_is_kept_for_an_accepted_alias_alone(
    sandbox: Sandbox, owner: Caller, admin: Caller
) -> None:
    create(admin)
    assert sent_from(sandbox, owner, f"Shop <{SHOP}>") == f"Shop <{ME}>"
    sandbox.mail.confirm(ME, SHOP)
    assert sent_from(sandbox, owner, f"Shop <{SHOP.upper()}>") == f"Shop <{SHOP.upper()}>"
    assert owner.listed(q="from:me in:sent") == owner.listed(labelIds="SENT")
    admin.call("DELETE", f"{PATH}/{SHOP}")
    assert sent_from(sandbox, owner, SHOP) == f"Mira Vale <{ME}>"


def test_the_display_name_stands_where_a_message_gives_none(
    sandbox: Sandbox, owner: Caller, admin: Caller
) -> None:
    create(admin)
    sandbox.mail.confirm(ME, SHOP)
    assert sent_from(sandbox, owner, SHOP) == f"Mira Vale <{SHOP}>"
    owner.call("PATCH", f"{PATH}/{ME}", json={"displayName": "M. Vale"})
    assert sent_from(sandbox, owner, SHOP) == f'"M. Vale" <{SHOP}>'
    assert sent_from(sandbox, owner, ME) == f'"M. Vale" <{ME}>'
    assert sent_from(sandbox, owner, BOB) == f'"M. Vale" <{ME}>'
    admin.call("PATCH", f"{PATH}/{SHOP}", json={"displayName": "Shop"})
    assert sent_from(sandbox, owner, SHOP) == f"Shop <{SHOP}>"
    assert sent_from(sandbox, owner, f"Other <{SHOP}>") == f"Other <{SHOP}>"


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_a_user_edits_the_primary_address_and_no_other(
    owner: Caller, admin: Caller, verb: str
) -> None:
    create(admin)
    change = {"signature": "<b>Mira</b>", "replyToAddress": BOB}
    said = owner.call(verb, f"{PATH}/{ME}", json=change).json()
    assert said.items() >= change.items()
    assert owner.said(f"{PATH}/{ME}") == said
    assert said.get("displayName") == (None if verb == "PUT" else "Mira Vale")
    code, _, status, message = refusal(owner.call(verb, f"{PATH}/{SHOP}", json=change))
    assert (code, status) == (403, "PERMISSION_DENIED")
    assert "domain-wide" in message
    assert "signature" not in owner.said(f"{PATH}/{SHOP}")
    assert admin.call(verb, f"{PATH}/{SHOP}", json=change).json().items() >= change.items()
    assert refusal(admin.call(verb, f"{PATH}/{BOB}", json=change))[0] == 404


@pytest.mark.parametrize(
    ("verb", "path"),
    [("POST", PATH), ("DELETE", f"{PATH}/{SHOP}"), ("POST", f"{PATH}/{SHOP}/verify")],
)
def test_a_user_alone_makes_and_removes_no_alias(
    owner: Caller, admin: Caller, verb: str, path: str
) -> None:
    create(admin)
    before = owner.said(PATH)
    body = {"sendAsEmail": BOB} if path == PATH else None
    assert refusal(owner.call(verb, path, json=body))[0] == 403
    assert owner.said(PATH) == before


def test_update_replaces_all_and_patch_what_is_said(admin: Caller) -> None:
    made = create(admin, displayName="Shop", replyToAddress=BOB, treatAsAlias=True)
    path = f"{PATH}/{SHOP}"
    said = admin.call("PATCH", path, json={"displayName": "Store", "signature": None}).json()
    assert said == made | {"displayName": "Store"}
    assert "replyToAddress" not in admin.call("PATCH", path, json={"replyToAddress": ""}).json()
    said = admin.call("PUT", path, json={"signature": "x"}).json()
    assert said == {"sendAsEmail": SHOP, "signature": "x", "verificationStatus": "pending"}


def test_there_is_one_default(sandbox: Sandbox, owner: Caller, admin: Caller) -> None:
    create(admin)
    code, reason, _, _ = refusal(admin.call("PATCH", f"{PATH}/{SHOP}", json={"isDefault": True}))
    assert (code, reason) == (400, "failedPrecondition")
    sandbox.mail.confirm(ME, SHOP)
    admin.call("PATCH", f"{PATH}/{SHOP}", json={"isDefault": True})

    def default() -> list[str]:
        return [one["sendAsEmail"] for one in owner.said(PATH)["sendAs"] if "isDefault" in one]

    assert default() == [SHOP]
    admin.call("PUT", f"{PATH}/{SHOP}", json={"displayName": "Shop"})
    assert default() == [SHOP]
    owner.call("PATCH", f"{PATH}/{ME}", json={"isDefault": True})
    assert default() == [ME]
    admin.call("PATCH", f"{PATH}/{SHOP}", json={"isDefault": True})
    admin.call("DELETE", f"{PATH}/{SHOP}")
    assert default() == [ME]


MSA = {
    "host": "smtp.example.net",
    "port": 587,
    "username": "u",
    "password": "hunter2",
    "securityMode": "starttls",
}


def test_what_an_smtp_service_needs_is_never_shown(sandbox: Sandbox, admin: Caller) -> None:
    made = create(admin, smtpMsa=MSA)
    shown = {"host": "smtp.example.net", "port": 587, "securityMode": "starttls"}
    assert made["smtpMsa"] == shown
    assert admin.said(f"{PATH}/{SHOP}")["smtpMsa"] == shown
    kept = sandbox.mail.database.rows("SELECT value FROM settings")
    assert not any("hunter2" in row[0] for row in kept)


def test_a_signature_is_kept_without_its_scripts(owner: Caller) -> None:
    html = '<div>Mira<script>x()</script> <img src="https://example.com/a.png" onload=x()></div>'
    said = owner.call("PATCH", f"{PATH}/{ME}", json={"signature": html}).json()
    assert said["signature"] == '<div>Mira <img src="https://example.com/a.png"></div>'


@pytest.mark.parametrize(
    "body",
    [
        {"sendAsEmail": "shop"},
        {"sendAsEmail": ""},
        {"sendAsEmail": SHOP, "replyToAddress": "nobody"},
        {"sendAsEmail": SHOP, "displayName": "a\r\nBcc: x@example.com"},
        {"sendAsEmail": SHOP, "isDefault": False},
        {"sendAsEmail": SHOP, "isDefault": True},
        {"sendAsEmail": SHOP, "smtpMsa": {}},
        {"sendAsEmail": SHOP, "smtpMsa": MSA | {"port": 0}},
        {"sendAsEmail": SHOP, "smtpMsa": MSA | {"securityMode": "tls"}},
        {"sendAsEmail": SHOP, "smtpMsa": MSA | {"securityMode": "securityModeUnspecified"}},
        {"sendAsEmail": SHOP, "smtpMsa": MSA | {"user": "u"}},
        {"sendAsEmail": SHOP, "name": "x"},
    ],
    ids=str,
)
def test_what_is_no_alias(admin: Caller, body: dict[str, Any]) -> None:
    assert refusal(admin.post(PATH, body))[0] == 400
    assert admin.said(PATH) == {"sendAs": [PRIMARY]}


def test_an_alias_exists_once(admin: Caller) -> None:
    create(admin)
    for email in (SHOP.upper(), ME):
        assert refusal(admin.post(PATH, {"sendAsEmail": email}))[:2] == (409, "alreadyExists")


@pytest.mark.parametrize(
    "change",
    [
        {"smtpMsa": MSA},
        {"treatAsAlias": True},
        {"isDefault": False},
        {"sendAsEmail": SHOP},
    ],
    ids=lambda change: next(iter(change)),
)
def test_some_things_the_primary_address_cannot_have(admin: Caller, change: dict[str, Any]) -> None:
    for verb in ("PUT", "PATCH"):
        assert refusal(admin.call(verb, f"{PATH}/{ME}", json=change))[0] == 400
    assert refusal(admin.call("DELETE", f"{PATH}/{ME}"))[0] == 400
    assert admin.said(PATH) == {"sendAs": [PRIMARY]}


def test_an_alias_that_the_sandbox_was_given_is_accepted_and_receives(
    sandbox: Sandbox, me: Caller
) -> None:
    sandbox.mail.add_alias(ME, SHOP)
    assert me.said(f"{PATH}/{SHOP}") == {
        "sendAsEmail": SHOP,
        "treatAsAlias": True,
        "verificationStatus": "accepted",
    }
    assert sandbox.deliver(SHOP, letter(sender=ANN, to=SHOP)) in sandbox.mail.ids(ME)


def test_read_only_fields_are_passed_over(admin: Caller) -> None:
    made = create(admin, isPrimary=True, verificationStatus="accepted")
    assert made == {"sendAsEmail": SHOP, "verificationStatus": "pending"}
