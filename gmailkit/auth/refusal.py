"""OAuth's words (RFC 6749 sections 4.1.2.1 and 5.2, and Google's own) -> our exceptions.

Source of the causes: Google Identity, "Using OAuth 2.0: refresh token expiration" and
"OAuth 2.0 for installed applications: errors".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from gmailkit.auth.token import Token
from gmailkit.errors import GmailKitError, Refused, ServerFault, SignInNeeded, UsageError
from gmailkit.secret import redact

DAY = 86400
TESTING_DAYS = 7  # External + Testing: a grant dies a week after consent
IDLE_DAYS = 180  # six months without a renewal
WARN_DAYS = 7  # before an end that the server has told
WORRY_DAYS = 5  # old, where a week was the end before
_SESSION_CONTROL = {"invalid_rapt", "rapt_required"}


class Refusal(msgspec.Struct, frozen=True):
    """What a redirect or a token endpoint answered instead of a grant."""

    error: str
    description: str = ""
    subtype: str = ""

    @classmethod
    def of(cls, body: Mapping[str, object]) -> Refusal:
        names = ("error", "error_description", "error_subtype")
        return cls(*(str(body.get(name) or "") for name in names))

    @property
    def said(self) -> str:
        """The server's own sentence, if it gave one; it may be long, or hold what it should not."""
        text = plain(self.description).rstrip(".")
        return f" ({text})" if text else ""


def plain(text: str) -> str:
    """A server's words, fit to be shown: one line, no control characters, no secrets."""
    printable = "".join(sign if sign.isprintable() else " " for sign in redact(text))
    return " ".join(printable.split())[:200]


def sign_in_error(refusal: Refusal, scopes: Iterable[str] = ()) -> GmailKitError:
    """Why a sign-in came to nothing, and what to do about it."""
    match refusal.error:
        case "access_denied":
            return Refused(
                f"The sign-in was not allowed{refusal.said}.",
                hint="Either Cancel was pressed, or the consent screen is in testing and this "
                "account is not one of its test users. Then: gmailkit login",
                reason=refusal.error,
                needs=scopes,
            )
        case "invalid_grant":
            return SignInNeeded(
                f"The server did not take the code of this sign-in{refusal.said}.",
                hint="A code works once and for a few minutes. Again: gmailkit login",
            )
        case "redirect_uri_mismatch":
            return UsageError(
                "The server does not send the browser back to this machine: the client file is "
                "of the wrong type.",
                hint="Make a client of type Desktop app and download its JSON.",
            )
        case "invalid_request" | "disallowed_useragent":
            return Refused(
                f"The server did not take the sign-in request{refusal.said}.",
                hint="Open the address in a normal browser. Again: gmailkit login",
                reason=refusal.error,
            )
        case "rate_limit_exceeded":
            return Refused(
                "The client has no sign-ins left: an unverified one may have 100 users in all.",
                hint="Use a client of your own, or have this one verified.",
                reason=refusal.error,
            )
    return client_error(refusal, "") or unknown_error(refusal)


def renewal_error(refusal: Refusal, *, address: str, token: Token, now: float) -> GmailKitError:
    """Why a renewal failed. A SignInNeeded means that the grant is dead for ever."""
    if refusal.error != "invalid_grant":
        return client_error(refusal, address) or unknown_error(refusal)
    return dead_grant(address, cause_of_death(refusal, token, now))


def dead_grant(address: str, cause: str) -> SignInNeeded:
    return SignInNeeded(
        f"The sign-in of {address} has ended: {cause}.", hint=f"gmailkit login {address}"
    )


def started_anew(server: str, address: str) -> SignInNeeded:
    """A sandbox in memory forgets its clients when it ends; the next one knows none of them."""
    return SignInNeeded(
        f"The sandbox at {server} was started anew and knows no sign-in of {address}.",
        hint=f"gmailkit login {address}",
        reason="invalid_client",
    )


def cause_of_death(refusal: Refusal, token: Token, now: float) -> str:
    """The probable causes, the likeliest first, with what speaks for them.

    From what the server said and the dates we kept: Google's own word is the same for all.
    """
    if refusal.subtype in _SESSION_CONTROL:
        return "your organisation asks for a new sign-in from time to time (session control)"
    first, *others = (*_dated_causes(token, now), *_DATELESS_CAUSES)
    age = span(now - token.granted_at)
    return f"it is {age} old; most likely {first}; if not, {', or '.join(others)}"


_DATELESS_CAUSES = (
    "the password was changed",
    "the access was removed in the Google account, or by an administrator",
    "more than 100 sign-ins were made with this client",
    "the account was suspended or deleted",
)


def _dated_causes(token: Token, now: float) -> Iterator[str]:
    """Those that the dates speak for."""
    idle = now - token.refreshed_at
    if token.ends_at is not None and now >= token.ends_at:
        over = span(now - token.ends_at)
        yield f"its time was up {over} ago, as the server had said at sign-in ({_PUBLISH})"
    if idle >= IDLE_DAYS * DAY:
        yield f"it was not used for {span(idle)}, and Google drops a grant after six months"
    if token.ends_at is None and died_at_a_week(token, now):
        yield (
            "a client whose consent screen is in testing gets grants for 7 days, and this one was "
            f"last good when it was {span(token.refreshed_at - token.granted_at)} old ({_PUBLISH})"
        )


PUBLISH = "Publish the app to production (Google Auth Platform, Audience)"
_PUBLISH = "publish the app to production to end that"


def coming_death(token: Token, now: float) -> str:
    """What is known to be about to end a grant that is alive; "" for nothing."""
    if token.ends_at is not None and token.ends_at - now <= WARN_DAYS * DAY:
        when = datetime.fromtimestamp(token.ends_at, UTC)
        return f"the server ends it in {span(token.ends_at - now)} ({when:%Y-%m-%d %H:%M} UTC)"
    age = now - token.granted_at
    if token.weekly and WORRY_DAYS * DAY <= age <= TESTING_DAYS * DAY:
        return f"it is {span(age)} old, and the one before it died at a week (client in testing)"
    return ""


def died_at_a_week(token: Token, now: float) -> bool:
    """Whether the dates of a grant that is dead now fit a consent screen in testing."""
    week = TESTING_DAYS * DAY
    return token.refreshed_at - token.granted_at <= week <= now - token.granted_at


def span(seconds: float) -> str:
    """A length of time in words, as exact as people need it."""
    minutes = round(abs(seconds) / 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days > 30 or (days and not hours):
        return f"{days} day{'s' if days > 1 else ''}"
    if days:
        return f"{days} day{'s' if days > 1 else ''} and {hours} h"
    return f"{hours} h" if hours else f"{minutes} min"


def client_error(refusal: Refusal, address: str) -> GmailKitError | None:
    """Errors that have to do with the client or a policy, not with this one grant."""
    again = f"gmailkit login {address}".rstrip()
    match refusal.error:
        case "invalid_client" | "deleted_client":
            return UsageError(
                f"The server does not know the client, or not with this secret{refusal.said}.",
                hint="The client was deleted, or the client file is old or incomplete. Download "
                f"it anew, then: {again}",
            )
        case "unauthorized_client":
            return Refused(
                f"The client may not use this grant{refusal.said}.",
                hint=f"The grant may belong to another client. With the present one: {again}",
                reason=refusal.error,
            )
        case "admin_policy_enforced":
            return Refused(
                "The administrator of this account's organisation does not allow this client.",
                hint="Ask the administrator to trust its client id (Admin console, API controls).",
                reason=refusal.error,
            )
        case "org_internal":
            return Refused(
                "The client is for members of its own organisation, and this account is none.",
                hint="Use an account of that organisation, or a client of your own.",
                reason=refusal.error,
            )
        case "invalid_scope":
            return Refused(
                f"The server does not know a permission that was asked for{refusal.said}.",
                hint=f"Ask for less: {again} --for read",
                reason=refusal.error,
            )
    return None


def unknown_error(refusal: Refusal) -> GmailKitError:
    name = plain(refusal.error)[:60] or "nothing we can read"
    return ServerFault(
        f"The authorisation server answered {name}{refusal.said}.",
        hint="Repeat it later; if it stays, check the client file with: gmailkit doctor",
        reason=name,
    )
