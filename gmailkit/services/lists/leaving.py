"""Asking lists to stop writing: planned, written down, then asked, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gmailkit.errors import (
    Conflict,
    GmailKitError,
    NotFound,
    Refused,
    ServerFault,
    Unreachable,
)
from gmailkit.mime.address import is_addr_spec
from gmailkit.mime.mailing_list import list_id
from gmailkit.model.mailing import Mailing
from gmailkit.model.outside import Outside
from gmailkit.model.service import is_loopback
from gmailkit.query.builder import Q
from gmailkit.record.departures import By, Departure, State
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.changes.plan import check_narrow
from gmailkit.services.connect import Connection
from gmailkit.services.lists.mailings import OnProgress, mailings
from gmailkit.services.lists.sources import Source, search_of, sources
from gmailkit.services.lists.standing import last_departure
from gmailkit.services.lists.ways import Way, way_out
from gmailkit.services.sending import once, write
from gmailkit.transport.internet import INTERNET
from gmailkit.transport.one_click import one_click

FEW, MANY = 20, 200  # messages that are looked at: of one source, of a search
_ALIASES = "settings.sendAs.list"
_SAY = "unsubscribe"  # where the list asks for no words of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """One list that would be left. `sender` is the address that the mail would come from, "" the
    own one; `remark` is to be said of it. `before` is the last request to it.
    """

    source: Source
    way: Way
    sender: str = ""
    remark: str = ""
    before: Departure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingPlan:
    """`asking` are the lists that would be asked. `by_hand` have a link to open, or no way at all;
    `before` were asked already, and are not again. `unsigned` would get a mail whose address no
    valid signature vouches for: only if that is waived. `cut`: there is more mail than was read.
    """

    asking: tuple[Leave, ...]
    by_hand: tuple[Leave, ...] = ()
    before: tuple[Leave, ...] = ()
    unsigned: tuple[Leave, ...] = ()
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What became of one; `error` where it was not asked, refused, or nobody can tell."""

    leave: Leave
    departure: Departure
    error: GmailKitError | None = None


def plan_leaving(
    connection: Connection,
    *,
    query: str | None = None,
    keys: Iterable[str] = (),
    ids: Iterable[str] = (),
    again: bool = False,
    by_mail: bool = False,
    unsigned: bool = False,
    on_progress: OnProgress = lambda done, total: None,
) -> LeavingPlan:
    """Which lists would be left and how; nobody is asked. By a search (or an address, or a
    List-Id), whose newest messages are looked at, 20 units for a new one; or by keys of lists, or
    by ids of messages that came by them. Of each list its newest messages are looked at too,
    whatever the search was: they say how it is left. `unsigned` waives the signature.

    NotFound where no list is found. A mailbox that this machine serves, and that has no `outside`
    of its own, leaves nothing by one click.
    """
    if query is not None:
        read, cut = _by_query(connection, query, on_progress)
    else:
        read, cut = list(mailings(connection.client, connection.cache, ids)), False
    found = _as_newest(connection, read, keys)
    if not found:
        raise NotFound(
            f"No mail of a list of {connection.address} matches.",
            hint="gmailkit lists tells who writes to many.",
        )
    asking, by_hand, before, risky = (list[Leave]() for _ in range(4))
    for source in found:
        way = way_out(source.mailing, by_mail=by_mail, unsigned=unsigned)
        last = last_departure(connection, source.key)
        leave = Leave(source=source, way=way, before=last)
        if way.by in ("link", "none"):
            by_hand.append(leave)
        elif last and not again and not _may_go_on(last, way):
            before.append(leave)
        elif not way.vouched and not unsigned:
            risky.append(leave)
        else:
            asking.append(leave)
    if any(each.way.by == "one-click" for each in asking):
        outside(connection)
    return LeavingPlan(
        asking=tuple(_senders(connection, asking)),
        by_hand=tuple(by_hand),
        before=tuple(before),
        unsigned=tuple(risky),
        cut=cut,
    )


def leave(connection: Connection, plan: LeavingPlan) -> Iterator[Left]:
    """Ask each list of the plan as it was planned; what became of it comes as it is done. One that
    another run asked meanwhile is not asked again: its error is a Conflict.

    Each request is on the disk before it is made. CannotWrite when it cannot be: then that list and
    those after it were not asked.
    """
    for each in plan.asking:
        with connection.departures.alone():
            last = last_departure(connection, each.source.key)
            left = _leave(connection, each) if last == each.before else _overtaken(each, last)
        yield left


def _overtaken(leave: Leave, last: Departure | None) -> Left:
    """By another run; or its record is gone, and what became of the earlier request with it."""
    what = "asked meanwhile, by another run" if last else "asked before, and the record is gone"
    departure = last or leave.before
    assert departure  # noqa: S101 - for the type checker: of two that differ one is there
    error = Conflict(f"{leave.source.name} was {what}.", hint="gmailkit lists")
    return Left(leave=leave, departure=departure, error=error)


def outside(connection: Connection) -> Outside:
    """Where the servers of lists are. Refused for a mailbox of this machine's own without one."""
    if connection.settings.outside:
        return connection.settings.outside
    if is_loopback(_host(connection.service.endpoint)):
        raise Refused(
            "This mailbox is served by this machine, so its lists are not asked over the internet.",
            hint="Practise with --sandbox, which has lists of its own; or leave by mail: --by-mail",
        )
    return INTERNET


def _as_newest(
    connection: Connection, read: Iterable[Mailing], keys: Iterable[str]
) -> list[Source]:
    """The lists of what was read, and those of the keys, as all their newest mail has them: a
    search may have found an old address for leaving, or a forged message alone. Open: whether Gmail
    finds every List-Id by `list:`.
    """
    known = {each.id: each for each in read}
    wanted = dict.fromkeys((*keys, *sources(known.values())))
    for key in wanted:
        known |= {each.id: each for each in _read(connection, str(search_of(key)), FEW)[0]}
    newest = sorted(known.values(), key=lambda each: each.date, reverse=True)
    return [source for key, source in sources(newest).items() if key in wanted]


def _by_query(
    connection: Connection, query: str, on_progress: OnProgress
) -> tuple[list[Mailing], bool]:
    text = query.strip()
    check_narrow(text)
    if is_addr_spec(text):
        return _read(connection, str(Q.sender(text)), FEW)
    if "." in text and list_id(text).id:
        return _read(connection, str(Q.mailing_list(text) | Q.sender(text)), FEW)
    return _read(connection, text, MANY, on_progress)


def _read(
    connection: Connection,
    query: str,
    most: int,
    on_progress: OnProgress = lambda done, total: None,
) -> tuple[list[Mailing], bool]:
    found = find_refs(connection.client, asked(connection.client, query), limit=most)
    ids = [ref.id for ref in found]
    read = mailings(connection.client, connection.cache, ids, on_progress=on_progress)
    return list(read), found.cut


def _may_go_on(last: Departure, way: Way) -> bool:
    """Without being told to: it was refused, or it was cut short and goes on under its own key."""
    return last.state == "refused" or (last.state == "begun" and last.by == way.by == "mail")


def _senders(connection: Connection, asking: list[Leave]) -> list[Leave]:
    """From whom the mails come: who the list knows, where this mailbox may write as that."""
    own = connection.address.casefold()
    aliases: frozenset[str] | None = None
    told = []
    for each in asking:
        to = [address.casefold() for address in each.source.mailing.to]
        if each.way.by == "mail" and to and own not in to[:1]:
            aliases = _aliases(connection) if aliases is None else aliases
            sender = next((a for a in to if a in aliases and a != own), "")
            strange = not sender and own not in to
            remark = f"It wrote to {to[-1]}, and gets mail from {own}, which it may not know."
            each = Leave(
                source=each.source,
                way=each.way,
                before=each.before,
                sender=sender,
                remark=remark if strange else "",
            )
        told.append(each)
    return told


def _aliases(connection: Connection) -> frozenset[str]:
    """Empty where the sign-in may not look."""
    try:
        connection.check_allowed(_ALIASES)
        there = connection.client.settings.send_as.list()
    except Refused:
        return frozenset()
    return frozenset(
        each.send_as_email.casefold()
        for each in there
        if each.is_primary or each.verification_status == "accepted"
    )


def _leave(connection: Connection, leave: Leave) -> Left:
    departures, last = connection.departures, leave.before
    name, way = leave.source.name, leave.way
    if last and last.state == "begun" and last.by == way.by == "mail":
        departure = last
    else:
        by: By = "one-click" if way.by == "one-click" else "mail"
        departure = departures.begin(
            leave.source.key, name=name, address=leave.source.address, by=by, where=way.where
        )
    ask = _by_one_click if way.by == "one-click" else _by_letter
    try:
        connection.journal.write(f"leave {name} ({way.by}: {way.where})")
        ask(connection, leave, departure)
    except GmailKitError as error:
        state = _state(connection, departure, error)
        if state == "unknown":
            error.maybe_done = True
            error.hint = "See whether it writes on (gmailkit lists check); --again asks once more."
        ended = departures.end(departure, state, error.message)
        return Left(leave=leave, departure=ended, error=error)
    return Left(leave=leave, departure=departures.end(departure, "asked"))


def _by_one_click(connection: Connection, leave: Leave, departure: Departure) -> None:
    status = one_click(leave.way.uri, outside(connection))
    where = leave.way.where
    if 300 <= status < 400:
        raise Unreachable(
            f"{where} answered with a redirect ({status}), which is not followed; whether it took "
            "the request nobody can tell.",
            sent="maybe",
        )
    if status >= 500:
        raise ServerFault(f"{where} failed ({status}); try again later.", status=status)
    if not 200 <= status < 300:
        raise Refused(f"{where} refused the request ({status}).", status=status)


def _by_letter(connection: Connection, leave: Leave, departure: Departure) -> None:
    mail = leave.way.mail
    assert mail is not None  # noqa: S101 - for the type checker: a way by mail has one
    message = write.write(
        connection,
        to=mail.to,
        sender=leave.sender or None,
        subject=mail.subject or _SAY,
        text=mail.body or _SAY,
    )
    once.send(connection, message, key=departure.key)


def _state(connection: Connection, departure: Departure, error: GmailKitError) -> State:
    if departure.by == "one-click":
        maybe = isinstance(error, Unreachable) and error.sent == "maybe"
        return "unknown" if maybe else "refused"
    entry = connection.sends.find(departure.key)
    if entry is None or entry.state in ("failed", "cancelled"):
        return "refused"
    # What is on its way goes on under its key, and is sent once whatever became of it.
    return "waits" if entry.state in ("parked", "held") else "begun"


def _host(endpoint: str) -> str | None:
    from urllib.parse import urlsplit

    return urlsplit(endpoint).hostname
