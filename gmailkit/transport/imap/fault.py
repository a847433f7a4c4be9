"""What went wrong in a session, as one sentence and an exit code."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gmailkit.errors import (
    CannotDo,
    Conflict,
    DailyLimit,
    GmailKitError,
    MailboxFull,
    NotFound,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
)
from gmailkit.model.service import NOT_RUNNING
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.smtp.fault import unreachable
from gmailkit.transport.stream import Ended, TooMuch

SCHEMES = "imaps:// begins with TLS (993), imap:// goes over to it (143)."
APP_PASSWORD = "Gmail wants an app password here: https://myaccount.google.com/apppasswords"
_CODE = re.compile(r"\[([A-Z][A-Z0-9-]*)\b[^\]]*\]")
_CLASSES: dict[str, type[GmailKitError]] = {  # RFC 5530, RFC 3501 section 7.1, and Gmail's own
    "AUTHENTICATIONFAILED": SignInNeeded,
    "AUTHORIZATIONFAILED": SignInNeeded,
    "EXPIRED": SignInNeeded,
    "WEBALERT": SignInNeeded,
    "PRIVACYREQUIRED": Refused,
    "NOPERM": Refused,
    "READ-ONLY": Refused,
    "NONEXISTENT": NotFound,
    "TRYCREATE": NotFound,
    "ALREADYEXISTS": Conflict,
    "UNAVAILABLE": TryLater,
    "INUSE": TryLater,
    "THROTTLED": TryLater,
    "OVERQUOTA": MailboxFull,
    "LIMIT": CannotDo,
    "CANNOT": CannotDo,
    "TOOBIG": CannotDo,
    "BADCHARSET": CannotDo,
    "HASCHILDREN": Conflict,
    "SERVERBUG": ServerFault,
    "CORRUPTION": ServerFault,
}
# What reading an answer runs into that is none: a word where a list should be, a missing one.
_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, OverflowError)
_BUSY = ("too many simultaneous", "too many connections", "try again", "temporar", "try later")
_BANDWIDTH = "bandwidth"
_OFF = "not enabled for imap"


def error_of(
    said: str, server: MailServer, doing: str, *, otherwise: type[GmailKitError] = Refused
) -> GmailKitError:
    """A NO (RFC 3501 section 7.1.2) while `doing` something, by its code, else by its words."""
    found = _CODE.search(said)
    code = found[1] if found else ""
    words = said.strip().rstrip(".") or "no, and not why"
    lower = words.casefold()
    kind = _CLASSES.get(code)
    if _BANDWIDTH in lower:
        return DailyLimit(
            f"{server.place} gives no more today: {words}.",
            hint="It opens again within a day. Run the same command then: it goes on.",
            reason=code,
        )
    if _OFF in lower:
        kind = Refused
    elif kind is None:
        kind = TryLater if any(each in lower for each in _BUSY) else otherwise
    hint = "Try again in a while: the same command goes on." if kind is TryLater else ""
    if code == "OVERQUOTA":
        hint = "Make room there, and run the same command again: it goes on."
    elif _OFF in lower:
        hint = "gmailkit settings imap on"
    return kind(f"{server.place} says no to {doing}: {words}.", hint=hint, reason=code)


@contextmanager
def told(
    server: MailServer,
    doing: str,
    *,
    wait: float,
    said: Callable[[], str],
    otherwise: type[GmailKitError] = Refused,
    hidden: Callable[[str], str] = str,
) -> Iterator[None]:
    """What breaks while `doing` becomes one sentence: Unreachable for a broken connection,
    ServerFault for what is no IMAP, by its code for what the server refuses: `said` is its answer.
    `hidden` takes away from other words what nobody is to see.
    """

    def broken(error: OSError) -> GmailKitError:
        return unreachable(server, doing, wait, error, schemes=SCHEMES, running=NOT_RUNNING)

    def garbage(error: Exception) -> GmailKitError:
        return ServerFault(
            f"{server.place} answers {doing} with what is no IMAP: {_plain(error, hidden)}.",
            hint="Is it the right host and port?",
        )

    try:
        yield
    except imaplib.IMAP4.readonly as error:
        raise Refused(f"{server.place} lets nobody write: {doing} is read-only.") from error
    except imaplib.IMAP4.abort as error:
        if said():
            raise _parted(said(), server, doing) from error
        cause = error.__context__
        raise (broken(cause) if isinstance(cause, OSError) else garbage(error)) from error
    except imaplib.IMAP4.error as error:
        if not said() or _is_garbage(error):
            raise garbage(error) from error
        if "command error: BAD" in str(error):
            raise ServerFault(f"{server.place} cannot follow {doing}: {said()}.") from error
        raise error_of(said(), server, doing, otherwise=otherwise) from error
    except ssl.SSLError as error:
        ours = doing == "the connection" or isinstance(error, ssl.SSLCertVerificationError)
        damaged = Ended("what came was damaged on the way, or cut off")
        raise broken(error if ours else damaged) from error
    except TooMuch as error:
        raise CannotDo(f"{server.place} cannot be read: {error}.") from error
    except OSError as error:
        raise broken(error) from error
    except _NONSENSE as error:
        raise garbage(error) from error


def _is_garbage(error: Exception) -> bool:
    return type(error).__name__ == "ProtocolError"  # imapclient's, which is loaded only when needed


def is_broken(error: GmailKitError) -> bool:
    """Whether a new connection may help."""
    return isinstance(error, Unreachable | ServerFault)


def _parted(said: str, server: MailServer, doing: str) -> GmailKitError:
    """The server said goodbye, and maybe why."""
    error = error_of(said, server, doing)
    if isinstance(error, TryLater | SignInNeeded):
        return error
    return Unreachable(f"{server.place} broke off at {doing}: {said.strip().rstrip('.')}.")


def _plain(error: Exception, hidden: Callable[[str], str]) -> str:
    """Its first words; what else stands there may be a message's own."""
    return " ".join(hidden(str(error)).split())[:80].rstrip(".") or type(error).__name__
