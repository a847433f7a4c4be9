"""tokeninfo, revocation, and whose token it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from gmailkit.auth.oauth import address_of, revoke, tokeninfo
from gmailkit.auth.scopes import EMAIL, MODIFY, OPENID, SEND
from gmailkit.auth.session import open_session
from gmailkit.errors import GmailKitError, Refused, ServerFault, SignInNeeded, TryLater, Unreachable
from gmailkit.model.service import Service
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret
from oauth_stub import OAuthStub, Reply, oauth_stub

ME = "me@example.com"
TOKEN = Secret("token-0123456789")
PROFILE = "/gmail/v1/users/me/profile"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with open_session() as opened:
        yield opened


def service_of(server: OAuthStub | Sandbox) -> Service:
    return Service.at(server.url)


def test_tokeninfo_tells_scopes_and_time(sandbox: Sandbox, session: requests.Session) -> None:
    token = Secret(sandbox.issue_token(ME, [MODIFY, EMAIL]))
    info = tokeninfo(service_of(sandbox), token, session)
    assert info.scopes == {MODIFY, EMAIL}
    assert info.email == ME
    assert info.expires_in is not None
    assert 3500 < info.expires_in <= 3599
    assert info.audience.endswith(".apps.googleusercontent.com")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((400, {"error": "invalid_token"}), SignInNeeded),
        ((401, {"error": "invalid_token"}), SignInNeeded),
        ((400, "no"), ServerFault),
        ((404, {"error": "not_found"}), ServerFault),
        ((200, {}), ServerFault),
        ((200, "<html>"), ServerFault),
        ((302, "http://127.0.0.1:9/"), ServerFault),
    ],
    ids=str,
)
def test_what_tokeninfo_does_not_tell(
    session: requests.Session, reply: Reply, kind: type[GmailKitError]
) -> None:
    with oauth_stub(tokeninfo=reply) as server, pytest.raises(kind):
        tokeninfo(service_of(server), TOKEN, session)


def test_nobody_there_is_unreachable(session: requests.Session) -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        tokeninfo(Service.at("http://127.0.0.1:9"), TOKEN, session)


def test_odd_numbers_are_not_believed(session: requests.Session) -> None:
    reply = (200, {"scope": "openid", "expires_in": "soon"})
    with oauth_stub(tokeninfo=reply) as server:
        assert tokeninfo(service_of(server), TOKEN, session).expires_in is None


def test_revoking_ends_the_grant(sandbox: Sandbox, session: requests.Session) -> None:
    token = Secret(sandbox.issue_token(ME, [MODIFY]))
    assert revoke(service_of(sandbox), token, session) is True
    assert sandbox.mail.grants.access(token) is None
    assert revoke(service_of(sandbox), token, session) is True  # dead already


@pytest.mark.parametrize("reply", [(500, "x"), (404, {}), (302, "http://127.0.0.1:9/")], ids=str)
def test_a_revocation_that_was_not_confirmed_is_told_apart(
    session: requests.Session, reply: Reply
) -> None:
    with oauth_stub(revoke=reply) as server:
        assert revoke(service_of(server), TOKEN, session) is False
    assert revoke(Service.at("http://127.0.0.1:9"), TOKEN, session) is False


def test_the_token_to_revoke_travels_in_the_form(session: requests.Session) -> None:
    with oauth_stub(revoke=(200, {})) as server:
        revoke(service_of(server), TOKEN, session)
        assert server.seen[0][:2] == ("/revoke", {"token": TOKEN})


@pytest.mark.parametrize("scopes", [[MODIFY], [SEND, OPENID, EMAIL]], ids=["profile", "email"])
def test_the_address_is_learned_whatever_was_granted(
    sandbox: Sandbox, session: requests.Session, scopes: list[str]
) -> None:
    token = Secret(sandbox.issue_token(ME, scopes))
    assert address_of(service_of(sandbox), token, session) == ME


def test_a_send_token_without_email_cannot_say_whose_it_is(
    sandbox: Sandbox, session: requests.Session
) -> None:
    token = Secret(sandbox.issue_token(ME, [SEND]))
    with pytest.raises(Refused, match="whose mailbox"):
        address_of(service_of(sandbox), token, session)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((200, {"emailAddress": "no address"}), ServerFault),
        ((200, {"emailAddress": 7}), ServerFault),
        ((200, {"emailAddress": "../../x@example.com"}), ServerFault),
        ((200, {"emailAddress": "me\x1b[2J@example.com"}), ServerFault),
        ((200, {"emailAddress": "-rf@example.com"}), ServerFault),
        ((200, {"emailAddress": "x" * 300 + "@example.com"}), ServerFault),
        ((200, "<html>"), ServerFault),
        ((503, "<html>"), ServerFault),
        ((400, {"error": {"message": "Mail service not enabled"}}), Refused),
        ((403, {"error": "text"}), Refused),
        ((403, {"error": {"errors": [{"reason": "userRateLimitExceeded"}]}}), TryLater),
        ((403, {"error": {"errors": [{"reason": "quotaExceeded"}]}}), TryLater),
        ((429, {"error": {"message": "Too many concurrent requests for user"}}), TryLater),
    ],
    ids=str,
)
def test_a_profile_that_tells_no_address(
    session: requests.Session, reply: Reply, kind: type[GmailKitError]
) -> None:
    with oauth_stub() as server:
        server.replies[PROFILE] = reply
        with pytest.raises(kind):
            address_of(service_of(server), TOKEN, session)


@pytest.mark.parametrize(
    "ask",
    [
        lambda service, session: tokeninfo(service, TOKEN, session),
        lambda service, session: address_of(service, TOKEN, session),
        lambda service, session: revoke(service, TOKEN, session),
    ],
    ids=["tokeninfo", "profile", "revoke"],
)
def test_proxies_and_netrc_are_left_out_on_this_machine(
    session: requests.Session,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: object,
    ask: Callable[[Service, requests.Session], object],
) -> None:
    """A proxy would see the token in the clear; .netrc would overwrite the Authorization header."""
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:  # noqa: PTH123
        file.write("machine 127.0.0.1 login eve password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with oauth_stub(revoke=(200, {})) as server:
        server.replies[PROFILE] = (200, {"emailAddress": ME})
        server.replies["/tokeninfo"] = (200, {"scope": "openid"})
        ask(service_of(server), session)
        authorizations = {headers.get("Authorization") for _, _, headers in server.seen}
    assert authorizations <= {None, f"Bearer {TOKEN}"}
    assert server.seen
