"""Whether a server answers, how fast, and what time it thinks it is. Sends no token."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError
from gmailkit.wire.ahead import ahead_of


@dataclass(frozen=True, slots=True)
class Reach:
    """`problem` is "" when it answered; `skew` are the seconds our clock is ahead, if known."""

    problem: str = ""
    milliseconds: float = 0
    skew: float | None = None


def reach(endpoint: str, clock: Clock) -> Reach:
    """Knock once. Any HTTP answer will do, an error too: it proves name, network and TLS."""
    from gmailkit.auth.session import TIMEOUT, network_errors, open_session

    asked = clock.monotonic()
    try:
        with open_session() as session, network_errors("It"):
            response = session.get(
                f"{endpoint}/gmail/v1/users/me/profile", timeout=TIMEOUT, allow_redirects=False
            )
    except GmailKitError as error:
        return Reach(problem=error.message)
    took = clock.monotonic() - asked
    return Reach(
        milliseconds=took * 1000,
        skew=ahead_of(response.headers.get("Date", ""), clock.now() - took / 2),
    )
