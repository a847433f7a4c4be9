"""Signing in: XOAUTH2 or OAUTHBEARER (RFC 7628) with a token, PLAIN (RFC 4616) or LOGIN with a
password.
"""

from __future__ import annotations

import binascii
import imaplib
import json
from collections.abc import Callable, Collection
from typing import Any

from gmailkit.errors import CannotDo, SignInNeeded
from gmailkit.transport.imap.fault import APP_PASSWORD, error_of, told
from gmailkit.transport.imap.wire import Wire
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.smtp.login import Login

TOKEN = ("XOAUTH2", "OAUTHBEARER")
PASSWORD = ("PLAIN", "LOGIN")


def sign_in(client: Any, wire: Wire, login: Login, server: MailServer, *, wait: float) -> None:
    """Raises CannotDo where the server offers no way that we know, SignInNeeded where it does not
    believe us. The connection is safe already, or to this machine.
    """
    mechanism = choose(wire.capabilities, login, server)
    secret = login.secret()
    challenges: list[bytes] = []
    wire.stream.said = ""
    with wire.masked(), told(server, "the sign-in", wait=wait, said=lambda: wire.stream.said):
        try:
            if mechanism == "LOGIN":
                client.login(login.user, str(secret))
            else:
                answer = answering(mechanism, login.user, str(secret), server, challenges)
                client.sasl_login(mechanism, answer)
        except imaplib.IMAP4.error as error:
            for broke in (error, error.__context__):  # imapclient takes it for a wrong password
                if isinstance(broke, imaplib.IMAP4.abort):
                    raise broke from broke.__context__
            raise _refused(wire, login, server, challenges) from error


def answering(
    mechanism: str, user: str, secret: str, server: MailServer, challenges: list[bytes]
) -> Callable[[bytes], bytes]:
    """What to answer to each challenge; `challenges` keeps those that say why it failed."""

    def answer(challenge: bytes) -> bytes:
        if challenge and mechanism in TOKEN:
            challenges.append(challenge)
            return b"" if mechanism == "XOAUTH2" else b"\x01"  # RFC 7628 section 3.2.3
        return _words(mechanism, user, secret, server).encode()

    return answer


def choose(capabilities: Collection[str], login: Login, server: MailServer) -> str:
    for each in TOKEN if login.kind == "token" else PASSWORD:
        if f"AUTH={each}" in capabilities:
            return each
    if login.kind == "password" and "LOGINDISABLED" not in capabilities:
        return "LOGIN"  # the command, which every server has (RFC 3501 section 6.2.3)
    offered = ", ".join(each[5:] for each in capabilities if each.startswith("AUTH="))
    raise CannotDo(
        f"{server.place} offers no way to sign in with a {login.kind}: {offered or 'none at all'}.",
        hint="XOAUTH2 or OAUTHBEARER is needed for a token, PLAIN or LOGIN for a password.",
    )


def _words(mechanism: str, user: str, secret: str, server: MailServer) -> str:
    if mechanism == "PLAIN":
        return f"\0{user}\0{secret}"
    if mechanism == "XOAUTH2":
        return f"user={user}\x01auth=Bearer {secret}\x01\x01"
    name = user.replace("=", "=3D").replace(",", "=2C")
    place = f"host={server.host}\x01port={server.port}\x01"
    return f"n,a={name},\x01{place}auth=Bearer {secret}\x01\x01"


def _refused(
    wire: Wire, login: Login, server: MailServer, challenges: list[bytes]
) -> SignInNeeded | Exception:
    said = wire.stream.said or wire.stream.alert
    error = error_of(said, server, "signing in", otherwise=SignInNeeded)
    if not isinstance(error, SignInNeeded):
        return error
    why = f" ({found})" if (found := _why(challenges)) else ""
    if "application-specific" in f"{said} {wire.stream.alert}".casefold():
        hint = APP_PASSWORD
    elif login.kind == "token":
        hint = "gmailkit login --for full"
    else:
        hint = "Is it the right password? Where two steps are needed it is an app password."
    return SignInNeeded(
        f"{server.place} does not let {login.user} in: {said.rstrip('.')}{why}.",
        hint=hint,
        reason=error.reason,
    )


def _why(challenges: list[bytes]) -> str:
    """What is said about a token that is not taken: {"status": "400", "scope": ...}."""
    try:
        facts = json.loads(challenges[-1])
        status, scope = str(facts.get("status", ""))[:20], str(facts.get("scope", ""))[:80]
    except (IndexError, ValueError, AttributeError, binascii.Error):
        return ""
    return f"status {status}, it wants the scope {scope}" if scope else f"status {status}"
