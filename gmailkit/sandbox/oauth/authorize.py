"""The authorization address: what a client asks for, and the person's answer (RFC 6749, 7636)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from gmailkit.sandbox import scopes
from gmailkit.sandbox.consent import Consent
from gmailkit.sandbox.exchange import Reply, Request, as_html, redirect
from gmailkit.sandbox.oauth import page
from gmailkit.sandbox.oauth.client import Client
from gmailkit.sandbox.policy import Policy
from gmailkit.sandbox.state.grants import Code
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_PLAIN_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Wrong(Exception):
    """A question that is not even put to a person: Google shows a page and redirects nowhere."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked authorization request. `said` is all of it, to be carried through the page."""

    said: Mapping[str, str]
    scopes: tuple[str, ...]

    @classmethod
    def read(cls, said: Mapping[str, str], client: Client) -> Asked:
        """Raises Wrong."""
        if said.get("client_id") != client.id:
            raise Wrong("invalid_client", "The OAuth client was not found.", status=401)
        _check_redirect(said.get("redirect_uri", ""))
        if said.get("response_type") != "code":
            raise Wrong("invalid_request", "response_type must be code.")
        asked = scopes.split(said.get("scope", ""))
        if not asked:
            raise Wrong("invalid_request", "Missing required parameter: scope")
        if strange := [scope for scope in asked if not scopes.known(scope)]:
            raise Wrong("invalid_scope", f"Some requested scopes were invalid: {strange}")
        _check_challenge(said)
        return cls(said, asked)

    @property
    def boxes(self) -> tuple[str, ...]:
        """Granular consent: the scopes a person can leave out; none where only one is asked."""
        separate = tuple(scope for scope in self.scopes if scope not in scopes.IDENTITY)
        return separate if len(separate) > 1 else ()

    def granted(self, ticked: Mapping[str, object] | tuple[str, ...]) -> tuple[str, ...]:
        return tuple(s for s in self.scopes if s not in self.boxes or s in ticked)

    def back(self, answer: Mapping[str, str]) -> Reply:
        """To the client's own listener, with its `state`."""
        if "state" in self.said:
            answer = {"state": self.said["state"], **answer}
        target = self.said["redirect_uri"]
        return redirect(f"{target}{'&' if urlsplit(target).query else '?'}{urlencode(answer)}")


class Authorize:
    def __init__(self, state: State, client: Client) -> None:
        self._state = state
        self._client = client

    def ask(self, request: Request, consent: Consent | None) -> Reply:
        """GET: the page, or at once the answer of an absent person."""
        return self._or_page(lambda: self._ask(dict(request.query), consent))

    def answer(self, request: Request) -> Reply:
        """POST: what a person chose on the page."""
        return self._or_page(lambda: self._answer(request.form))

    def _ask(self, said: Mapping[str, str], consent: Consent | None) -> Reply:
        asked = self._asked(said)
        hinted = self._state.users.find(said.get("login_hint", ""))
        if consent is None:
            return as_html(page.consent(said, self._state.users.all(), hinted, asked.boxes))
        if consent.denied:
            return asked.back({"error": "access_denied"})
        user = hinted or self._state.users.get(consent.address)
        return self._grant(asked, user, asked.granted(consent.ticked(asked.boxes)))

    def _answer(self, form: Mapping[str, str]) -> Reply:
        asked = self._asked({n[2:]: value for n, value in form.items() if n.startswith("q.")})
        user = self._state.users.find(form.get("user", ""))
        if form.get("answer") != "allow" or user is None:
            return asked.back({"error": "access_denied"})
        ticked = tuple(name[2:] for name in form if name.startswith("s."))
        return self._grant(asked, user, asked.granted(ticked))

    def _or_page(self, act: Callable[[], Reply]) -> Reply:
        try:
            return act()
        except Wrong as wrong:
            return as_html(page.error(wrong.error, wrong.description), status=wrong.status)

    def _asked(self, said: Mapping[str, str]) -> Asked:
        asked = Asked.read(said, self._client)
        policy = self._state.policy
        if policy.client_deleted:
            raise Wrong("deleted_client", "The OAuth client was deleted.", status=401)
        if policy.blocked:
            raise Wrong("admin_policy_enforced", "Your administrator has blocked this app.")
        return asked

    def _grant(self, asked: Asked, user: User, ticked: tuple[str, ...]) -> Reply:
        _check_user(self._state.policy, user)
        if not ticked:
            return asked.back({"error": "access_denied"})
        before = self._state.grants.granted(user.n)
        joined = asked.said.get("include_granted_scopes") == "true"
        granted = scopes.distinct((*ticked, *before)) if joined else ticked
        prompted = "consent" in asked.said.get("prompt", "").split()
        code = Code(
            user.n,
            granted,
            asked.said["redirect_uri"],
            asked.said.get("code_challenge", ""),
            asked.said.get("code_challenge_method", "plain"),
            fresh=prompted or not set(ticked) <= set(before),
        )
        text = self._state.grants.new_code(code)
        return asked.back({"code": text, "scope": " ".join(granted)})


def _check_user(policy: Policy, user: User) -> None:
    """Whether the app is for this account at all. Raises Wrong: a page, and no redirect."""
    if not policy.is_inside(user.address):
        said = f"This app is restricted to users within {policy.internal_to}."
        raise Wrong("org_internal", said, status=403)
    if not policy.may_test(user.address, user.n):
        said = "The app is being tested, and can only be accessed by developer-approved testers."
        raise Wrong("access_denied", said, status=403)
    if policy.is_suspended(user.address):
        raise Wrong("access_denied", "This account is suspended.", status=403)


def _check_redirect(uri: str) -> None:
    """Loopback with any port and path (RFC 8252 section 7.3); out-of-band is blocked."""
    if uri.startswith("urn:ietf:wg:oauth:2.0:oob"):
        raise Wrong("invalid_request", "The out-of-band (OOB) flow has been blocked.")
    try:
        parts = urlsplit(uri)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        port_is_fine = False
    if (
        not port_is_fine
        or parts.scheme != "http"
        or parts.hostname not in _LOOPBACK
        or parts.username is not None
        or parts.fragment
        or any(sign in uri for sign in "\r\n\t \\")
    ):
        raise Wrong("redirect_uri_mismatch", "The redirect_uri is not a loopback address.")


def _check_challenge(said: Mapping[str, str]) -> None:
    """PKCE may be left out, as with Google; what is sent must be well-formed."""
    challenge, method = said.get("code_challenge"), said.get("code_challenge_method", "plain")
    if challenge is None and "code_challenge_method" not in said:
        return
    if method not in ("S256", "plain"):
        raise Wrong("invalid_request", "Invalid code_challenge_method.")
    form = _CHALLENGE if method == "S256" else _PLAIN_CHALLENGE
    if not form.fullmatch(challenge or ""):
        raise Wrong("invalid_request", "Invalid code_challenge.")
