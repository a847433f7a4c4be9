"""users.settings.forwardingAddresses, auto-forwarding, filters that forward."""

from __future__ import annotations

from typing import Any

import pytest

from gmailkit.errors import UsageError
from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, BOB, CARLA, ME, Caller, letter, refusal

PATH = "settings/forwardingAddresses"
RESTRICTED = "Access restricted to service accounts that have been delegated domain-wide authority"


def add(sandbox: Sandbox, admin: Caller, email: str = BOB, *, confirmed: bool = True) -> None:
    response = admin.post(PATH, {"forwardingEmail": email})
    assert response.json() == {"forwardingEmail": email, "verificationStatus": "pending"}
    if confirmed:
        sandbox.mail.confirm(ME, email)


def forward(admin: Caller, **body: Any) -> None:
    said = {"enabled": True, "emailAddress": BOB, "disposition": "leaveInInbox"} | body
    response = admin.call("PUT", "settings/autoForwarding", json=said)
    assert response.status_code == 200, response.text
    assert response.json() == admin.said("settings/autoForwarding")


def test_an_address_is_pending_until_its_reader_agrees(
    sandbox: Sandbox, owner: Caller, admin: Caller
) -> None:
    assert owner.said(PATH) == {}
    add(sandbox, admin, confirmed=False)
    [asking] = sandbox.mail.ids(BOB)
    assert ME.encode() in sandbox.mail.raw(BOB, asking)
    assert owner.said(f"{PATH}/{BOB}")["verificationStatus"] == "pending"
    sandbox.mail.confirm(ME, BOB)
    accepted = {"forwardingEmail": BOB, "verificationStatus": "accepted"}
    assert owner.said(f"{PATH}/{BOB.upper()}") == accepted
    assert owner.said(PATH) == {"forwardingAddresses": [accepted]}
    with pytest.raises(UsageError, match="nothing pending"):
        sandbox.mail.confirm(ME, BOB)
    assert admin.call("DELETE", f"{PATH}/{BOB}").status_code == 204
    assert refusal(owner.get(f"{PATH}/{BOB}"))[:2] == (404, "notFound")
    assert refusal(admin.call("DELETE", f"{PATH}/{BOB}"))[:2] == (404, "notFound")


@pytest.mark.parametrize(
    ("verb", "path"),
    [("POST", PATH), ("DELETE", f"{PATH}/{BOB}"), ("PUT", "settings/autoForwarding")],
)
def test_a_user_alone_changes_no_forwarding(
    sandbox: Sandbox, owner: Caller, admin: Caller, verb: str, path: str
) -> None:
    add(sandbox, admin)
    before = owner.said(PATH), owner.said("settings/autoForwarding")
    body = {"forwardingEmail": CARLA} if verb == "POST" else {} if verb == "PUT" else None
    assert refusal(owner.call(verb, path, json=body)) == (
        *(403, "forbidden", "PERMISSION_DENIED"),
        RESTRICTED,
    )
    assert (owner.said(PATH), owner.said("settings/autoForwarding")) == before


@pytest.mark.parametrize(
    ("email", "code"),
    [("bob", 400), ("", 400), ("bob@localhost", 400), (ME, 400), ("me+x@example.com", 400)],
)
def test_what_is_no_forwarding_address(admin: Caller, email: str, code: int) -> None:
    assert refusal(admin.post(PATH, {"forwardingEmail": email}))[0] == code
    assert admin.said(PATH) == {}


def test_an_address_exists_once(sandbox: Sandbox, admin: Caller) -> None:
    add(sandbox, admin)
    again = refusal(admin.post(PATH, {"forwardingEmail": BOB.upper()}))
    assert again[:3] == (409, "alreadyExists", "ALREADY_EXISTS")
    assert admin.said(f"{PATH}/{BOB}")["verificationStatus"] == "accepted"


@pytest.mark.parametrize(
    ("disposition", "labels"),
    [
        ("leaveInInbox", {"INBOX", "UNREAD", "CATEGORY_PERSONAL"}),
        ("archive", {"UNREAD", "CATEGORY_PERSONAL"}),
        ("trash", {"TRASH", "UNREAD", "CATEGORY_PERSONAL"}),
        ("markRead", {"INBOX", "CATEGORY_PERSONAL"}),
    ],
)
def test_all_mail_is_forwarded_and_then_disposed_of(
    sandbox: Sandbox, admin: Caller, disposition: str, labels: set[str]
) -> None:
    add(sandbox, admin)
    forward(admin, disposition=disposition)
    kept = sandbox.deliver(ME, letter(sender=f"Ann <{ANN}>", to=ME, subject="For you"))
    assert sandbox.mail.labels_of(ME, kept) == labels
    forwarded, _ = sandbox.mail.ids(BOB)
    raw = sandbox.mail.raw(BOB, forwarded)
    assert f"From: Ann <{ANN}>\r\n".encode() in raw
    assert f"X-Forwarded-To: {BOB}\r\n".encode() in raw
    assert sandbox.mail.labels_of(BOB, forwarded) == {"INBOX", "UNREAD", "CATEGORY_PERSONAL"}


def test_spam_is_not_forwarded(sandbox: Sandbox, admin: Caller) -> None:
    add(sandbox, admin)
    forward(admin)
    sandbox.deliver(ME, letter(sender=ANN, to=ME), spam=True)
    assert len(sandbox.mail.ids(BOB)) == 1  # the question alone


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"enabled": True, "emailAddress": CARLA}, "Unrecognized forwarding address"),
        ({"enabled": True, "emailAddress": ANN}, "Unrecognized forwarding address"),
        ({"enabled": True}, "Unrecognized forwarding address"),
        ({"enabled": False, "emailAddress": ANN}, "Unrecognized forwarding address"),
        ({"enabled": True, "emailAddress": BOB, "disposition": ""}, "TYPE_ENUM"),
        ({"enabled": True, "emailAddress": BOB, "disposition": None}, "Invalid disposition"),
        ({"enabled": "yes"}, "TYPE_BOOL"),
    ],
    ids=["pending", "unknown", "none", "disabled", "empty", "no disposition", "text"],
)
def test_forwarding_needs_an_accepted_address(
    sandbox: Sandbox, admin: Caller, body: dict[str, Any], message: str
) -> None:
    add(sandbox, admin)
    add(sandbox, admin, CARLA, confirmed=False)
    forward(admin)
    before = admin.said("settings/autoForwarding")
    said = {"disposition": "archive"} | body
    code, _, _, text = refusal(admin.call("PUT", "settings/autoForwarding", json=said))
    assert code == 400
    assert message in text
    assert admin.said("settings/autoForwarding") == before


def test_forwarding_ends_with_its_address(sandbox: Sandbox, admin: Caller) -> None:
    add(sandbox, admin)
    forward(admin)
    admin.call("DELETE", f"{PATH}/{BOB}")
    assert admin.said("settings/autoForwarding") == {}
    sandbox.deliver(ME, letter(sender=ANN, to=ME))
    assert len(sandbox.mail.ids(BOB)) == 1


def test_a_filter_forwards_what_it_meets(sandbox: Sandbox, owner: Caller, admin: Caller) -> None:
    add(sandbox, admin)
    action = {"forward": BOB, "removeLabelIds": ["INBOX"]}
    made = owner.post("settings/filters", {"criteria": {"from": "ann"}, "action": action})
    assert made.status_code == 200
    sandbox.deliver(ME, letter(sender=CARLA, to=ME))
    kept = sandbox.deliver(ME, letter(sender=ANN, to=ME))
    assert sandbox.mail.labels_of(ME, kept) == {"UNREAD", "CATEGORY_PERSONAL"}
    assert len(sandbox.mail.ids(BOB)) == 2
    admin.call("DELETE", f"{PATH}/{BOB}")
    sandbox.deliver(ME, letter(sender=ANN, to=ME))
    assert len(sandbox.mail.ids(BOB)) == 2


def test_mail_is_not_forwarded_in_circles(sandbox: Sandbox, admin: Caller) -> None:
    add(sandbox, admin)
    forward(admin)
    his = Caller(sandbox.url, sandbox.issue_token(BOB, ["gmail.settings.sharing"], delegated=True))
    his.post(PATH, {"forwardingEmail": ME})
    sandbox.mail.confirm(BOB, ME)
    body = {"enabled": True, "emailAddress": ME, "disposition": "archive"}
    assert his.call("PUT", "settings/autoForwarding", json=body).status_code == 200
    his.close()
    before = len(sandbox.mail.ids(ME)), len(sandbox.mail.ids(BOB))
    sandbox.deliver(ME, letter(sender=ANN, to=ME))
    assert (len(sandbox.mail.ids(ME)), len(sandbox.mail.ids(BOB))) == (before[0] + 2, before[1] + 1)
