"""HTTP itself, by one `requests` session that all threads share. Imported here alone."""

from __future__ import annotations

from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING

from gmailkit.errors import Unreachable
from gmailkit.wire.request import Request, Response

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 90.0  # Gmail is slow on large messages; this is between two packets, not in all
IN_FLIGHT = 8  # "about 10 in flight is safe" for one mailbox


def new_session() -> requests.Session:
    """A keep-alive session with as many connections as we have requests in flight.

    As careful as that of sign-in: no .netrc (it would replace our token), no redirects, and no
    proxy for this machine; elsewhere proxies and CA bundles are taken from the environment.
    """
    import requests

    from gmailkit.auth.session import harden

    session = harden(requests.Session())
    for prefix, adapter in list(session.adapters.items()):
        pooled = type(adapter)(pool_connections=4, pool_maxsize=IN_FLIGHT)  # type: ignore[call-arg]
        session.mount(prefix, pooled)
    session.max_redirects = 1  # `Http` follows none; at 0 requests would raise at the sight of one
    return session


class Http:
    """The innermost sender. Redirects are not followed: a token goes where it was meant to go."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def send(self, request: Request) -> Response:
        import requests

        try:
            answer = self._session.request(
                request.verb,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _unreachable(request, error) from error
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, answer.content)


def _unreachable(request: Request, error: requests.RequestException) -> Unreachable:
    """What broke, and whether the request may have arrived: only a certain no counts as one."""
    from requests.exceptions import ConnectTimeout, ProxyError

    never_left = isinstance(error, ConnectTimeout | ProxyError) or _before_sending(error)
    host = request.host
    if isinstance(_cause(error), SSLCertVerificationError):
        what, hint = f"The certificate of {host} cannot be trusted", "Check clock and proxy."
    elif never_left:
        what, hint = f"{host} cannot be reached", "Check the network; `gmailkit doctor` helps."
    else:
        what, hint = f"The connection to {host} broke", "Run the same command again."
    return Unreachable(
        f"{what}.", hint=hint, method=request.method.name, sent="no" if never_left else "maybe"
    )


def _before_sending(error: requests.RequestException) -> bool:
    """No connection, or a certificate that ended the handshake.

    Any other TLS error may come while the answer is read: then the request has arrived.
    """
    from urllib3.exceptions import NewConnectionError

    return isinstance(_cause(error), NewConnectionError | SSLCertVerificationError)


def _cause(error: requests.RequestException) -> object:
    """The error below those of requests and urllib3 that only wrap another one."""
    from urllib3.exceptions import MaxRetryError, SSLError

    cause: object = error.args[0] if error.args else None
    while isinstance(cause, MaxRetryError | SSLError):
        cause = cause.reason if isinstance(cause, MaxRetryError) else next(iter(cause.args), None)
    return cause
