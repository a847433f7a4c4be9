"""users.settings.delegates."""

from __future__ import annotations

import pytest

from gmailkit.sandbox import Sandbox
from sandbox_caller import ANN, BOB, ME, Caller, refusal

PATH = "settings/delegates"


def test_a_delegate_is_accepted_at_once_and_can_be_removed(
    sandbox: Sandbox, admin: Caller, ann: Caller
) -> None:
    assert admin.said(PATH) == {}
    accepted = {"delegateEmail": ANN, "verificationStatus": "accepted"}
    assert admin.post(PATH, {"delegateEmail": ANN.upper()}).json() == accepted
    assert admin.said(f"{PATH}/{ANN}") == accepted
    assert admin.said(PATH) == {"delegates": [accepted]}
    # The API knows no delegation between users.
    assert "Delegation denied" in refusal(ann.call("GET", "profile", user=ME))[3]
    assert refusal(admin.post(PATH, {"delegateEmail": ANN}))[:2] == (409, "alreadyExists")
    assert admin.call("DELETE", f"{PATH}/{ANN}").status_code == 204
    assert admin.said(PATH) == {}
    for verb in ("GET", "DELETE"):
        assert refusal(admin.call(verb, f"{PATH}/{ANN}"))[:2] == (404, "notFound")


@pytest.mark.parametrize(
    ("verb", "path"),
    [("GET", PATH), ("POST", PATH), ("GET", f"{PATH}/{ANN}"), ("DELETE", f"{PATH}/{ANN}")],
)
def test_a_user_alone_does_not_even_see_delegates(
    owner: Caller, admin: Caller, verb: str, path: str
) -> None:
    admin.post(PATH, {"delegateEmail": ANN})
    body = {"delegateEmail": BOB} if verb == "POST" else None
    code, _, status, message = refusal(owner.call(verb, path, json=body))
    assert (code, status) == (403, "PERMISSION_DENIED")
    assert message == (
        "Access restricted to service accounts that have been delegated domain-wide authority"
    )
    assert [one["delegateEmail"] for one in admin.said(PATH)["delegates"]] == [ANN]


@pytest.mark.parametrize(
    "email", ["ann", "", ME, "nobody@example.com", "zoe@example.org", "alias@example.com"]
)
def test_a_delegate_is_another_user_of_the_domain_by_the_primary_address(
    sandbox: Sandbox, admin: Caller, email: str
) -> None:
    sandbox.mail.add_user("zoe@example.org")
    sandbox.mail.add_alias(ANN, "alias@example.com")
    assert refusal(admin.post(PATH, {"delegateEmail": email}))[:2] == (400, "invalidArgument")
    assert admin.said(PATH) == {}


def test_there_are_25_delegates_and_10_delegators(sandbox: Sandbox, admin: Caller) -> None:
    for number in range(26):
        sandbox.mail.add_user(f"u{number}@example.com")
    for number in range(25):
        body = {"delegateEmail": f"u{number}@example.com"}
        assert admin.post(PATH, body).status_code == 200
    assert "Too many delegates" in refusal(admin.post(PATH, {"delegateEmail": ANN}))[3]
    scopes = ["gmail.settings.sharing"]
    for number in range(1, 11):
        token = sandbox.issue_token(f"u{number}@example.com", scopes, delegated=True)
        other = Caller(sandbox.url, token)
        response = other.post(PATH, {"delegateEmail": "u0@example.com"})
        other.close()
        assert response.status_code == (200 if number < 10 else 400), response.text
    assert "Too many delegators" in refusal(response)[3]
