"""Signing in: the installed-app flow of RFC 8252 with PKCE, by google-auth-oauthlib's `Flow`.

The loopback listener is ours: the library's takes the first request whatever it is, answers on
the name localhost, and prints to standard output. Nothing here prints; people are spoken to
through `open_browser` and `paste`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gmailkit.auth.client_file import ClientFile
from gmailkit.auth.listener import HOST, Listener, reserve_port
from gmailkit.auth.redirect import Answer, NotOurs, read_pasted
from gmailkit.auth.refusal import Refusal, sign_in_error
from gmailkit.auth.scopes import (
    DEFAULT_PURPOSE,
    abilities,
    login_command,
    losses,
    normalize,
    purpose_of,
)
from gmailkit.auth.token import Token, end_of
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Refused, ServerFault, SignInNeeded, UsageError
from gmailkit.secret import Secret

if TYPE_CHECKING:
    from google_auth_oauthlib.flow import Flow

TIME_LIMIT = 300  # seconds
_TRIES = 5
_NO_BROWSER = "Without a browser on this machine: gmailkit login --no-browser"


def sign_in(
    client: ClientFile,
    scopes: Sequence[str],
    *,
    open_browser: Callable[[str], object] | None,
    paste: Callable[[str], str] | None,
    login_hint: str | None = None,
    timeout: float = TIME_LIMIT,
    clock: Clock = SYSTEM_CLOCK,
) -> Token:
    """A token for whoever consents in the browser.

    `open_browser` gets the address to visit; when it answers False or is None, `paste` gets a
    text to show (the address, later what was wrong) and gives what the person pasted back: the
    address where the browser ended. Raises Refused (denied, or nothing useful granted),
    SignInNeeded (no answer in `timeout` seconds), UsageError (client), Unreachable, ServerFault.
    """
    talk = _Conversation(client, scopes, login_hint)
    end = clock.monotonic() + timeout
    answer = _by_browser(talk, open_browser, timeout, clock) if open_browser else None
    if answer is None:
        if paste is None:
            raise SignInNeeded("No browser could be opened.", hint=_NO_BROWSER)
        answer = _by_paste(talk, paste, end, clock)
    if answer.refusal or answer.code is None:
        raise sign_in_error(answer.refusal or Refusal(""), scopes)
    return talk.exchange(answer.code, clock.now)


def _by_browser(
    talk: _Conversation, open_browser: Callable[[str], object], timeout: float, clock: Clock
) -> Answer | None:
    """The answer that came to our door, or None when no browser opened."""
    with Listener(talk.state, clock=clock) as listener:
        if not _opened(open_browser, talk.address(listener.redirect_uri)):
            return None
        answer = listener.wait(timeout)
    if answer is None:
        raise SignInNeeded(
            f"Nobody signed in within {timeout:.0f} seconds.",
            hint=f"Again: gmailkit login. {_NO_BROWSER}",
        )
    return answer


def _opened(open_browser: Callable[[str], object], address: str) -> bool:
    import webbrowser

    try:
        return open_browser(address) is not False
    except webbrowser.Error:
        return False


def _by_paste(talk: _Conversation, paste: Callable[[str], str], end: float, clock: Clock) -> Answer:
    """Let the person carry the answer over.

    The port stays ours without anybody listening: so the browser shows the address to copy, and
    no other program can take it.
    """
    with closing(reserve_port()) as bound:
        redirect_uri = f"http://{HOST}:{bound.getsockname()[1]}/{secrets.token_urlsafe(16)}"
        text = talk.address(redirect_uri)
        for _ in range(_TRIES):
            pasted = paste(text)
            if clock.monotonic() >= end:
                raise SignInNeeded("The sign-in took too long.", hint="Again: gmailkit login")
            try:
                return read_pasted(pasted, redirect_uri, talk.state)
            except NotOurs as error:
                text = str(error)
    raise UsageError(f"No usable address after {_TRIES} tries. {text}", hint="gmailkit login")


class _Conversation:
    """One authorisation request and its exchange: they share state, verifier and redirect.

    oauthlib refuses plain http, and lifts that only by an environment variable, which is every
    thread's. So it is told https throughout, and for a server on this machine (`check_url` has
    let no other http through) the last step turns it back.
    """

    def __init__(self, client: ClientFile, scopes: Sequence[str], login_hint: str | None) -> None:
        self.state = Secret(secrets.token_urlsafe(32))
        self._client = client
        self._scopes = scopes
        self._login_hint = login_hint
        self._flow: Flow | None = None

    def address(self, redirect_uri: str) -> str:
        """The page where the user consents, for one place to come back to."""
        from google_auth_oauthlib.flow import Flow

        service, secret = self._client.service, self._client.client_secret
        config = {
            "client_id": self._client.client_id,
            "client_secret": secret,
            "auth_uri": _as_https(service.auth_uri),
            "token_uri": _as_https(service.token_uri),
        }
        self._flow = flow = Flow.from_client_config(
            {"installed": config}, list(self._scopes), redirect_uri=redirect_uri
        )
        address, _ = flow.authorization_url(
            state=self.state, access_type="offline", prompt="consent", login_hint=self._login_hint
        )
        Secret(flow.code_verifier)  # from here on it is masked wherever it might show
        return str(_scheme_of(service.auth_uri, address))

    def exchange(self, code: Secret, now: Callable[[], float]) -> Token:
        """Trade the code for a token, and see to it that it is of any use."""
        assert self._flow is not None  # noqa: S101 - `address` comes first
        granted = _fetch(self._flow, self._client.service.token_uri, code)
        scopes = normalize(granted.get("scope") or self._scopes)
        if abilities(self._scopes) and not set(abilities(self._scopes)) & set(abilities(scopes)):
            raise Refused(
                "Nothing useful was allowed. " + " ".join(losses(self._scopes, scopes)),
                hint="Tick the boxes on the consent page. Again: "
                + login_command(purpose_of(self._scopes) or DEFAULT_PURPOSE),
                needs=self._scopes,
            )
        return Token(
            access_token=Secret(granted["access_token"]),
            refresh_token=Secret(granted.get("refresh_token") or ""),
            client_id=self._client.client_id,
            client_secret=self._client.client_secret,
            expiry=end_of(granted.get("expires_in"), now()),
            scopes=tuple(sorted(scopes)),
            granted_at=now(),
            refreshed_at=now(),
            ends_at=end_of(granted.get("refresh_token_expires_in"), now()),
        )


def _fetch(flow: Flow, token_uri: str, code: Secret) -> Mapping[str, Any]:
    from oauthlib.oauth2.rfc6749.errors import OAuth2Error

    from gmailkit.auth.session import TIMEOUT, LoopbackAsHttps, harden, network_errors

    session = harden(flow.oauth2session)
    if token_uri.startswith("http:"):
        session.mount(f"{_as_https(token_uri)}", LoopbackAsHttps())
    # Else oauthlib takes a partial consent for an error; we compare the scopes ourselves.
    flow.oauth2session.scope = None
    flow.oauth2session.register_compliance_hook("access_token_response", _readable)
    with closing(session), network_errors("The token endpoint"):
        try:
            # Some servers read the client from the form alone, not from a Basic header.
            return dict(flow.fetch_token(code=code, include_client_id=True, timeout=TIMEOUT))
        except OAuth2Error as error:
            refusal = Refusal(str(error.error or ""), str(error.description or ""))
            raise sign_in_error(refusal, ()) from error


def _readable(response: Any) -> Any:
    """Let through what oauthlib understands; a proxy's page is a fault, not a missing token."""
    from gmailkit.auth.session import json_object

    if response.status_code >= 500 or not json_object(response):
        raise ServerFault(
            f"The token endpoint answered {response.status_code} with something unreadable.",
            hint="Repeat it later; if it stays, check token_uri in the client file.",
            status=response.status_code,
        )
    return response


def _as_https(address: str) -> str:
    return _scheme_of("https:", address)


def _scheme_of(model: str, address: str) -> str:
    """`address` with the scheme of `model`."""
    return urlsplit(address)._replace(scheme=urlsplit(model).scheme).geturl()
