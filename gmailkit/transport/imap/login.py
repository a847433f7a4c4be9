"""Signing in: XOAUTH2 or OAUTHBEARER (RFC 7628) with a token, PLAIN (RFC 4616) or LOGIN with a
password.
"""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from typing import Any

from gmailkit.errors import SignInNeeded
from gmailkit.transport.imap.fault import APP_PASSWORD, error_of, told
from gmailkit.transport.imap.wire import Wire
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.sasl import TOKEN, Login, check_one_line, choose, secrets, told_of, words


def sign_in(client: Any, wire: Wire, login: Login, server: MailServer, *, wait: float) -> None:
    """Raises CannotDo where the server offers no way that we know, SignInNeeded where it does not
    believe us. The connection is safe already, or to this machine.
    """
    offered = [each[5:] for each in wire.capabilities if each.startswith("AUTH=")]
    own = "" if "LOGINDISABLED" in wire.capabilities else "LOGIN"  # RFC 3501 section 6.2.3
    mechanism = choose(offered, login, server, otherwise=own)
    secret = login.secret()
    check_one_line(login.user, str(secret))
    challenges: list[bytes] = []
    wire.stream.said = ""
    forms = secrets(mechanism, login.user, str(secret), server)
    with (
        wire.masked(*forms),
        told(
            server,
            "the sign-in",
            wait=wait,
            said=lambda: wire.stream.said,
            hidden=wire.hidden,
        ),
    ):
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
        return words(mechanism, user, secret, server)

    return answer


def _refused(
    wire: Wire, login: Login, server: MailServer, challenges: list[bytes]
) -> SignInNeeded | Exception:
    said = wire.stream.said or wire.stream.alert
    error = error_of(said, server, "signing in", otherwise=SignInNeeded)
    if not isinstance(error, SignInNeeded):
        return error
    found = wire.hidden(told_of(challenges[-1])) if challenges else ""
    why = f" ({found})" if found else ""
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
