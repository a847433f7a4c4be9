"""Speaking SMTP by hand: looking at a server, sending by one, and which one is in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.mime.address import check_address
from gmailkit.model.outgoing import Outgoing
from gmailkit.services.connect import Connection
from gmailkit.services.sending.ways.smtp.how import How, speaking
from gmailkit.services.sending.ways.smtp.submission import server_for, sign_in_of
from gmailkit.services.sending.writing.write import recipient
from gmailkit.transport.smtp.envelope import Return, check_notify
from gmailkit.transport.smtp.explain import KEYWORDS
from gmailkit.transport.smtp.offer import Offer
from gmailkit.transport.smtp.server import Server, read_server
from gmailkit.transport.smtp.session import Session
from gmailkit.transport.smtp.transcript import Event, Hear, Secured


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a server says of itself. `offers` are the keywords of its answer to EHLO with their
    parameters, `in_clear` those before STARTTLS; `secured` is None where the line stayed in clear.
    """

    server: Server
    greeting: str
    offers: tuple[tuple[str, str], ...]
    in_clear: tuple[tuple[str, str], ...] | None
    secured: Secured | None
    size: int | None
    mechanisms: tuple[str, ...]
    events: tuple[Event, ...]

    def meaning(self, keyword: str) -> str:
        """What a keyword of `offers` is about, in words; "" for an unknown one."""
        return KEYWORDS.get(keyword, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The server that mail leaves by with way="smtp", and how it signs in, in words."""

    server: Server
    sign_in: str


def smtp_probe(
    url: str, *, hear: Hear | None = None, timeout: float | None = None, clock: Clock = SYSTEM_CLOCK
) -> Probe:
    """Connect, EHLO, STARTTLS, EHLO again, QUIT: what the server offers. Nothing is sent, nobody
    signs in. `url` may be a bare host.

    Raises Unreachable, CannotDo for a server off this machine without STARTTLS.
    """
    server = read_server(url)
    with Session(server, hear=hear, timeout=timeout, clock=clock) as session:
        pass
    return Probe(
        server=server,
        greeting=session.greeting.words,
        offers=session.offer.keywords,
        in_clear=_keywords(session.in_clear),
        secured=session.secured,
        size=session.offer.size,
        mechanisms=session.offer.mechanisms,
        events=tuple(session.transcript.events),
    )


def standing(connection: Connection, server: str | None = None) -> Standing:
    """Nothing is connected to."""
    chosen = server_for(connection, read_server(server) if server else None)
    return Standing(server=chosen, sign_in=sign_in_of(connection, chosen, named=bool(server)))


@contextmanager
def over_smtp(
    connection: Connection,
    *,
    server: str | None = None,
    mail_from: str | None = None,
    notify: Iterable[str] = (),
    returns: Return | None = None,
    hear: Hear | None = None,
) -> Iterator[None]:
    """What is sent or kept by SMTP inside goes so; see `Gmail.over_smtp`."""
    said = How(
        server=read_server(server) if server else None,
        mail_from=_sender(mail_from),
        notify=check_notify(tuple(notify)),
        returns=returns,
        hear=hear,
    )
    server_for(connection, said.server)  # a practice mailbox without one is told so first
    with speaking(said):
        yield


def enveloped(connection: Connection, message: Outgoing, rcpt: Iterable[str]) -> Outgoing:
    """The same to `rcpt`, in the place of To, Cc and Bcc: whom it goes to, and whom the rules
    judge. UsageError for a bad address.
    """
    people = tuple(recipient(connection, each) for each in rcpt)
    return replace(message, envelope=people) if people else message


def _sender(given: str | None) -> str | None:
    """ "" and <> are nobody: then no report of failure can come back."""
    if given is None:
        return None
    return "" if given in ("", "<>") else check_address(given).email


def _keywords(offer: Offer | None) -> tuple[tuple[str, str], ...] | None:
    return offer.keywords if offer else None
