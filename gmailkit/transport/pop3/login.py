"""Signing in: XOAUTH2 or OAUTHBEARER with a token, PLAIN (RFC 5034) or USER and PASS with a
password.
"""

from __future__ import annotations

import binascii
import poplib
from base64 import b64decode, b64encode
from collections.abc import Collection

from gmailkit.errors import GmailKitError, SignInNeeded
from gmailkit.transport.imap.fault import APP_PASSWORD
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.pop3.fault import error_of
from gmailkit.transport.pop3.wire import Wire
from gmailkit.transport.sasl import TOKEN, Login, check_one_line, choose, secrets, told_of, words


def sign_in(wire: Wire, mechanisms: Collection[str], login: Login, server: MailServer) -> None:
    """Raises CannotDo where the server offers no way that we know, SignInNeeded where it does not
    believe us, poplib's errors and OSError.
    """
    mechanism = choose(mechanisms, login, server, otherwise="USER")
    secret = login.secret()
    check_one_line(login.user, str(secret))
    challenge = b""
    with wire.masked(*secrets(mechanism, login.user, str(secret), server)):
        try:
            if mechanism == "USER":
                wire.user(login.user)
                wire.pass_(str(secret))
                return
            said = wire.ask(f"AUTH {mechanism}")
            if not said.startswith(b"+OK"):
                said = wire.ask(_encoded(words(mechanism, login.user, str(secret), server)))
            if not said.startswith(b"+OK"):
                challenge = said[2:]
                wire.ask(_encoded(b"\x01") if mechanism == "OAUTHBEARER" else "")
        except poplib.error_proto as error:
            raise _refused(wire, login, server, mechanism, challenge) from error


def _refused(
    wire: Wire, login: Login, server: MailServer, mechanism: str, challenge: bytes
) -> GmailKitError:
    said = wire.stream.said
    error = error_of(said, server, "signing in", otherwise=SignInNeeded)
    if not isinstance(error, SignInNeeded):
        return error
    try:
        why = wire.hidden(told_of(b64decode(challenge, validate=True)))
    except binascii.Error:
        why = ""
    reason = said.removeprefix("-ERR").strip().rstrip(".")
    hint = "Is it the right password? Where two steps are needed it is an app password."
    if mechanism in TOKEN:
        hint = "gmailkit login --for full"
    elif "application-specific" in said.casefold():
        hint = APP_PASSWORD
    return SignInNeeded(
        f"{server.place} does not let {login.user} in: {reason}{f' ({why})' if why else ''}.",
        hint=hint,
        reason=error.reason,
    )


def _encoded(answer: bytes) -> str:
    return b64encode(answer).decode("ascii")
