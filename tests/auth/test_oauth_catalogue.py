"""The refusals of Google's OAuth endpoints, row by row: what comes, and what becomes of it.

A row: a name, status, body of the token endpoint, then class, exit code, words of the message and
of the hint. No refusal is asked about twice.
"""

# ruff: noqa: E501 - a table, one row a line

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fakes import FakeClock
from gmailkit.auth.accounts import Account, Accounts
from gmailkit.auth.credential import Credential, StoredCredential
from gmailkit.auth.keep import FileKeep
from gmailkit.auth.redirect import read_answer
from gmailkit.auth.refusal import Refusal, sign_in_error
from gmailkit.auth.scopes import MODIFY
from gmailkit.auth.service_account import ServiceAccountCredential
from gmailkit.auth.token import Token
from gmailkit.errors import GmailKitError, Refused, SignInNeeded, UsageError
from gmailkit.model.service import GOOGLE
from gmailkit.paths import Home
from gmailkit.secret import Secret

ME = "me@example.com"
DAY = 86400


@dataclass(frozen=True)
class Row:
    name: str
    status: int
    error: str
    description: str
    kind: type[GmailKitError]
    exit_code: int
    says: str
    hint: str
    subtype: str = ""

    @property
    def body(self) -> dict[str, str]:
        said = {"error": self.error, "error_description": self.description}
        return {**said, **({"error_subtype": self.subtype} if self.subtype else {})}


REVOKED = "Token has been expired or revoked."
NOT_ALLOWED = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."
SHORT_LIVED = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
RAPT = "reauth related error (invalid_rapt)"

# fmt: off
RENEWAL = (  # of a grant that is eight days old and was last renewed when it was six
    Row("grant gone", 400, "invalid_grant", REVOKED, SignInNeeded, 4, "most likely a client whose consent screen is in testing", "gmailkit login me@example.com"),
    Row("grant gone, next cause", 400, "invalid_grant", REVOKED, SignInNeeded, 4, "if not, the password was changed", "gmailkit login me@example.com"),
    Row("account deleted", 400, "invalid_grant", "Account has been deleted", SignInNeeded, 4, "suspended or deleted", "gmailkit login me@example.com"),
    Row("session control", 400, "invalid_grant", RAPT, SignInNeeded, 4, "session control", "gmailkit login me@example.com", "invalid_rapt"),
    Row("wrong client", 401, "invalid_client", "The OAuth client was not found.", UsageError, 2, "does not know the client", "Download it anew"),
    Row("deleted client", 401, "deleted_client", "The OAuth client was deleted.", UsageError, 2, "does not know the client", "was deleted"),
    Row("another client's grant", 401, "unauthorized_client", "Unauthorized", Refused, 5, "may not use this grant", "another client"),
    Row("policy", 400, "admin_policy_enforced", "", Refused, 5, "organisation does not allow this client", "Ask the administrator"),
    Row("internal app", 403, "org_internal", "", Refused, 5, "members of its own organisation", "account of that organisation"),
    Row("scope", 400, "invalid_scope", "Some requested scopes were invalid.", Refused, 5, "does not know a permission", "Ask for less"),
)
SERVICE_ACCOUNT = (
    Row("not delegated", 401, "unauthorized_client", NOT_ALLOWED, Refused, 5, "may not act for me@example.com", "Client ID: 112233445566778899001\n  OAuth scopes: https://www.googleapis.com/auth/gmail.modify\n"),
    Row("unknown subject", 400, "invalid_grant", "Invalid email or User ID", SignInNeeded, 4, "no active account me@example.com", "address right"),
    Row("key deleted", 400, "invalid_grant", "Invalid JWT Signature.", SignInNeeded, 4, "no longer takes this key", "Make a new key"),
    Row("account deleted", 400, "invalid_grant", "Invalid grant: account not found", SignInNeeded, 4, "no longer exists", "make another"),
    Row("clock", 400, "invalid_grant", SHORT_LIVED, SignInNeeded, 4, "gives the service account no token", "clock of this machine is wrong"),
    Row("scope", 400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.", Refused, 5, "does not know a permission", "Ask for less"),
)
CODE = (  # of a sign-in
    Row("code", 400, "invalid_grant", "Bad Request", SignInNeeded, 4, "did not take the code", "works once"),
    Row("verifier", 400, "invalid_request", "Missing code verifier.", Refused, 5, "did not take the sign-in request", "normal browser"),
    Row("redirect", 400, "redirect_uri_mismatch", "Bad Request", UsageError, 2, "wrong type", "Desktop app"),
)
REDIRECT = (
    Row("cancelled", 0, "access_denied", "", Refused, 5, "was not allowed", "test users"),
    Row("policy", 0, "admin_policy_enforced", "", Refused, 5, "organisation does not allow", "administrator"),
    Row("internal", 0, "org_internal", "", Refused, 5, "members of its own organisation", "account of that"),
    Row("web view", 0, "disallowed_useragent", "", Refused, 5, "did not take the sign-in request", "normal browser"),
    Row("out of band", 0, "invalid_request", "The out-of-band (OOB) flow has been blocked", Refused, 5, "out-of-band", "normal browser"),
    Row("mismatch", 0, "redirect_uri_mismatch", "", UsageError, 2, "wrong type", "Desktop app"),
    Row("scope", 0, "invalid_scope", "", Refused, 5, "does not know a permission", "Ask for less"),
    Row("users", 0, "rate_limit_exceeded", "", Refused, 5, "no sign-ins left", "verified"),
)
# fmt: on


def names(rows: tuple[Row, ...]) -> list[str]:
    return [row.name.replace(" ", "-") for row in rows]


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def person(home: Home) -> Credential:
    clock = FakeClock()
    account = Account(address=ME, service=GOOGLE, scopes=(MODIFY,), signed_in=0.0)
    token = Token(
        access_token=Secret("ya29.stub-old"),
        refresh_token=Secret("1//stub-refresh-token-0"),
        client_id="stub-client",
        client_secret=Secret("GOCSPX-stub-secret"),
        expiry=clock.now() - 1,
        scopes=(MODIFY,),
        granted_at=clock.now() - 8 * DAY,
        refreshed_at=clock.now() - 2 * DAY,
    )
    Accounts(home).add(account)
    FileKeep(home).save(ME, token)
    return StoredCredential(account, FileKeep(home), home=home, clock=clock)


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def robot(tmp_path: Path, pem: str) -> Credential:
    path = tmp_path / "key.json"
    key = {
        "type": "service_account",
        "private_key_id": "0a1b2c",
        "private_key": pem,
        "client_email": "robot@demo.iam.gserviceaccount.com",
        "client_id": "112233445566778899001",
        "auth_uri": GOOGLE.auth_uri,
        "token_uri": GOOGLE.token_uri,
    }
    path.write_text(json.dumps(key))
    path.chmod(0o600)
    return ServiceAccountCredential(path, subject=ME, scopes=(MODIFY,), service=GOOGLE)


def as_said(row: Row, error: GmailKitError) -> bool:
    assert (type(error), error.exit_code) == (row.kind, row.exit_code)
    assert row.says in error.message
    assert row.hint in error.hint
    return error.message.endswith(".")


@pytest.mark.parametrize("row", RENEWAL, ids=names(RENEWAL))
def test_a_renewal_that_is_refused(
    person: Credential, net: responses.RequestsMock, row: Row
) -> None:
    net.post(GOOGLE.token_uri, json=row.body, status=row.status)
    with pytest.raises(GmailKitError) as caught:
        person.bearer()
    assert as_said(row, caught.value)
    assert len(net.calls) == 1


@pytest.mark.parametrize("row", SERVICE_ACCOUNT, ids=names(SERVICE_ACCOUNT))
def test_a_service_account_that_is_refused(
    robot: Credential, net: responses.RequestsMock, row: Row
) -> None:
    net.post(GOOGLE.token_uri, json=row.body, status=row.status)
    with pytest.raises(GmailKitError) as caught:
        robot.bearer()
    assert as_said(row, caught.value)
    assert len(net.calls) == 1


@pytest.mark.parametrize("row", CODE, ids=names(CODE))
def test_a_code_that_is_refused(row: Row) -> None:
    assert as_said(row, sign_in_error(Refusal.of(row.body)))


@pytest.mark.parametrize("row", REDIRECT, ids=names(REDIRECT))
def test_a_consent_that_is_refused(row: Row) -> None:
    state = Secret("a-state-of-some-length")
    answer = read_answer(
        f"state={state}&error={row.error}&error_description={row.description}", state
    )
    assert answer.refusal is not None
    assert as_said(row, sign_in_error(answer.refusal))
