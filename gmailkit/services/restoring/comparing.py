"""What a message that came back has otherwise than it had; docs/restoring.md lists what may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from gmailkit.mime.parse import parse_headers
from gmailkit.model import flags
from gmailkit.model.content import Content
from gmailkit.model.item import Item
from gmailkit.model.mail import Mail
from gmailkit.query.labels import is_star, is_system
from gmailkit.stores.gmail import CHAT, DRAFT, PLACED, with_crlf
from gmailkit.stores.known import sha256_of

_HEADER = 256 << 10  # bytes in which the Date header is looked for

LINE_ENDS = "line ends"
DATE = "date"
CHATS = "chat"
STARS = "kind of star"
DRAFTS = "draft with labels"
OF_GMAIL = "label that Gmail alone gives"
NAMES = "label of a name that Gmail refuses"
LISTED = (LINE_ENDS, DATE, CHATS, STARS, DRAFTS, OF_GMAIL, NAMES)


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is one of `LISTED`, or a sentence about what should not be."""

    what: str

    @property
    def listed(self) -> bool:
        return self.what in LISTED


def differences(was: Item, now: Item) -> Iterator[Difference]:
    """What `now`, read from Gmail, has otherwise than `was`, which was put in."""
    yield from _of_bytes(was.content, now.content)
    yield from _of_labels(was, now)
    yield from _of_dates(was, now)


def _of_bytes(was: Content, now: Content) -> Iterator[Difference]:
    digest = sha256_of(now.pieces())
    if sha256_of(was.pieces()) == digest:
        return
    if sha256_of(with_crlf(was.pieces())) == digest:
        yield Difference(LINE_ENDS)
    else:
        yield Difference(f"Its bytes are others: {now.size:,} of them, and it had {was.size:,}.")


def _of_labels(was: Item, now: Item) -> Iterator[Difference]:
    had, has = (
        {name if is_system(name) else name.casefold(): name for name in flags.to_gmail(*each)}
        for each in ((was.labels, was.flags), (now.labels, now.flags))
    )
    for key in sorted(had.keys() - has.keys()):
        yield Difference(_lost(key, had[key], draft=DRAFT in had and DRAFT in has))
    for key in sorted(has.keys() - had.keys()):
        yield Difference(f'It bears the label "{has[key]}", and did not.')


def _lost(key: str, name: str, *, draft: bool) -> str:
    if key == CHAT:
        return CHATS
    if draft:
        return DRAFTS
    if is_star(key):
        return STARS
    if is_system(key) and key not in PLACED and key != DRAFT:
        return OF_GMAIL
    return f'It lost the label "{name}".'


def _of_dates(was: Item, now: Item) -> Iterator[Difference]:
    if (
        was.received is None
        or now.received is None
        or _second(was.received) == _second(now.received)
    ):
        return
    mail = parse_headers(was.content.part(0, _HEADER))
    said = mail.date
    free = "draft" in now.flags or said is None or not _is_strict(mail)
    if free or (said and _second(said) == _second(now.received)):
        yield Difference(DATE)
    else:
        yield Difference(
            f"Its date is {now.received:%Y-%m-%d %H:%M:%S}, and was"
            f" {was.received:%Y-%m-%d %H:%M:%S} (UTC)."
        )


def _is_strict(mail: Mail) -> bool:
    """Whether it is dated as RFC 5322 has it: nobody knows what Gmail makes of another date."""
    value = next((value for name, value in mail.headers if name.lower() == "date"), "")
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return True


def _second(date: datetime) -> int:
    return int(date.timestamp())
