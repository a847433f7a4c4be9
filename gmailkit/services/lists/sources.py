"""Where mail to many comes from: by list where it names one, else by sender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gmailkit.errors import UsageError
from gmailkit.mime.mailing_list import list_id
from gmailkit.model.mailing import Mailing
from gmailkit.query.builder import Q
from gmailkit.record.departures import Departure
from gmailkit.services.connect import Connection
from gmailkit.services.lists.mailings import Found, OnProgress, mailings
from gmailkit.services.lists.standing import departures
from gmailkit.services.lists.ways import Way, way_out

_LIST, _FROM = "list:", "from:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A list, or a sender without one. `key` names it for ever, and is a search that finds its
    mail; `mailing` is its newest message that says how to leave and is signed as its mail is, or
    its newest; `doubt` is to be said where a newer one was passed over.
    """

    key: str
    name: str
    address: str
    mailing: Mailing
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """A source with what it sent of the messages that were looked at: `count` of them, of which
    `unread`, `size` bytes (approximate) together. `left` is the last request to it.
    """

    source: Source
    count: int
    unread: int
    size: int
    last: datetime
    way: Way
    left: Departure | None = None

    @property
    def read_rate(self) -> float:
        """0 to 1."""
        return (self.count - self.unread) / self.count


def key_of(mailing: Mailing) -> str:
    """ "" where neither list nor sender is known."""
    if mailing.list_id:
        return _LIST + mailing.list_id
    email = mailing.sender.email.casefold() if mailing.sender else ""
    return _FROM + email if email else ""


def search_of(key: str) -> Q:
    """What finds the mail of a source, and perhaps of its neighbours. UsageError for no key."""
    if key.startswith(_LIST) and list_id(key.removeprefix(_LIST)).id:
        return Q.mailing_list(key.removeprefix(_LIST))
    if key.startswith(_FROM) and key.removeprefix(_FROM):
        return Q.sender(key.removeprefix(_FROM))
    raise UsageError(f"{key!r} is no list.", hint="They come from: gmailkit lists")


def sources(found: Iterable[Mailing]) -> dict[str, Source]:
    """By key; `found` is newest first."""
    return {key: _source(key, some) for key, some in _grouped(found).items()}


def mailing_lists(
    connection: Connection, found: Found, *, on_progress: OnProgress = lambda done, total: None
) -> tuple[MailingList, ...]:
    """What each source sent, those with most messages first. Mail that says nothing of a list is
    left out. Costs `found.units`.
    """
    left = {each.list: each for each in departures(connection)}
    read = mailings(connection.client, connection.cache, found.ids, on_progress=on_progress)
    lists = []
    for key, some in _grouped(read).items():
        source = _source(key, some)
        lists.append(
            MailingList(
                source=source,
                count=len(some),
                unread=sum(each.id in found.unread for each in some),
                size=sum(each.size for each in some),
                last=max(each.date for each in some),
                way=way_out(source.mailing),
                left=left.get(key),
            )
        )
    return tuple(sorted(lists, key=lambda each: (-each.count, each.source.key)))


def _grouped(found: Iterable[Mailing]) -> dict[str, list[Mailing]]:
    groups: dict[str, list[Mailing]] = {}
    for each in found:
        if each.bulk and (key := key_of(each)):
            groups.setdefault(key, []).append(each)
    return groups


def _source(key: str, some: list[Mailing]) -> Source:
    telling = [each for each in some if each.ways] or some[:1]
    signers = _signers(key, telling)
    newest = next(each for each in telling if each.signer in signers)
    passed, sender = telling[0], newest.sender
    named = sender.name or sender.email if sender else ""
    return Source(
        key=key,
        name=(newest.list_name if newest.list_id else "") or named or key.partition(":")[2],
        address=sender.email if sender else "",
        mailing=newest,
        doubt=""
        if passed is newest
        else f"Newer mail in its name is signed by {passed.signer or 'nobody'}, which its own is "
        "not: what that says of leaving was passed over.",
    )


def _signers(key: str, some: list[Mailing]) -> frozenset[str]:
    """Who signs the mail of a list ("" for nobody): its own domain where that ever did, else who
    signs most of it, of equals the oldest. Anybody can write the name of a list into a mail.
    """
    found = [each.signer for each in reversed(some)]
    domain = key.partition(":")[2].rpartition("@")[2]
    own = frozenset(each for each in found if each and _are_kin(each, domain))
    return own or frozenset(signer for signer, _ in Counter(found).most_common(1))


def _are_kin(one: str, other: str) -> bool:
    return f".{one}".endswith(f".{other}") or f".{other}".endswith(f".{one}")
