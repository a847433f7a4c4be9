"""Messages of Gmail, counted: what it costs is known before.

Headers are read once for ever (20 units a message); which message bears which label, and has which
kind of file, is listed for 5 units each 500.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from gmailkit.client.fetch import fetch
from gmailkit.errors import NotFound
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import LabelId
from gmailkit.model.message import MessageRef
from gmailkit.query.labels import is_system
from gmailkit.query.parse import parse
from gmailkit.query.text import to_text
from gmailkit.query.tree import After, Field, Node, Words, all_of, any_of
from gmailkit.services.asking import asked, find_refs
from gmailkit.services.connect import Connection
from gmailkit.services.labels import LabelNames
from gmailkit.services.quota import estimate
from gmailkit.services.search import check_limit, envelopes, reading_units
from gmailkit.services.sending.parent import own_addresses
from gmailkit.services.stats.model import Stats
from gmailkit.services.stats.tally import Seen, Tally
from gmailkit.wire.methods import find

LIMIT = 1_000
OnCounted = Callable[[int, int], None]
_PAGE = 500
_MARGIN = timedelta(days=1)
# Gmail's tabs for what machines write; no people wait there for an answer.
_BULK = frozenset(f"CATEGORY_{each}" for each in ("SOCIAL", "PROMOTIONS", "UPDATES", "FORUMS"))
_PLACES = tuple(
    map(
        LabelId,
        (
            *("INBOX", "SENT", "DRAFT", "CHAT", "SPAM", "TRASH", "STARRED", "IMPORTANT"),
            *(f"CATEGORY_{each}" for each in ("PERSONAL", "SOCIAL", "PROMOTIONS", "UPDATES")),
            "CATEGORY_FORUMS",
        ),
    )
)
# Endings that a search finds; what has another is not told.
_FILES = {
    "pdf": ("pdf",),
    "doc, docx, odt": ("doc", "docx", "odt"),
    "xls, xlsx, ods, csv": ("xls", "xlsx", "ods", "csv"),
    "ppt, pptx, odp": ("ppt", "pptx", "odp"),
    "jpg, png, gif, heic": ("jpg", "jpeg", "png", "gif", "heic"),
    "mp4, mov, mp3, wav": ("mp4", "mov", "mp3", "wav"),
    "zip, gz, 7z, rar": ("zip", "gz", "7z", "rar"),
    "ics": ("ics",),
}


@dataclass(frozen=True, slots=True)
class _Listing:
    name: str
    within: Node
    labels: tuple[LabelId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsPlan:
    """What would be counted: `refs`, the newest first; `cut` says that there are more.

    Of so many the headers are `known`. `units` are about what it costs from here on, `seconds` by
    the quota (None: unpaced).
    """

    query: str
    refs: tuple[MessageRef, ...]
    cut: bool
    known: int
    units: int
    seconds: float | None


def plan_stats(connection: Connection, query: str = "", *, limit: int | None = LIMIT) -> StatsPlan:
    """5 units for each 500 messages that match, and 1 for the labels. Raises QueryError, NotFound
    (an unknown label), UsageError.
    """
    check_limit(limit)
    client = connection.client
    found = find_refs(client, asked(client, query), limit=limit)
    refs = tuple(found)
    known = connection.cache.get(ref.id for ref in refs)
    lists = (len(_labels(LabelNames.of(client))) + len(_FILES)) if refs else 0
    lists += 2 * (len(refs) // _PAGE)
    units = reading_units(refs, known, client.prices)
    units += lists * find("messages.list").price(client.prices)
    return StatsPlan(
        query=query,
        refs=refs,
        cut=found.cut,
        known=len(known),
        units=units,
        seconds=estimate(connection, units).seconds,
    )


def stats(
    connection: Connection,
    plan: StatsPlan,
    *,
    on_progress: OnCounted = lambda done, total: None,
) -> Stats:
    """Needs gmail.readonly. Sizes are Gmail's estimates; messages that are gone meanwhile are left
    out. Attachments are told as messages that have a file of a kind.
    """
    before = connection.meter.spent.units
    wanted = frozenset(ref.id for ref in plan.refs)
    tally = Tally(own_addresses(connection))
    borne: dict[str, set[str]] = {}
    if wanted:
        within = _within(connection, plan)
        by_label = _by_label(LabelNames.of(connection.client), within)
        for name, ids in _listed(connection, by_label, wanted):
            for id in ids:
                borne.setdefault(id, set()).add(name)
    sizes: dict[str, int] = {}
    oldest_first = reversed(plan.refs)
    read = envelopes(connection.client, connection.cache, oldest_first)
    for done, envelope in enumerate(read, start=1):
        tally.add(_seen(envelope, frozenset(borne.get(envelope.id, ()))))
        sizes[envelope.id] = envelope.size
        on_progress(done, len(plan.refs))
    if wanted:
        for name, ids in _listed(connection, _by_file(within), wanted):
            if ids:
                tally.add_files(name, len(ids), sum(sizes.get(id, 0) for id in ids))
    spent = connection.meter.spent.units - before
    return tally.stats(
        connection.address, plan.query, files_are="message", units=spent, cut=plan.cut
    )


def _listed(
    connection: Connection, listings: Iterable[_Listing], wanted: frozenset[str]
) -> Iterator[tuple[str, list[str]]]:
    """Which of the `wanted` each listing has, by its name."""
    client = connection.client

    def ids(listing: _Listing) -> list[str]:
        found = find_refs(
            client,
            asked(client, to_text(listing.within)),
            label_ids=listing.labels,
            include_spam_trash=True,
        )
        try:
            return [ref.id for ref in found if ref.id in wanted]
        except NotFound:  # the label is gone meanwhile
            return []

    with closing(fetch(listings, ids)) as coming:
        for listing, future in coming:
            yield listing.name, future.result()


def _by_label(names: LabelNames, within: Node) -> Iterator[_Listing]:
    for id, name in _labels(names).items():
        yield _Listing(name, within, (id,))


def _by_file(within: Node) -> Iterator[_Listing]:
    for name, endings in _FILES.items():
        some = any_of(Words(each, Field.FILENAME) for each in endings)
        yield _Listing(name, all_of((within, some)))


def _labels(names: LabelNames) -> dict[LabelId, str]:
    own = {label.id: label.name for label in names.labels if not is_system(label.id)}
    return {**{id: str(id) for id in _PLACES}, **own}


def _within(connection: Connection, plan: StatsPlan) -> Node:
    """What is listed: where older mail is left out, no more than what is counted. The header that
    is read for this is counted later, and not paid twice.
    """
    said = parse(plan.query)
    if not plan.cut:
        return said
    oldest = next(envelopes(connection.client, connection.cache, plan.refs[-1:]), None)
    return all_of((said, After(int((oldest.date - _MARGIN).timestamp())))) if oldest else said


def _seen(envelope: Envelope, labels: frozenset[str]) -> Seen:
    """No-one answers what came by a list; who it went to beside, an envelope does not tell."""
    return Seen(
        id=envelope.id,
        thread=envelope.thread_id,
        date=envelope.date,
        sender=envelope.sender,
        to=(*envelope.to, *envelope.cc),
        subject=envelope.subject,
        labels=labels,
        list_id=envelope.list_id,
        bulk=bool(envelope.list_id) or bool(_BULK & labels),
        size=envelope.size,
    )
