"""One click (RFC 8058): a POST to a server of which nothing is known but what stands in a mail.

So it is told nothing (no cookies, no token, no more than the two words of the RFC), believed
nothing, and cannot lead anywhere: the name is resolved once, each of its addresses is looked at,
and the connection goes to one of these, whatever the name means a moment later. No proxy is used,
since that would resolve the name once more. Redirects are not followed (section 3.1 of the RFC
forbids them).
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue
from threading import Thread, Timer
from urllib.parse import quote, urlsplit

from gmailkit.errors import Refused, Unreachable
from gmailkit.model.outside import Outside, Place

BODY = b"List-Unsubscribe=One-Click"
TYPE = "application/x-www-form-urlencoded"
PATIENCE = 30.0  # seconds for all of it, looking up the name too
CONNECTING = 10.0  # of these for one address
MOST_READ = 64 << 10  # bytes of an answer; nothing in it matters
LONGEST = 8_000  # characters of an address
_PORT = 443
_SAFE = "/%:@!$&'()*+,;=~-._"  # stands for itself in a path (RFC 3986), escapes too
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")  # as the last label: then all of it is an IPv4 address


@dataclass(frozen=True, slots=True)
class Target:
    """Where a POST goes: `host` as DNS has it, `path` with its query, in ASCII."""

    host: str
    path: str


def read_url(url: str) -> Target:
    """Raises Refused for what is no plain https address of a named host at the usual port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _no("it cannot be read") from None
    if parts.scheme != "https":
        raise _no("it is not https")
    if len(url) > LONGEST:
        raise _no("it is too long")
    if "@" in parts.netloc or "\\" in url:
        raise _no("it hides which host it means")
    if port not in (None, _PORT):
        raise _no(f"port {port} is not that of https")
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else ""
    return Target(_host(parts.hostname or ""), path + query)


def one_click(url: str, outside: Outside, *, patience: float = PATIENCE) -> int:
    """Ask once to be taken off; the HTTP status of the answer.

    Refused (nothing was sent) for an address that is none of ours to go to. Unreachable says in
    `sent` whether the request may have arrived.
    """
    target = read_url(url)
    end = time.monotonic() + patience
    places = _checked(target.host, outside, end)
    with _connected(target.host, places, end) as raw, _no_longer(raw, end):
        secure = _encrypted(raw, target.host, outside)
        with secure:
            return _asked(target, secure)


def _host(host: str) -> str:
    """A name below a top-level domain, its letters as DNS has them (IDNA 2008; Python's own codec
    knows that of 2003, by which some names are those of somebody else).
    """
    import idna

    try:
        name = host.rstrip(".")
        name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        raise _no("its host is no name") from None
    name = name.casefold()
    labels = name.split(".")
    if len(labels) < 2 or len(name) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise _no("its host is no name")
    if _NUMBER.fullmatch(labels[-1]):
        raise _no("its host is a number, not a name")
    return name


def _checked(host: str, outside: Outside, end: float) -> tuple[Place, ...]:
    """All of its places, if each of them may be gone to: one that may not is nobody's mistake."""
    places = _looked_up(host, outside, end)
    if not places:
        raise _not_there(host)
    for address, _ in places:
        if not outside.is_open(address):
            raise Refused(
                f"{host} leads to {address}, which is no address on the internet; nothing was sent."
            )
    return places


def _looked_up(host: str, outside: Outside, end: float) -> tuple[Place, ...]:
    """On a thread, which is left behind when the time is over: a look-up cannot be broken off."""
    answer = SimpleQueue[tuple[Place, ...] | Exception]()

    def look() -> None:
        try:
            answer.put(tuple(outside.resolve(host, _PORT)))
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            answer.put(error)

    Thread(target=look, daemon=True).start()
    try:
        found = answer.get(timeout=max(0.0, end - time.monotonic()))
    except Empty:
        raise _not_there(host) from None
    if isinstance(found, (OSError, UnicodeError)):
        raise _not_there(host) from found
    if isinstance(found, Exception):
        raise found
    return found


@contextmanager
def _connected(host: str, places: tuple[Place, ...], end: float) -> Iterator[socket.socket]:
    for place in places[:4]:
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            raw = socket.create_connection(place, timeout=min(CONNECTING, left))
        except OSError:
            continue
        with raw:
            raw.settimeout(max(0.001, end - time.monotonic()))
            yield raw
        return
    raise _not_there(host)


@contextmanager
def _no_longer(raw: socket.socket, end: float) -> Iterator[None]:
    """Ends the connection when the time is over: a byte now and then lets no read time out."""
    line = raw.dup()  # the same connection; the first one becomes that of TLS

    def over() -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    clock = Timer(max(0.0, end - time.monotonic()), over)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()
        clock.join()
        line.close()


def _encrypted(raw: socket.socket, host: str, outside: Outside) -> ssl.SSLSocket:
    try:
        return outside.trust().wrap_socket(raw, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(
            f"The certificate of {host} cannot be trusted; nothing was sent.", sent="no"
        ) from error
    except OSError as error:
        raise Unreachable(f"{host} does not speak TLS; nothing was sent.", sent="no") from error


def _asked(target: Target, secure: ssl.SSLSocket) -> int:
    """From here on it may have arrived."""
    connection = HTTPConnection(target.host)
    connection.sock = secure
    headers = {"Content-Type": TYPE, "User-Agent": "gmailkit", "Connection": "close"}
    try:
        connection.request("POST", target.path, BODY, headers)
        answer = connection.getresponse()
    except (OSError, HTTPException) as error:
        raise Unreachable(
            f"{target.host} did not answer; it may have taken the request.", sent="maybe"
        ) from error
    with suppress(OSError, HTTPException):  # what it says further decides nothing
        answer.read(MOST_READ)
    return answer.status


def _no(why: str) -> Refused:
    """Without the address itself: who has it may leave in the name of who got it."""
    return Refused(f"The list's address for leaving is refused: {why}; nothing was sent.")


def _not_there(host: str) -> Unreachable:
    return Unreachable(
        f"{host} cannot be reached; nothing was sent.",
        hint="Check the network (no proxy is used for this), or leave by mail: --by-mail",
        sent="no",
    )
