"""What a message has otherwise than it had; docs/restoring.md and stores.md list what may be."""

from __future__ import annotations

import re
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
from gmailkit.services.copying.into_gmail.naming import other_name
from gmailkit.stores.dates import HEADER
from gmailkit.stores.gmail import CHAT, DRAFT, PLACED

_DATE_TIME = re.compile(
    r"\s*(?:[A-Za-z]{3}\s*,)?\s*\d{1,2}\s+[A-Za-z]{3}\s+(?:19|[2-9]\d)\d\d"
    r"\s+\d\d:\d\d(?::\d\d)?\s+(?:[+-]\d{4}|UT|GMT|[ECMP][SD]T)\s*(?:\([^()]*\)\s*)?"
)

LINE_ENDS = "line ends"
DATE = "date"
CHATS = "chat"
STARS = "kind of star"
DRAFTS = "draft with labels"
OF_GMAIL = "label that Gmail alone gives"
NAMES = "label of a name that Gmail refuses"
HEADERS = "header lines"  # that a server added, or wrote otherwise
ONCE = "equal messages"  # which a store keeps once
MARK = "label of the copy"
OF_HIDDEN = "label of mail in Spam or Trash"  # which a server of IMAP has in no other folder
LISTED = (LINE_ENDS, DATE, CHATS, STARS, DRAFTS, OF_GMAIL, NAMES)
OF_COPIES = (HEADERS, ONCE, MARK, OF_HIDDEN)


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is one of `LISTED` or `OF_COPIES`, or a sentence about what should not be."""

    what: str

    @property
    def listed(self) -> bool:
        return self.what in LISTED + OF_COPIES


def differences(was: Item, now: Item) -> Iterator[Difference]:
    """What `now`, read from Gmail, has otherwise than `was`, which was put in."""
    yield from _of_bytes(was.content, now.content)
    yield from of_labels(
        flags.to_gmail(was.labels, was.flags), flags.to_gmail(now.labels, now.flags)
    )
    if found := of_dates(was.received, now.received, said=Said.of(was.content), now=now.flags):
        yield found


def _of_bytes(was: Content, now: Content) -> Iterator[Difference]:
    if was.digest == now.digest:
        return
    if was.digest_with_crlf == now.digest:
        yield Difference(LINE_ENDS)
    else:
        yield Difference(f"Its bytes are others: {now.size:,} of them, and it had {was.size:,}.")


def of_labels(was: frozenset[str], now: frozenset[str]) -> Iterator[Difference]:
    """Both with Gmail's marks among them; names compare without case, as Gmail compares them."""
    had, has = ({x if is_system(x) else x.casefold(): x for x in each} for each in (was, now))
    lost, come = had.keys() - has.keys(), has.keys() - had.keys()
    for key in sorted(lost):
        other = other_name(had[key]).casefold()
        if other in come:  # the name that is taken for one that Gmail refuses
            come = come - {other}
            yield Difference(NAMES)
        else:
            yield Difference(_lost(key, had[key], draft=DRAFT in had and DRAFT in has))
    for key in sorted(come):
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


@dataclass(frozen=True, slots=True)
class Said:
    """What the Date header of a message says; `strictly` as RFC 5322 has it: nobody knows what
    Gmail makes of another one.
    """

    date: datetime | None
    strictly: bool

    @classmethod
    def of(cls, content: Content) -> Said:
        mail = parse_headers(content.part(0, HEADER))
        return cls(mail.date, _is_strict(mail))


def of_dates(
    was: datetime | None, is_now: datetime | None, *, said: Said, now: frozenset[str]
) -> Difference | None:
    """Of the times of receipt, by seconds; `now` are the flags that it bears."""
    if was is None or is_now is None or _second(was) == _second(is_now):
        return None
    free = "draft" in now or said.date is None or not said.strictly
    if free or (said.date and _second(said.date) == _second(is_now)):
        return Difference(DATE)
    return Difference(
        f"Its date is {is_now:%Y-%m-%d %H:%M:%S}, and was {was:%Y-%m-%d %H:%M:%S} (UTC)."
    )


def _is_strict(mail: Mail) -> bool:
    """Whether it is dated as RFC 5322 has it (section 3.3, with the zones of section 4.3): nobody
    knows what Gmail makes of another date.
    """
    value = next((value for name, value in mail.headers if name.lower() == "date"), "")
    if not _DATE_TIME.fullmatch(value):
        return False
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return True


def _second(date: datetime) -> int:
    return int(date.timestamp())
