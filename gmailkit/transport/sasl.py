"""Ways to sign in to mail servers (SASL, RFC 4422): who, by which one, and what is said."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from gmailkit.errors import CannotDo, SignInNeeded
from gmailkit.secret import Secret
from gmailkit.transport.mail_server import MailServer

TOKEN = ("XOAUTH2", "OAUTHBEARER")
PASSWORD = ("PLAIN",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """`secret` is asked for once the server is known to be the right one."""

    user: str
    kind: Literal["token", "password"]
    secret: Callable[[], Secret]


class Server(Protocol):
    """Where it is, whichever protocol it speaks."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


def choose(
    mechanisms: Collection[str], login: Login, server: MailServer, *, otherwise: str = ""
) -> str:
    """The first that both know; `otherwise` is the protocol's own way for a password, "" where the
    server has switched that off. Raises CannotDo.
    """
    for each in TOKEN if login.kind == "token" else PASSWORD:
        if each in mechanisms:
            return each
    if login.kind == "password" and otherwise:
        return otherwise
    raise CannotDo(
        f"{server.place} offers no way to sign in with a {login.kind}: "
        f"{', '.join(sorted(mechanisms)) or 'none at all'}.",
        hint="XOAUTH2 or OAUTHBEARER is needed for a token, PLAIN or LOGIN for a password.",
    )


def check_one_line(*texts: str) -> None:
    """Raises SignInNeeded for a name or secret that would end its line, or be two words of SASL."""
    if any(each in text for text in texts for each in "\r\n\0\x01"):
        raise SignInNeeded("The name and the password for a mail server are one line each.")


def words(mechanism: str, user: str, secret: str, server: Server) -> bytes:
    """RFC 4616, Google's page on XOAUTH2, RFC 7628."""
    if mechanism == "PLAIN":
        return f"\0{user}\0{secret}".encode()
    if mechanism == "XOAUTH2":
        return f"user={user}\x01auth=Bearer {secret}\x01\x01".encode()
    name = user.replace("=", "=3D").replace(",", "=2C")
    place = f"host={server.host}\x01port={server.port}\x01"
    return f"n,a={name},\x01{place}auth=Bearer {secret}\x01\x01".encode()


def secrets(mechanism: str, user: str, secret: str, server: Server) -> tuple[Secret, ...]:
    """The forms in which a secret goes over the wire, or stands in an error's text."""
    encoded = b64encode(words(mechanism, user, secret, server)).decode("ascii")
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    return tuple(map(Secret, (encoded, quoted, repr(quoted)[1:-1], repr(secret)[1:-1], secret)))


def told_of(challenge: bytes) -> str:
    """What is said about a token that is not taken: {"status": "400", "scope": ...}."""
    try:
        facts = json.loads(challenge)
        status, scope = str(facts.get("status", ""))[:20], str(facts.get("scope", ""))[:80]
    except (ValueError, AttributeError):
        return ""
    return f"status {status}, it wants the scope {scope}" if scope else f"status {status}"
