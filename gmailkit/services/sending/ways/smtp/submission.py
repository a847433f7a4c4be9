"""Which SMTP server a mailbox sends by, and how it signs in there."""

from __future__ import annotations

from urllib.parse import urlsplit

from gmailkit.auth.passwords import Passwords
from gmailkit.errors import Refused, SignInNeeded, UsageError
from gmailkit.model.service import GOOGLE, is_loopback
from gmailkit.secret import Secret
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways.smtp.how import how
from gmailkit.transport.sasl import Login
from gmailkit.transport.smtp.server import GMAIL, Server, read_server

SETTING = "GMAILKIT_SMTP"
WORD = "GMAILKIT_SMTP_PASSWORD"
_ANY = (
    "A server that takes everything: gmailkit smtp-sink --port 2525, then "
    f"export {SETTING}=smtp://127.0.0.1:2525"
)


def server_for(connection: Connection, given: Server | None = None) -> Server:
    """The one that was given, else that of the settings, else Gmail's own.

    UsageError for a practice mailbox without one, or with one elsewhere: its mail must not leave
    the machine.
    """
    practice = _is_here(connection)
    chosen = given
    if chosen is None and connection.settings.smtp:
        chosen = read_server(connection.settings.smtp, SETTING)
    if chosen is None and not practice:
        return GMAIL
    if chosen is None:
        raise UsageError("A practice mailbox has no SMTP server of its own.", hint=_ANY)
    if practice and not chosen.is_here:
        raise UsageError(f"Mail of a practice mailbox does not leave by {chosen.place}.", hint=_ANY)
    return chosen


def login_for(connection: Connection, server: Server) -> Login | None:
    """With the password of the user in the URL, or the mailbox's own token; None for a server that
    wants neither. A server that the caller names is told by `how`.

    Raises Refused when the sign-in lacks the scope, SignInNeeded when there is no password. Both
    before anything is connected to.
    """
    password, _ = _password(connection, server, named=how().server == server)
    if password:
        return Login(user=server.user, kind="password", secret=lambda: password)
    if _takes_token(connection, server):
        if server.is_google or server.user:
            token = connection.mail_token()
            return Login(user=server.user or connection.address, kind="token", secret=lambda: token)
    elif server.is_google:
        raise Refused(
            f"The token of {connection.service.endpoint} is not shown to {server.host}.",
            hint=f"Sign in at Google, or use an app password: gmailkit smtp password {GMAIL.url}",
        )
    if server.user:
        raise SignInNeeded(
            f"There is no password for {server.user} at {server.place}.",
            hint=f"gmailkit smtp password {server.url}, or set {SETTING} to it and {WORD}.",
        )
    return None


def _password(connection: Connection, server: Server, *, named: bool) -> tuple[Secret | None, str]:
    """That of its user, and where it is from.

    The one in the environment is for the server of the environment. Only where that is none with a
    user, it is for the one `named` beside it, if none is kept for that.
    """
    settings = connection.settings
    if not server.user:
        return None, ""
    usual = read_server(settings.smtp, SETTING) if settings.smtp else None
    if settings.smtp_password and usual and usual.url == server.url:
        return settings.smtp_password, f"of {WORD}"
    if kept := Passwords(settings.home).load(server.url):
        return kept, "that is kept"
    if settings.smtp_password and named and not (usual and usual.user):
        return settings.smtp_password, f"of {WORD}"
    return None, ""


def _takes_token(connection: Connection, server: Server) -> bool:
    """A token is shown to nobody but whom it is for: Google, or the sandbox's own machine."""
    if connection.service.endpoint == GOOGLE.endpoint:
        return server.is_google
    return server.is_here and _is_here(connection)


def _is_here(connection: Connection) -> bool:
    """Whether it is a mailbox of this machine, as those of the sandbox are."""
    return is_loopback(urlsplit(connection.service.endpoint).hostname)


def sign_in_of(connection: Connection, server: Server, *, named: bool = False) -> str:
    """In words, for people; nothing is asked. `named`: the caller named the server."""
    password, origin = _password(connection, server, named=named)
    if password:
        return f"as {server.user}, with the password {origin}"
    if _takes_token(connection, server) and (server.is_google or server.user):
        return f"as {server.user or connection.address}, with the token of the account"
    return f"as {server.user}, but there is no password" if server.user else "not at all"
