"""A search in a survey: what the listing does not decide is read, no deeper than needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gmailkit.mime.parse import parse_headers
from gmailkit.model.content import Content
from gmailkit.query.context import Context
from gmailkit.query.imap import Depth, depth, keys
from gmailkit.query.tree import Node
from gmailkit.stores.imap.items import item_of
from gmailkit.stores.imap.reading import FACTS, Read, go_to, read
from gmailkit.stores.imap.survey import Spot, Survey
from gmailkit.stores.matching import is_match, is_match_of
from gmailkit.transport.imap.session import Session

_PAGE = 200  # messages whose headers are held at a time
_HEADER = "BODY.PEEK[HEADER]"


def search(session: Session, every: Survey, wanted: Node, context: Context) -> Iterator[Spot]:
    """Those that match, as Gmail's search would: Spam and Trash only when asked for. One that
    cannot be read is among them, since nobody knows: reading it says why.
    """
    asked = keys(wanted, context)
    look = _reading if depth(wanted) is Depth.MAIL else _listing
    for number, place in enumerate(every.places):
        spots = list(every.spots_in(number))
        if asked and spots:
            go_to(session, place)
            found = set(session.uids(asked))
            spots = [spot for spot in spots if spot.uid in found]
        for start in range(0, len(spots), _PAGE):
            yield from look(session, every, spots[start : start + _PAGE], wanted, context)


def _reading(
    session: Session, every: Survey, spots: Sequence[Spot], wanted: Node, context: Context
) -> Iterator[Spot]:
    place = every.places[spots[0].folder]
    for spot, got in zip(spots, read(session, place, [s.uid for s in spots]), strict=True):
        if isinstance(got, Read):
            if is_match(item_of(every, spot, got.listed, got.content), wanted, context):
                yield spot
        elif got is not None:
            yield spot


def _listing(
    session: Session, every: Survey, spots: Sequence[Spot], wanted: Node, context: Context
) -> Iterator[Spot]:
    go_to(session, every.places[spots[0].folder])
    what = FACTS if depth(wanted) is Depth.LISTING else f"{FACTS} {_HEADER}"
    listed = session.fetch([spot.uid for spot in spots], what)
    for spot in spots:
        if got := listed.get(spot.uid):
            item = item_of(every, spot, got.listed, Content.of(b""))
            mail = parse_headers(got.bytes or b"")
            if is_match_of(mail, item, got.listed.size, wanted, context):
                yield spot
