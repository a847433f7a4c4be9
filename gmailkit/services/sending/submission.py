"""Which SMTP server a mailbox sends by, and how it signs in there."""

from __future__ import annotations

from gmailkit.auth.passwords import Passwords
from gmailkit.errors import Refused, UsageError
from gmailkit.model.service import GOOGLE, is_loopback
from gmailkit.secret import Secret
from gmailkit.services.connect import Connection
from gmailkit.transport.smtp.login import Login
from gmailkit.transport.smtp.server import GMAIL, Server, read_server

SETTING = "GMAILKIT_SMTP"


def server_for(connection: Connection, given: Server | None = None) -> Server:
    """The one that was given, else that of the settings, else Gmail's own.

    UsageError for a practice mailbox without one: its mail must not leave the machine.
    """
    if given:
        return given
    if connection.settings.smtp:
        return read_server(connection.settings.smtp, SETTING)
    if connection.service.endpoint == GOOGLE.endpoint:
        return GMAIL
    raise UsageError(
        f"The service at {connection.service.endpoint} has no SMTP server that gmailkit knows.",
        hint=f"Start one with `gmailkit smtp-sink --port 2525`, then {SETTING}="
        "smtp://127.0.0.1:2525, or name one with `gmailkit smtp send --server`.",
    )


def login_for(connection: Connection, server: Server) -> Login | None:
    """With the password of the user in the URL, or the mailbox's own token; None for a server that
    wants neither.

    Raises Refused when the sign-in lacks the scope, UsageError when there is no password. Both
    before anything is connected to.
    """
    password = connection.settings.smtp_password if server.user else None
    if server.user and not password:
        password = Passwords(connection.settings.home).load(server.url)
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
        raise UsageError(
            f"There is no password for {server.user} at {server.place}.",
            hint=f"gmailkit smtp password {server.url}, or set GMAILKIT_SMTP_PASSWORD.",
        )
    return None


def _takes_token(connection: Connection, server: Server) -> bool:
    """A token is shown to nobody but whom it is for: Google, or the sandbox's own machine."""
    if connection.service.endpoint == GOOGLE.endpoint:
        return server.is_google
    from urllib.parse import urlsplit

    return server.is_here and is_loopback(urlsplit(connection.service.endpoint).hostname)


def sign_in_of(connection: Connection, server: Server) -> str:
    """In words, for people; nothing is asked and no secret is read."""
    settings = connection.settings
    if server.user and settings.smtp_password:
        return f"as {server.user}, with the password of GMAILKIT_SMTP_PASSWORD"
    kept: Secret | None = Passwords(settings.home).load(server.url) if server.user else None
    if kept:
        return f"as {server.user}, with the password that is kept"
    if _takes_token(connection, server) and (server.is_google or server.user):
        return f"as {server.user or connection.address}, with the token of the account"
    return f"as {server.user}, but there is no password" if server.user else "not at all"
