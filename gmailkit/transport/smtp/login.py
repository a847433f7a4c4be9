"""AUTH (RFC 4954): XOAUTH2 with an access token, PLAIN (RFC 4616) and LOGIN with a password."""

from __future__ import annotations

from base64 import b64decode, b64encode

from gmailkit.errors import CannotDo, SignInNeeded
from gmailkit.secret import Secret
from gmailkit.transport.sasl import Login, told_of, words
from gmailkit.transport.smtp.dialogue import Dialogue
from gmailkit.transport.smtp.offer import Offer
from gmailkit.transport.smtp.reply import Reply
from gmailkit.transport.smtp.server import Server

TOKEN = ("XOAUTH2",)
PASSWORD = ("PLAIN", "LOGIN")  # the first that is offered


def log_in(dialogue: Dialogue, offer: Offer, login: Login, *, server: Server, wait: float) -> Reply:
    """The reply that lets us in. Raises CannotDo when the server offers no way that we know, and
    SignInNeeded when it does not believe us. The connection is safe already, or to this machine.
    """
    mechanism = _mechanism(offer, login, server)
    secret = login.secret()
    if mechanism == "LOGIN":
        reply = dialogue.ask("AUTH LOGIN", wait=wait)
        for each in (login.user, secret):
            if reply.code == 334:
                reply = dialogue.prove(_encoded(each.encode()), wait=wait)
    else:
        said = _encoded(words(mechanism, login.user, secret, server))
        reply = dialogue.ask(f"AUTH {mechanism}", secret=said, wait=wait)
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
    """What Gmail says about a token that it does not take."""
    try:
        return told_of(b64decode("".join(reply.lines), validate=True))
    except ValueError:
        return ""


def _encoded(words: bytes) -> Secret:
    """Registered as a secret, so that nothing that echoes it shows it."""
    return Secret(b64encode(words).decode("ascii"))
