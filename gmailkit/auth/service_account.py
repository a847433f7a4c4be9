"""A service account that acts for a user: domain-wide delegation of Google Workspace (RFC 7523).

No consent and no refresh token: with each signed assertion comes an access token for an hour.
Tokens stay in memory. What is stored of such an account is where its key lies, nothing secret.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.auth.delegation import check_subject, delegation_error
from gmailkit.auth.key_file import KeyFile
from gmailkit.auth.refusal import Refusal
from gmailkit.auth.scopes import EMAIL, OPENID, normalize, purpose_for, scopes_of
from gmailkit.auth.token import end_of, is_fresh
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Unreachable, UsageError
from gmailkit.model.service import Service
from gmailkit.secret import Secret

if TYPE_CHECKING:
    import requests

_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME = 3600  # seconds of an assertion and of a token, where the server tells no number
_BACKDATED = 30  # so that a clock a little ahead of Google's does no harm


def delegated_scopes(purpose: str) -> tuple[str, ...]:
    """The scopes to be allowed by the administrator; the address is known without asking."""
    return tuple(scope for scope in scopes_of(purpose) if scope not in (OPENID, EMAIL))


class ServiceAccountCredential:
    """Acts for `subject` with the key at `path`, which is read when a token is due."""

    def __init__(
        self,
        path: Path,
        *,
        subject: str,
        scopes: Collection[str],
        service: Service,
        stored: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._path = path
        self._subject = check_subject(subject)
        self._scopes = tuple(scopes)
        self._service = service
        self._stored = stored
        self._clock = clock
        self._token = Secret("")
        self._got_at = self._expiry = 0.0
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return self._subject

    @property
    def service(self) -> Service:
        return self._service

    @property
    def client_id(self) -> str:
        """The service account's own number; its Cloud project pays."""
        return KeyFile.load(self._path).client_id

    @property
    def granted(self) -> frozenset[str]:
        """All that is asked for: Google grants the whole or nothing."""
        return normalize(self._scopes)

    def how_to_allow(self, accepted: frozenset[str]) -> str:
        purpose = purpose_for(accepted, granted=self.granted)
        if self._stored:
            key = f"--service-account {shlex.quote(str(self._path))} --subject {self._subject}"
            return f"gmailkit login {key} --for {purpose}"
        return f"Ask for the purpose {purpose!r} (GMAILKIT_PURPOSE, or purpose= in Python)."

    def bearer(self) -> Secret:
        with self._lock:
            if not self._token or not is_fresh(self._clock.now(), self._got_at, self._expiry):
                self._fetch()
            return self._token

    def renew(self, stale: Secret) -> Secret:
        with self._lock:
            if self._token == stale:
                self._fetch()
            return self._token

    def _fetch(self) -> None:
        key = KeyFile.load(self._path)
        now = self._clock.now()
        assertion = _assertion(key, self._subject, self._scopes, now)
        response = _post(self._service.token_uri, assertion)
        answer = _read(response)
        if "access_token" not in answer:
            raise delegation_error(
                Refusal.of(answer),
                key,
                subject=self._subject,
                scopes=self._scopes,
                skew=_skew(response.headers.get("Date", ""), now),
            )
        self._token = Secret(str(answer["access_token"]))
        self._got_at = now
        self._expiry = end_of(answer.get("expires_in"), now) or now + _LIFETIME


def _assertion(key: KeyFile, subject: str, scopes: Collection[str], now: float) -> Secret:
    """Signed by google-auth; not by its Credentials, whose clock is the system's alone."""
    from google.auth import crypt, jwt

    try:
        signer = crypt.RSASigner.from_string(key.private_key, key.key_id)  # type: ignore[no-untyped-call]
    except ValueError:  # not chained: it may quote the key
        raise UsageError(
            f"The private key in {key.path} is damaged.", hint="Download a new key file."
        ) from None
    issued = int(now) - _BACKDATED
    claims = {
        "iss": key.email,
        "sub": subject,
        "scope": " ".join(scopes),
        "aud": key.service.token_uri,
        "iat": issued,
        "exp": issued + _LIFETIME,
    }
    return Secret(jwt.encode(signer, claims).decode())  # type: ignore[no-untyped-call]


def _post(token_uri: str, assertion: Secret) -> requests.Response:
    from gmailkit.auth.session import TIMEOUT, network_errors, open_session

    form = {"grant_type": _GRANT_TYPE, "assertion": assertion}
    with open_session() as session, network_errors("The token endpoint"):
        session.max_redirects = 1  # at 0 requests raises at the sight of one; none is followed
        return session.post(token_uri, data=form, timeout=TIMEOUT, allow_redirects=False)


def _read(response: requests.Response) -> dict[str, object]:
    """A grant or a refusal; trouble is Unreachable: what the token is for was not sent."""
    from gmailkit.auth.session import json_object

    body = dict(json_object(response))
    granted = response.status_code == 200 and "access_token" in body
    refused = 400 <= response.status_code < 500 and "error" in body
    if not granted and (not refused or response.status_code == 429):
        raise Unreachable(
            f"The token endpoint is in trouble ({response.status_code}).",
            hint="Repeat the command in a few minutes.",
            sent="no",
        )
    return body


def _skew(date: str, now: float) -> float | None:
    """Seconds that we are ahead of the server's Date header (RFC 9110 section 6.6.1)."""
    from email.utils import parsedate_to_datetime

    try:
        return now - parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
