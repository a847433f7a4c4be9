"""What went wrong in a session, as one sentence and an exit code."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from gmailkit.errors import (
    DailyLimit,
    GmailKitError,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
)
from gmailkit.model.service import NOT_RUNNING
from gmailkit.transport.smtp.reply import Reply
from gmailkit.transport.smtp.server import Server
from gmailkit.transport.trust import advice

_SCHEMES = "smtps:// begins with TLS (465), smtp+starttls:// goes over to it (587)."
_RUNNING = NOT_RUNNING.replace("the sandbox", "a sink").replace("sandbox", "smtp-sink")


class Reached(Protocol):
    """A server of any mail protocol, as far as errors name it."""

    @property
    def host(self) -> str: ...

    @property
    def place(self) -> str: ...

    @property
    def is_here(self) -> bool: ...


def error_of(reply: Reply, server: Server, doing: str) -> GmailKitError:
    """A reply that is no yes, while `doing` something."""
    said = f"{server.place} says: {reply}"
    if reply.enhanced == "5.4.5":  # Gmail: daily user sending limit exceeded
        return DailyLimit(
            f"The day's allowance of mail is used up ({said}).",
            hint="Try again tomorrow.",
            status=reply.code,
            reason=reply.enhanced,
        )
    if reply.code in (530, 534, 538):
        return SignInNeeded(
            f"{server.place} wants a sign-in before {doing}: {reply}.",
            hint=f"Name a user: {_with_user(server)}",
            status=reply.code,
            reason=reply.enhanced,
        )
    if reply.passing:
        return TryLater(
            f"{server.place} cannot do {doing} at the moment: {reply}.",
            hint="Try again in a while.",
            status=reply.code,
            reason=reply.enhanced,
        )
    if reply.refusing:
        return Refused(
            f"{server.place} refuses {doing}: {reply}.", status=reply.code, reason=reply.enhanced
        )
    return ServerFault(f"{server.place} answers {doing} with what is no reply of SMTP: {reply}.")


def after_the_dot(server: Server, why: str) -> Unreachable:
    """Nobody knows whether the message was taken."""
    error = Unreachable(
        f"{server.place} took the whole message and gave no answer: {why}.",
        hint="It may have left. It is not sent again by itself: `gmailkit sent` lists it.",
        sent="maybe",
    )
    error.maybe_done = True
    return error


@contextmanager
def told(server: Server, doing: str, *, wait: float) -> Iterator[None]:
    """What breaks while `doing` becomes one sentence; nothing was sent."""
    try:
        yield
    except OSError as error:
        raise unreachable(server, doing, wait, error) from error


def why(error: OSError) -> str:
    """The reason of a broken connection, in words."""
    cause = error
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, OSError):
        cause = error.__context__  # smtplib hides what happened to a line that it could not send
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, ConnectionResetError | BrokenPipeError | ssl.SSLEOFError):
        return "the server closed the connection"
    return cause.strerror or str(cause)


_TIMES = (9, 10)  # of OpenSSL: not yet valid, has expired
_OUT_OF_TIME = "Is the clock of this machine right? Else its owner has to renew it."


def hopeless(error: GmailKitError) -> bool:
    """Whether another try ends the same: a certificate that nobody we believe vouches for, a host
    that does not exist.
    """
    cause = error.__cause__
    unknown = isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME
    return unknown or isinstance(cause, ssl.SSLCertVerificationError)


def unreachable(
    server: Reached,
    doing: str,
    wait: float,
    error: OSError,
    *,
    schemes: str = _SCHEMES,
    running: str = _RUNNING,
) -> Unreachable:
    """What broke while `doing` something, in one sentence. The hints: which `schemes` begin with
    TLS or go over to it, and what may be `running` on this machine.
    """
    place, here = server.place, server.is_here
    if isinstance(error, ssl.SSLCertVerificationError):
        said = error.verify_message.rstrip(".")
        hint = _OUT_OF_TIME if error.verify_code in _TIMES else advice()
        return Unreachable(f"The certificate of {place} is not trusted: {said}.", hint=hint)
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return Unreachable(
            f"{place} and gmailkit agree on no TLS: {_reason(error)}.",
            hint=schemes,
        )
    if isinstance(error, socket.gaierror):
        return Unreachable(f"There is no host {server.host}: {error.strerror}.", hint="A typo?")
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"{place} gave no answer to {doing} within {wait:g} s.",
            hint="GMAILKIT_TIMEOUT waits longer.",
        )
    return Unreachable(
        f"{place} cannot be reached: {why(error)}."
        if doing == "the connection"
        else f"{place} broke off at {doing}: {why(error)}.",
        hint=running if here else "Check host and port.",
    )


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "it speaks something else").replace("_", " ").lower()


def _with_user(server: Server) -> str:
    return server.url if server.user else server.url.replace("://", "://USER@", 1)
