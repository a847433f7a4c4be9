"""A message to what an answer to it is before anybody has written a word: to whom, on what, after
which messages (RFC 5322 sections 3.6.2 to 3.6.4).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from gmailkit.compose.subject import forward_subject, reply_subject
from gmailkit.errors import UsageError
from gmailkit.mime.address import is_addr_spec
from gmailkit.model.mail import Address, Mail

MOST_IDS = 50
MOST_CHARACTERS = 5_000  # of References; the first and the nearest ones are kept
_LONGEST_ID = 900  # one that a header line can hold

_ID = re.compile(r"<[^<>]++>")
_NEVER_IN_ID = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LIST_POST = re.compile(r"<mailto:([^<>?\s]++)", re.IGNORECASE)
_GMAIL = ("gmail.com", "googlemail.com")
_Many = tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`left_out` are recipients as they stand in the message, to whom no mail can be sent."""

    to: _Many = ()
    cc: _Many = ()
    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def with_recipients(self, add: Iterable[Address], remove: Iterable[Address]) -> Answer:
        """`add` are written to as well. UsageError for one to `remove` that it does not go to."""
        everyone = (*self.to, *self.cc, *(added := tuple(add)))
        for each in (gone := tuple(remove)):
            if each.email.casefold() not in _emails(everyone):
                raise UsageError(
                    f"{each.email} would not get it anyway.",
                    hint=f"It goes to {', '.join(one.email for one in everyone) or 'nobody'}.",
                )
        to = each_once((*self.to, *added), without=gone)
        cc = each_once(self.cc, without=(*gone, *to))
        return replace(self, to=to or cc, cc=cc if to else ())


def reply_to(parent: Mail, own: Collection[str], *, all: bool = False) -> Answer:
    """A reply by somebody whose addresses are `own`.

    It goes to Reply-To, else From; one to a message of one's own to those that it went to. With
    `all` also to everybody else in To and Cc, and to the mailing list.
    """
    mine = frozenset(map(mailbox_of, own))
    first, second = _recipients(parent, mine, all=all)
    sound = [each for each in (*first, *second) if is_addr_spec(each.email)]
    left_out = [str(each) for each in (*first, *second) if each not in sound]
    # Who writes to himself alone gets the reply; else nobody writes to himself.
    others = [each for each in sound if mailbox_of(each.email) not in mine] or sound
    to = each_once(each for each in first if each in others)
    cc = each_once((each for each in second if each in others), without=to)
    return replace(
        _after(parent),
        to=to or cc,
        cc=cc if to else (),
        subject=reply_subject(parent.subject),
        left_out=tuple(dict.fromkeys(left_out)),
    )


def forward_of(parent: Mail) -> Answer:
    """A forward, to whoever will be named; for its sender it stays in the conversation."""
    return replace(_after(parent), subject=forward_subject(parent.subject))


def is_own(address: Address | None, own: Iterable[str]) -> bool:
    return address is not None and mailbox_of(address.email) in set(map(mailbox_of, own))


def mailbox_of(email: str) -> str:
    """The same text for all ways to write to one mailbox: letter case, and what Gmail ignores
    (support.google.com/mail/answer/7436150): "+tag", at gmail.com also dots.
    """
    local, _, domain = email.casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), _GMAIL[0]
    return f"{local}@{domain}"


def _recipients(parent: Mail, mine: Collection[str], *, all: bool) -> tuple[_Many, _Many]:
    if parent.sender and mailbox_of(parent.sender.email) in mine:
        return parent.to, (parent.cc if all or not parent.to else ())
    senders = (parent.sender,) if parent.sender else ()
    asked = tuple(each for each in parent.reply_to if mailbox_of(each.email) not in mine)
    if not all:
        return asked or senders, ()
    return (*(asked or senders), *parent.to), (*parent.cc, *_mailing_list(parent))


def _mailing_list(parent: Mail) -> _Many:
    """Where to post to the list it came by (RFC 2369 section 3.4), which To need not name."""
    found = _LIST_POST.match(parent.header("List-Post").strip())
    return (Address(found[1]),) if found and is_addr_spec(found[1]) else ()


def _after(parent: Mail) -> Answer:
    """What ties it to its parent. Without a Message-ID there is nothing to name it by."""
    own = _ids([parent.message_id])[:1]
    # Two ids in In-Reply-To do not say which of them came first (RFC 5322 section 3.6.4).
    earlier = _ids(parent.references) or (
        named if len(named := _ids([parent.in_reply_to])) == 1 else []
    )
    chain = [*(each for each in dict.fromkeys(earlier) if each not in own), *own]
    return Answer(in_reply_to="".join(own), references=_shortened(chain))


def _ids(texts: Iterable[str]) -> list[str]:
    """Message ids in angle brackets; a lone one without them gets some, a monster is no id."""
    found = []
    for text in texts:
        some = _ID.findall(text)
        if not some and len(text.split()) == 1:
            some = [f"<{text.strip().strip('<>')}>"]
        found += ["".join(each.split()) for each in some]
    return [
        each for each in found if 2 < len(each) <= _LONGEST_ID and not _NEVER_IN_ID.search(each)
    ]


def _shortened(chain: list[str]) -> tuple[str, ...]:
    """The first, by which a conversation is known, and as many of the nearest as there is room."""
    kept: list[str] = []
    room = MOST_CHARACTERS - sum(map(len, chain[:1]))
    for each in reversed(chain[1:]):
        room -= len(each)
        if len(kept) > MOST_IDS - 2 or (room < 0 and kept):
            break
        kept.append(each)
    return (*chain[:1], *reversed(kept))


def _emails(addresses: Iterable[Address]) -> set[str]:
    return {each.email.casefold() for each in addresses}


def each_once(addresses: Iterable[Address], *, without: Iterable[Address] = ()) -> _Many:
    """The first of each address, however it is written; none that is in `without`."""
    seen = _emails(without)
    found: dict[str, Address] = {}
    for each in addresses:
        if (email := each.email.casefold()) not in seen:
            found.setdefault(email, each)
    return tuple(found.values())
