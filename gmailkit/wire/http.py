"""HTTP itself, by one `requests` session that all threads share. Imported here alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Unreachable
from gmailkit.model.service import NOT_RUNNING, is_loopback
from gmailkit.wire.ahead import Ahead
from gmailkit.wire.extract import extract
from gmailkit.wire.request import Request, Response

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 90.0  # Gmail is slow on large messages; this is between two packets, not in all
LONGEST_URL = 2_048  # characters; what all servers and proxies on the way take
PIECE = 64 << 10  # of a long answer: small enough for the processor's cache, twice as fast as whole
CONNECTIONS = 32  # kept open at most; beyond, each request would open one of its own
IN_FLIGHT = 8  # "about 10 in flight is safe" for one mailbox


def new_session() -> requests.Session:
    """A keep-alive session for many requests at once.

    As careful as that of sign-in: no .netrc (it would replace our token), no redirects, and no
    proxy for this machine; elsewhere proxies and CA bundles are taken from the environment.
    """
    import requests

    from gmailkit.auth.session import harden
    from gmailkit.wire.adapter import Remembering, RememberingThisMachine

    session = harden(requests.Session())
    session.mount("https://", Remembering(pool_maxsize=CONNECTIONS))
    session.mount("http://", RememberingThisMachine(pool_maxsize=CONNECTIONS))
    session.max_redirects = 1  # `Http` follows none; at 0 requests would raise at the sight of one
    return session


class Http:
    """The innermost sender: the session's adapter, proxies, certificates and headers, no more.

    `Session.request` would read the environment anew for each call, which takes as long as a bare
    socket needs for all of it; here that happens once for a host. What would be wrong for a
    bearer token is left out: redirects (a token goes where it was meant to go), .netrc,
    `session.auth`, cookies.
    """

    def __init__(
        self,
        session: requests.Session,
        *,
        read_timeout: float = READ_TIMEOUT,
        clock: Clock = SYSTEM_CLOCK,
        ahead: Ahead | None = None,
    ) -> None:
        self._session = session
        self._clock = clock
        self._ahead = ahead or Ahead()
        self._timeout = (min(CONNECT_TIMEOUT, read_timeout), read_timeout)
        self._options: dict[str, dict[str, Any]] = {}

    def send(self, request: Request) -> Response:
        import requests
        from urllib3.exceptions import HTTPError

        try:
            answer = self._session.get_adapter(request.url).send(
                self._prepared(_shortened(request)),
                stream=True,
                timeout=self._patience(request),
                **self._options_for(request),
            )
            with answer:
                return self._read(request, answer)
        except (requests.RequestException, HTTPError) as error:
            late = request.give_up is not None and self._left(request.give_up) <= 0
            raise _unreachable(request, error, late=late) from error

    def _patience(self, request: Request) -> tuple[float, float]:
        """Seconds for a connection and between two packets; neither goes past the deadline."""
        if request.give_up is None:
            return self._timeout
        left = max(0.001, self._left(request.give_up))
        return min(left, self._timeout[0]), min(left, self._timeout[1])

    def _left(self, give_up: float) -> float:
        return give_up - self._clock.monotonic()

    def _read(self, request: Request, answer: requests.Response) -> Response:
        headers = dict(answer.headers.lower_items())
        self._ahead.note(headers.get("date", ""), self._clock.now())
        if request.large and 200 <= answer.status_code < 300:
            pieces = (
                answer.raw.stream(PIECE, decode_content=True)
                if request.give_up is None
                else self._arriving(answer, request.give_up)
            )
            return Response(answer.status_code, headers, *extract(request.large, pieces))
        body = (
            # In one go: `answer.content` would read ten kilobytes at a time.
            answer.raw.read(decode_content=True)
            if request.give_up is None
            else b"".join(self._arriving(answer, request.give_up))
        )
        return Response(answer.status_code, headers, body)

    def _arriving(self, answer: requests.Response, give_up: float) -> Iterator[bytes]:
        """The body as it comes, and no longer than until the deadline.

        Whoever sends a few bytes now and then never lets a wait for the next packet end.
        """
        from requests import ReadTimeout

        read = getattr(answer.raw, "read1", answer.raw.read)  # urllib3 before 2 waits for more
        while True:
            left = self._left(give_up)
            if left <= 0:
                raise ReadTimeout("The deadline is over.")
            # None where the server closes after its answer: then what was left when it began holds.
            if sock := getattr(getattr(answer.raw, "connection", None), "sock", None):
                sock.settimeout(min(left, self._timeout[1]))
            piece = read(PIECE, decode_content=True)
            if not piece:
                return
            yield piece

    def _prepared(self, request: Request) -> requests.PreparedRequest:
        """Address and headers are in order already (see builder.py): nothing to quote or guess."""
        import requests
        from requests.structures import CaseInsensitiveDict

        headers = CaseInsensitiveDict({**self._session.headers, **request.headers})
        if request.verb != "GET":
            headers["content-length"] = str(len(request.body or b""))
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = request.verb, request.url, request.body
        prepared.headers = headers  # type: ignore[assignment]  # values are str or bytes
        return prepared

    def _options_for(self, request: Request) -> dict[str, Any]:
        """Proxies, CA bundle and client certificate: what the session says, else the environment.

        (`requests` has it the other way round, to the surprise of many.)
        """
        origin = request.url[: request.url.find("/", len("https://"))]
        if origin not in self._options:
            own = self._session
            found = own.merge_environment_settings(
                request.url, dict(own.proxies), None, own.verify, own.cert
            )
            self._options[origin] = {name: found[name] for name in ("proxies", "verify", "cert")}
        return self._options[origin]


def _shortened(request: Request) -> Request:
    """A query that is too long for an address goes as the body of a POST that stands for the GET,
    as in Google's own libraries."""
    path, _, query = request.url.partition("?")
    if request.verb != "GET" or len(request.url) <= LONGEST_URL:
        return request
    form = {"content-type": "application/x-www-form-urlencoded", "x-http-method-override": "GET"}
    return replace(request, verb="POST", url=path, body=query.encode()).with_headers(**form)


def _unreachable(request: Request, error: Exception, *, late: bool) -> Unreachable:
    """What broke, and whether the request may have arrived: only a certain no counts as one."""
    from requests.exceptions import ConnectTimeout

    never_left = isinstance(error, ConnectTimeout) or _before_sending(error)
    host = request.host
    if isinstance(_cause(error), SSLCertVerificationError):
        what, hint = f"The certificate of {host} cannot be trusted", "Check clock and proxy."
    elif never_left and is_loopback(urlsplit(request.url).hostname):
        what, hint = f"{host} cannot be reached", NOT_RUNNING
    elif never_left:
        what, hint = f"{host} cannot be reached", "Check the network; `gmailkit doctor` helps."
    elif late:
        what = f"{host} had not answered {request.method.name} in full at the deadline"
        hint = "Give it more time (GMAILKIT_DEADLINE), or run the same command again later."
    else:
        what, hint = f"The connection to {host} broke", "Run the same command again."
    return Unreachable(
        f"{what}.", hint=hint, method=request.method.name, sent="no" if never_left else "maybe"
    )


def _before_sending(error: Exception) -> bool:
    """No connection, a proxy that opens no tunnel, or a certificate that ended the handshake.

    Any other TLS error may come while the answer is read: then the request has arrived. So may a
    ProxyError: urllib3 calls everything one after which the connection is closed.
    """
    from urllib3.exceptions import NewConnectionError

    cause = _cause(error)
    no_tunnel = type(cause) is OSError and str(cause).startswith("Tunnel connection failed")
    return no_tunnel or isinstance(cause, NewConnectionError | SSLCertVerificationError)


def _cause(error: Exception) -> object:
    """The error below those of requests and urllib3 that only wrap another one."""
    from urllib3.exceptions import MaxRetryError, ProxyError, SSLError

    cause: object = error.args[0] if error.args else None
    while isinstance(cause, MaxRetryError | ProxyError | SSLError):
        if isinstance(cause, MaxRetryError):
            cause = cause.reason
        else:
            cause = cause.original_error if isinstance(cause, ProxyError) else _first(cause.args)
    return cause


def _first(args: tuple[object, ...]) -> object:
    return args[0] if args else None
