"""What went wrong in a session, as one sentence and an exit code."""

from __future__ import annotations

import poplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gmailkit.errors import (
    DailyLimit,
    GmailKitError,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
)
from gmailkit.model.service import NOT_RUNNING
from gmailkit.transport.mail_server import MailServer
from gmailkit.transport.smtp.fault import unreachable
from gmailkit.transport.stream import Ended

SCHEMES = "pop3s:// begins with TLS (995), pop3:// goes over to it (110)."
_CODE = re.compile(r"\[([A-Z][A-Z/-]*)\]")
_CLASSES: dict[str, type[GmailKitError]] = {  # RFC 2449 section 8, RFC 3206
    "AUTH": SignInNeeded,
    "IN-USE": TryLater,
    "LOGIN-DELAY": TryLater,
    "SYS/TEMP": TryLater,
    "SYS/PERM": Refused,
}


def error_of(
    said: str, server: MailServer, doing: str, *, otherwise: type[GmailKitError] = Refused
) -> GmailKitError:
    """An -ERR while `doing` something, by its code, else `otherwise`."""
    found = _CODE.search(said)
    code = found[1] if found else ""
    words = said.removeprefix("-ERR").strip().rstrip(".") or "no, and not why"
    if "bandwidth" in words.casefold():
        return DailyLimit(
            f"{server.place} gives no more today: {words}.",
            hint="It opens again within a day. Run the same command then: it goes on.",
            reason=code,
        )
    kind = _CLASSES.get(code, otherwise)
    hint = "Try again in a while: the same command goes on." if kind is TryLater else ""
    if "not enabled for pop" in words.casefold():
        hint = "gmailkit settings pop on --mail all"
    return kind(f"{server.place} says no to {doing}: {words}.", hint=hint, reason=code)


@contextmanager
def told(
    server: MailServer,
    doing: str,
    *,
    wait: float,
    said: Callable[[], str],
    otherwise: type[GmailKitError] = Refused,
) -> Iterator[None]:
    """What breaks while `doing` becomes one sentence: Unreachable for a broken connection,
    ServerFault for what is no POP3, by its code for what the server refuses: `said` is its answer.
    """
    try:
        yield
    except poplib.error_proto as error:
        if said().startswith("-ERR"):
            raise error_of(said(), server, doing, otherwise=otherwise) from error
        raise _garbage(server, doing) from error
    except ssl.SSLError as error:
        ours = doing == "the connection" or isinstance(error, ssl.SSLCertVerificationError)
        cause = error if ours else Ended("what came was damaged on the way, or cut off")
        raise unreachable(
            server, doing, wait, cause, schemes=SCHEMES, running=NOT_RUNNING
        ) from error
    except OSError as error:
        raise unreachable(
            server, doing, wait, error, schemes=SCHEMES, running=NOT_RUNNING
        ) from error
    except (ValueError, LookupError) as error:
        raise _garbage(server, doing) from error


def _garbage(server: MailServer, doing: str) -> ServerFault:
    return ServerFault(
        f"{server.place} answers {doing} with what is no POP3.",
        hint="Is it the right host and port?",
    )
