"""One renewal at the token endpoint. google-auth does it, and repeats what is transient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests
from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials

from gmailkit.auth.refusal import Refusal
from gmailkit.auth.scopes import normalize
from gmailkit.auth.session import json_object, open_session, unreachable
from gmailkit.auth.token import Token, end_of
from gmailkit.clock import Clock
from gmailkit.errors import Unreachable
from gmailkit.model.service import Service
from gmailkit.secret import Secret


class Declined(Exception):
    """The token endpoint said no, and why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.error)
        self.refusal = refusal


def renewed(token: Token, service: Service, *, clock: Clock) -> Token:
    """`token` with a new access token. Raises Declined, or Unreachable for any trouble.

    Trouble is never a ServerFault: the call that the token is for has not been sent, so it must
    not look as if it might have been done.
    """
    google = Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=token.refresh_token,
        token_uri=service.token_uri,
        client_id=token.client_id,
        client_secret=token.client_secret,
    )
    answers: list[Mapping[str, object]] = []
    with open_session() as session:
        session.hooks["response"].append(lambda response, **_: answers.append(_read(response)))
        try:
            google.refresh(Request(session))  # type: ignore[no-untyped-call]
        except RefreshError as error:
            raise _declined(error) from error
        except TransportError as error:
            raise unreachable("The token endpoint", error, url=service.token_uri) from error
    return _with_access(token, google, answers[-1], clock.now())


def _with_access(token: Token, google: Any, answer: Mapping[str, object], now: float) -> Token:
    """Our times are of our clock, not of google-auth's, so the answer itself is read for them."""
    ends_at = end_of(answer.get("refresh_token_expires_in"), now)
    scope = str(answer.get("scope") or "")
    return replace(
        token,
        access_token=Secret(google.token),
        refresh_token=Secret(google.refresh_token),
        expiry=end_of(answer.get("expires_in"), now),
        scopes=tuple(sorted(normalize(scope))) or token.scopes,
        refreshed_at=now,
        ends_at=token.ends_at if ends_at is None else ends_at,
    )


def _read(response: requests.Response) -> Mapping[str, object]:
    body = json_object(response)
    if not body and response.status_code < 500:
        raise _trouble(f"answered {response.status_code} with something unreadable")
    return body


def _declined(error: RefreshError) -> Declined | Unreachable:
    body = error.args[1] if len(error.args) > 1 else {}
    if "Reauthentication is needed" in str(error):  # google-auth swallows Google's invalid_rapt
        return Declined(Refusal("invalid_grant", subtype="invalid_rapt"))
    if isinstance(body, dict) and body.get("error") and not error.retryable:
        return Declined(Refusal.of(body))
    return _trouble("is in trouble and did not renew the token")


def _trouble(what: str) -> Unreachable:
    return Unreachable(
        f"The token endpoint {what}.", hint="Repeat the command in a few minutes.", sent="no"
    )
