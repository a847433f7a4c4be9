"""AUTH (RFC 4954): XOAUTH2 with an access token, PLAIN (RFC 4616) and LOGIN with a password."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gmailkit.errors import CannotDo, SignInNeeded
from gmailkit.secret import Secret
from gmailkit.transport.smtp.dialogue import Dialogue
from gmailkit.transport.smtp.offer import Offer
from gmailkit.transport.smtp.reply import Reply
from gmailkit.transport.smtp.server import Server

TOKEN = ("XOAUTH2",)
PASSWORD = ("PLAIN", "LOGIN")  # the first that is offered


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """`secret` is asked for once the server is known to be the right one."""

    user: str
    kind: Literal["token", "password"]
    secret: Callable[[], Secret]


def log_in(dialogue: Dialogue, offer: Offer, login: Login, *, server: Server, wait: float) -> Reply:
    """The reply that lets us in. Raises CannotDo when the server offers no way that we know, and
    SignInNeeded when it does not believe us. The connection is safe already, or to this machine.
    """
    mechanism = _mechanism(offer, login, server)
    secret = login.secret()
    if mechanism == "XOAUTH2":
        words = f"user={login.user}\x01auth=Bearer {secret}\x01\x01"
        reply = dialogue.ask("AUTH XOAUTH2", secret=_encoded(words), wait=wait)
    elif mechanism == "PLAIN":
        words = f"\0{login.user}\0{secret}"
        reply = dialogue.ask("AUTH PLAIN", secret=_encoded(words), wait=wait)
    else:
        reply = dialogue.ask("AUTH LOGIN", wait=wait)
        for words in (login.user, secret):
            if reply.code == 334:
                reply = dialogue.prove(_encoded(words), wait=wait)
    why = ""
    if reply.code == 334:  # XOAUTH2 tells why in a challenge, and then wants an empty line
        why = _told(reply)
        reply = dialogue.prove("", wait=wait)
    if reply.code == 235:
        return reply
    raise _refused(reply, login, server, why)


def _mechanism(offer: Offer, login: Login, server: Server) -> str:
    for each in TOKEN if login.kind == "token" else PASSWORD:
        if each in offer.mechanisms:
            return each
    offered = ", ".join(offer.mechanisms) or "none at all"
    raise CannotDo(
        f"{server.place} offers no way to sign in with a {login.kind}: {offered}.",
        hint="XOAUTH2 is needed for a token, PLAIN or LOGIN for a password.",
    )


def _refused(reply: Reply, login: Login, server: Server, why: str) -> Exception:
    from gmailkit.transport.smtp.fault import error_of

    if not reply.refusing:
        return error_of(reply, server, "signing in")
    if reply.enhanced == "5.7.9":
        hint = "Gmail wants an app password here: https://myaccount.google.com/apppasswords"
    elif login.kind == "token":
        hint = "gmailkit login --for full"
    else:
        hint = f"gmailkit smtp password {server.url}"
    told = f" ({why})" if why else ""
    return SignInNeeded(
        f"{server.place} does not let {login.user} in: {reply}{told}.",
        hint=hint,
        status=reply.code,
        reason=reply.enhanced,
    )


def _told(reply: Reply) -> str:
    """What Gmail says about a token that it does not take: {"status": "400", "scope": ...}."""
    try:
        facts = json.loads(b64decode("".join(reply.lines), validate=True))
        status, scope = str(facts.get("status", ""))[:20], str(facts.get("scope", ""))[:80]
    except (binascii.Error, ValueError, AttributeError):
        return ""
    return f"status {status}, it wants the scope {scope}" if scope else f"status {status}"


def _encoded(words: str) -> Secret:
    """Registered as a secret, so that nothing that echoes it shows it."""
    return Secret(b64encode(words.encode()).decode("ascii"))
