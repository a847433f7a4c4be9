"""Each of the 79 methods is refused before it is sent where its scope was not granted."""

from __future__ import annotations

import pytest

from fakes import ENDPOINT, FakeCredential
from gmailkit.auth.scopes import EMAIL, FULL, OPENID, SHARING, permission_for
from gmailkit.errors import Refused
from gmailkit.wire.bearer import Bearer
from gmailkit.wire.builder import Builder
from gmailkit.wire.methods import METHODS, Method
from gmailkit.wire.request import Request, Response

SCOPES = Builder(ENDPOINT).scopes


class Gmail:
    """Counts what is sent."""

    sent = 0

    def send(self, request: Request) -> Response:
        self.sent += 1
        return Response(200, {}, b"{}")


def asked(method: Method) -> Request:
    return Request(method, "GET", f"{ENDPOINT}/x", {}, scopes=SCOPES(method.name))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_is_sent_with_its_scope_alone_and_refused_without(method: Method) -> None:
    request, gmail = asked(method), Gmail()
    with pytest.raises(Refused, match=f"does not allow {method.name}: it lacks") as caught:
        Bearer(gmail, FakeCredential(granted=frozenset({OPENID, EMAIL}))).send(request)
    assert permission_for(request.scopes) in caught.value.message
    assert caught.value.needs == tuple(sorted(request.scopes))
    assert caught.value.method == method.name
    assert caught.value.hint
    assert gmail.sent == 0
    for scope in request.scopes:
        Bearer(gmail, FakeCredential(granted=frozenset({scope}))).send(request)
    assert gmail.sent == len(request.scopes)


@pytest.mark.parametrize(
    "method", [m for m in METHODS.values() if SCOPES(m.name) == {SHARING}], ids=lambda m: m.name
)
def test_all_of_mail_is_not_enough_for_what_only_service_accounts_may(method: Method) -> None:
    gmail = Gmail()
    with pytest.raises(Refused, match=r"it lacks gmail\.settings\.sharing"):
        Bearer(gmail, FakeCredential(granted=frozenset({FULL}))).send(asked(method))
    assert gmail.sent == 0


def test_where_nobody_knows_what_was_granted_gmail_decides() -> None:
    gmail = Gmail()
    Bearer(gmail, FakeCredential(granted=None)).send(asked(METHODS["settings.delegates.create"]))
    assert gmail.sent == 1
