"""What of a search the SEARCH command of IMAP (RFC 3501 section 6.4.4) can narrow down.

IMAP looks for pieces of text as they are written; Gmail for words, whatever their accents. No
search of words means the same to both, so words are never left to the server: it is asked for
marks, dates, sizes and Message-IDs, and what it finds is looked at here, no deeper than needed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import IntEnum

from gmailkit.model.imap_dates import day_text
from gmailkit.query import tree
from gmailkit.query.context import Context
from gmailkit.query.instants import SECONDS, instant
from gmailkit.query.labels import ENCRYPTED
from gmailkit.query.tree import Field, Node, Thing

_HEADERS = frozenset({Field.FROM, Field.TO, Field.CC, Field.BCC, Field.SUBJECT, Field.LIST})
_UNLISTED = frozenset({Thing.USER_LABELS, *(each for each in Thing if "-" in each)})
_ZONES = timedelta(days=1)  # a server counts days in a zone of its own


class Depth(IntEnum):
    """What has to be read of a message to know whether it matches."""

    LISTING = 0  # flags, date, size, labels
    HEADER = 1
    MAIL = 2


def depth(node: Node) -> Depth:
    match node:
        case tree.And(nodes) | tree.Or(nodes):
            return max(map(depth, nodes))
        case tree.Not(child):
            return depth(child)
        case tree.Words(_, field, _):
            return Depth.HEADER if field in _HEADERS else Depth.MAIL
        case tree.MessageIdIs():
            return Depth.HEADER
        case tree.Has(thing):
            return Depth.LISTING if thing in _UNLISTED else Depth.MAIL
        case tree.Label(name):
            return Depth.MAIL if name.casefold() == ENCRYPTED else Depth.LISTING
        case tree.Around():
            return Depth.MAIL
        case _:
            return Depth.LISTING


def keys(node: Node, context: Context) -> list[bytes]:
    """Words of SEARCH that every match fulfils; empty where none can be said."""
    match node:
        case tree.And(nodes):
            return [key for child in nodes for key in keys(child, context)]
        case tree.Is(tree.State.UNREAD):
            return [b"UNSEEN"]
        case tree.Is(tree.State.STARRED):
            return [b"FLAGGED"]
        case tree.Not(tree.Is(tree.State.UNREAD)):
            return [b"SEEN"]
        case tree.Not(tree.Is(tree.State.STARRED)):
            return [b"UNFLAGGED"]
        case tree.Larger(size):
            return [b"LARGER", str(size).encode()]
        case tree.Smaller(size):
            return [b"SMALLER", str(size).encode()]
        case tree.After(at):
            return since(instant(at, context.zone))
        case tree.Before(at):
            return before(instant(at, context.zone))
        case tree.NewerThan(count, unit):
            return since(context.now - count * SECONDS[unit])
        case tree.OlderThan(count, unit):
            return before(context.now - count * SECONDS[unit])
        case tree.MessageIdIs(id) if id.isascii() and id.isprintable():
            return [b"HEADER", b"Message-ID", id.encode()]
        case _:
            return []


def since(moment: float) -> list[bytes]:
    found = _day(moment, -_ZONES)
    return [b"SINCE", found] if found else []


def before(moment: float) -> list[bytes]:
    found = _day(moment, 2 * _ZONES)
    return [b"BEFORE", found] if found else []


def _day(moment: float, slack: timedelta) -> bytes:
    """ "" for what no calendar has."""
    try:
        day: date = (datetime.fromtimestamp(moment, UTC) + slack).date()
    except (OverflowError, ValueError, OSError):
        return b""
    return day_text(day).encode()
