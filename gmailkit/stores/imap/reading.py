"""Messages of a folder read: small ones many at a time, large ones in pieces.

What a server says of a size is checked by what it gives: where the two differ the message is asked
for in pieces until nothing more comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat

from gmailkit.errors import CannotDo, GmailKitError, NotFound
from gmailkit.model.content import Content
from gmailkit.stores.imap.survey import Place
from gmailkit.transport.imap.answers import Listed
from gmailkit.transport.imap.connection import Asked, renumbered
from gmailkit.transport.imap.session import Session

_TOGETHER = 1 << 20  # bytes of messages that come in one answer
_BODY = "UID BODY.PEEK[]"
_BEGIN = 64 << 10  # bytes of a message that is only listed
FACTS = "UID FLAGS INTERNALDATE RFC822.SIZE"


@dataclass(frozen=True, slots=True)
class Read:
    listed: Listed
    content: Content


def read(
    session: Session, place: Place, uids: Sequence[int], *, facts: str = FACTS
) -> Iterator[Read | GmailKitError | None]:
    """Each message, or why it cannot be read; None for one that is gone, as all are of a folder
    that somebody deletes meanwhile. The next ones are on their way while somebody has these.
    """
    done = 0
    try:
        for got in _read(session, place, uids, facts):
            yield got
            done += 1
    except NotFound:
        yield from repeat(None, len(uids) - done)


def _read(
    session: Session, place: Place, uids: Sequence[int], facts: str
) -> Iterator[Read | GmailKitError | None]:
    go_to(session, place)
    listed = {uid: got.listed for uid, got in session.fetch(uids, facts).items()}
    pages = [*_together(uids, listed), []]
    asked = _ask(session, pages[0], listed)
    for some, next in pairwise(pages):
        go_to(session, place)  # whoever has the message before may have gone elsewhere
        bodies = _bodies(session, some, asked) if asked else {}
        asked = _ask(session, next, listed)
        for uid in some:
            found = listed.get(uid)
            body = bodies.pop(uid, None)
            if found is None:
                yield None
            elif body is not None and len(body) == found.size:
                yield Read(found, Content.of(body))
            else:
                go_to(session, place)
                yield _in_pieces(session, found)


def begin(
    session: Session, place: Place, uids: Sequence[int], *, facts: str = FACTS
) -> Iterator[Read | None]:
    """The beginning of each; None for one that is gone."""
    go_to(session, place)
    got = session.fetch(uids, f"{facts} BODY.PEEK[]<0.{_BEGIN}>")
    for uid in uids:
        found = got.get(uid)
        yield Read(found.listed, Content.of((found.bytes or b"")[:_BEGIN])) if found else None


def go_to(session: Session, place: Place) -> None:
    at = session.selected
    if at is None or at.folder != place.folder.name:
        at = session.examine(place.folder.name)
    if at.validity != place.validity:
        raise renumbered(place.folder.name)


def _ask(session: Session, uids: Sequence[int], listed: dict[int, Listed]) -> Asked | None:
    """For what comes in one answer."""
    there = [uid for uid in uids if uid in listed]
    return session.ask(there, _BODY) if there and _are_small(there, listed) else None


def _bodies(session: Session, uids: Sequence[int], asked: Asked) -> dict[int, bytes]:
    """What the server gives otherwise than it claimed is left out."""
    got = session.answer(asked)
    try:
        got = session.fetch(uids, _BODY) if got is None else got
    except CannotDo:
        return {}
    return {uid: each.bytes for uid, each in got.items() if each.bytes is not None}


def _are_small(uids: Sequence[int], listed: dict[int, Listed]) -> bool:
    return sum(listed[uid].size for uid in uids) <= _TOGETHER


def _in_pieces(session: Session, listed: Listed) -> Read | GmailKitError | None:
    try:
        content = session.content(listed.uid, listed.size)
    except CannotDo as error:
        return error
    return Read(listed, content) if content else None


def _together(uids: Sequence[int], listed: dict[int, Listed]) -> Iterator[list[int]]:
    """In the same order, as many as fit into one answer; a large one stands alone."""
    page: list[int] = []
    size = 0
    for uid in uids:
        more = listed[uid].size if uid in listed else 0
        if page and size + more > _TOGETHER:
            yield page
            page, size = [], 0
        page.append(uid)
        size += more
    if page:
        yield page
