"""The HTTP session of sign-in and renewal: what `requests` would do too much of is switched off.

No redirects (a form with a secret is not carried elsewhere), no .netrc, no cookies that matter,
no proxy for this machine, and nothing secret in the debug logs of the libraries below.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from gmailkit.errors import ServerFault, Unreachable
from gmailkit.model.service import NOT_RUNNING, is_loopback
from gmailkit.secret import redact_loggers

TIMEOUT = (10, 30)  # seconds: to connect, between two bytes of the answer
# They log forms, tokens and addresses with tokens in them at the level DEBUG.
_TALKATIVE = ("requests_oauthlib.oauth2_session", "oauthlib", "urllib3.connectionpool")


class ThisMachine(HTTPAdapter):
    """For http://, which is loopback alone (`check_url`): a proxy must not see it."""

    def send(self, *args: Any, **options: Any) -> requests.Response:
        return super().send(*args, **{**options, "proxies": {}})


class LoopbackAsHttps(ThisMachine):
    """Lets oauthlib, which insists on https, speak to a server on this machine.

    Its own switch for that is an environment variable, so one for every thread of the process.
    """

    def send(self, *args: Any, **options: Any) -> requests.Response:
        request: requests.PreparedRequest = args[0]
        request.url = "http" + str(request.url).removeprefix("https")
        return super().send(*args, **options)


def harden(session: requests.Session) -> requests.Session:
    """Apply the rules above to a session (any session that carries secrets)."""
    redact_loggers(*_TALKATIVE)
    session.auth = lambda request: request  # a callable keeps .netrc out
    session.max_redirects = 0
    session.mount("http://", ThisMachine())
    return session


def open_session() -> requests.Session:
    return harden(requests.Session())


@contextmanager
def network_errors(what: str) -> Iterator[None]:
    """Translate the failures of `requests`; `what` names the server, as "the token endpoint"."""
    try:
        yield
    except requests.TooManyRedirects as error:
        raise ServerFault(
            f"{what} answered with a redirect, which is not followed.",
            hint="Check its address in the client file.",
        ) from error
    except requests.RequestException as error:
        raise unreachable(what, error, url=getattr(error.request, "url", None) or "") from error


def unreachable(what: str, error: BaseException, *, url: str) -> Unreachable:
    """`sent` is "no": whatever the token was wanted for has not left this machine."""
    return Unreachable(
        f"{what} cannot be reached: {_reason(error)}.",
        hint=NOT_RUNNING
        if is_loopback(urlsplit(url).hostname)
        else "Check the network (gmailkit doctor), then repeat the command.",
        sent="no",
    )


def _reason(error: BaseException) -> str:
    """The innermost cause in words, without addresses and object dumps."""
    cause = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate cannot be trusted"
    if isinstance(cause, ssl.SSLError):
        return "it does not speak TLS"
    if isinstance(cause, TimeoutError) or isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(cause, requests.TooManyRedirects):
        return "it redirects, which is not followed"
    return getattr(cause, "strerror", None) or "the connection broke"


def json_object(response: requests.Response) -> Mapping[str, object]:
    """The body as a JSON object, or an empty one for anything else (an HTML page of a proxy)."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
