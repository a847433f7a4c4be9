"""From a request to a reply: the door, the faults, OAuth and the API."""

from __future__ import annotations

import ipaddress
import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

from gmailkit.sandbox import api, batch, status_page
from gmailkit.sandbox.admin import PATH, Admin
from gmailkit.sandbox.compression import compressed
from gmailkit.sandbox.consent import Consent
from gmailkit.sandbox.exchange import Reply, Request, as_html, as_refusal
from gmailkit.sandbox.faults import OAUTH, Faults
from gmailkit.sandbox.meter import Meter
from gmailkit.sandbox.oauth import inspect
from gmailkit.sandbox.oauth.authorize import Authorize
from gmailkit.sandbox.oauth.client import Client
from gmailkit.sandbox.oauth.token import TokenEndpoint
from gmailkit.sandbox.refusal import Refusal
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.uploads import Sessions

_NOT_FOUND = "<!doctype html><title>Error 404 (Not Found)</title><h1>404.</h1>\n"
_TOO_LONG = "<!doctype html><title>Error 414 (Request-URI Too Large)</title><h1>414.</h1>\n"
_WRONG_DOOR = "<!doctype html><title>Error 421</title><h1>421. Not this host.</h1>\n"

Act = Callable[[], Reply]

MAX_TARGET = 8_192  # Open: 2,048 to 8,192; Google's own clients put a longer query into a body
MOST_REMEMBERED = 1_000_000  # requests; a sandbox may be served for weeks


class App:
    """`consent` answers the consent page for an absent person; `faults` are a test's orders."""

    def __init__(
        self,
        state: State,
        *,
        consent: Consent | None,
        faults: Faults,
        meter: Meter,
        admin: Admin | None = None,
    ) -> None:
        self.consent = consent
        self.origin = ""
        self.faults = faults
        self.requests: list[tuple[str, str]] = []
        self._state = state
        self._client = Client.of(state)
        self._meter = meter
        self._admin = admin
        self.reset()

    def reset(self) -> None:
        """Forget what was asked so far, and every upload under way."""
        self.requests.clear()
        self._api = api.Api(self._state, Sessions(self._state.clock), self._meter)

    @property
    def client(self) -> Client:
        return self._client

    def answer(self, request: Request) -> Reply:
        if not _knocks_rightly(request):
            return as_html(_WRONG_DOOR, status=421)
        if self._admin is not None and request.segments[0] == PATH:
            admin = self._admin
            return _safely(lambda: admin.answer(request))
        if len(request.target) > MAX_TARGET:
            return as_html(_TOO_LONG, status=414)
        request = request.meant
        self.requests.append((request.verb, request.path))
        if len(self.requests) > MOST_REMEMBERED:
            del self.requests[: MOST_REMEMBERED // 2]
        return self._call(request, lambda reply: compressed(request, reply))

    def _call(self, request: Request, finish: Callable[[Reply], Reply] | None = None) -> Reply:
        """One call, by itself or out of a batch, which is finished as a whole."""
        name, act = self._choose(request)
        if name in OAUTH:
            self._meter.wait()
        fault = self.faults.take(name)

        def answer() -> Reply:
            return finish(_safely(act)) if finish else _safely(act)

        return fault.around(answer, self._state.clock.now()) if fault else answer()

    def _choose(self, request: Request) -> tuple[str, Act]:
        """The method's name, by which faults are ordered, and what it does."""
        found = api.find(request)
        if found is not None:
            method = found
            return found.route.name, lambda: self._api.answer(method, request)
        if request.verb == "POST" and request.path in batch.PATHS:
            at_once = self._meter.latency > 0 or self._meter.limits.in_flight is not None
            return "batch", lambda: batch.answer(request, self._call, at_once=at_once)
        match request.verb, request.path:
            case "GET", "/o/oauth2/v2/auth" | "/o/oauth2/auth":
                ask = Authorize(self._state, self._client).ask
                return "authorize", lambda: ask(request, self.consent)
            case "POST", "/o/oauth2/v2/auth":
                return "authorize", lambda: Authorize(self._state, self._client).answer(request)
            case "POST", "/token":
                token = TokenEndpoint(self._state, self._client, self.origin)
                return "token", lambda: token.answer(request)
            case "POST", "/revoke":
                return "revoke", lambda: inspect.revoke(self._state, request)
            case "GET" | "POST", "/tokeninfo":
                return "tokeninfo", lambda: inspect.tokeninfo(self._state, self._client, request)
            case "GET", "/":
                return "home", self._home
        return "unknown", lambda: as_html(_NOT_FOUND, status=404)

    def _home(self) -> Reply:
        seen = (self._state, self._meter, self.faults, self.requests)
        return as_html(status_page.render(self.origin, *seen))


def _safely(act: Act) -> Reply:
    try:
        return act()
    except Refusal as refusal:
        return as_refusal(refusal)
    except Exception as error:  # noqa: BLE001 - a server answers, whatever broke in it
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rpartition('/')[2]}:{where.lineno}"
        said = f"The sandbox broke: {type(error).__name__} at {place}"
        return as_refusal(Refusal(500, said))


def _knocks_rightly(request: Request) -> bool:
    """Against DNS rebinding: the Host, and the Origin where there is one, must be loopback."""
    host = _hostname(f"//{request.headers.get('host', '')}")
    origin = request.headers.get("origin")
    return _is_loopback(host) and (origin is None or _is_loopback(_hostname(origin)))


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
