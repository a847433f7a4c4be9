"""Flags and labels: what IMAP shows of a message's labels, and what a client's words mean.

Facts: \\Seen is the absence of UNREAD, \\Flagged is STARRED; X-GM-LABELS has Gmail's own labels as
flag-like atoms and users' labels by name (Google: IMAP extensions).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gmailkit.sandbox.imap.folders import ALL_MAIL
from gmailkit.sandbox.state.folders import Numbered
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import (
    DRAFT,
    IMPORTANT,
    INBOX,
    SENT,
    SPAM,
    STARRED,
    TRASH,
    UNREAD,
)

PERMANENT = "\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing $Phishing"
DELETED, DRAFT_FLAG, FLAGGED, SEEN, RECENT = "\\Deleted \\Draft \\Flagged \\Seen \\Recent".split()
MUTED = "MUTED"
SHOWN = {
    INBOX: "\\Inbox",
    SENT: "\\Sent",
    IMPORTANT: "\\Important",
    STARRED: "\\Starred",
    DRAFT: "\\Draft",
    TRASH: "\\Trash",
    SPAM: "\\Spam",
    MUTED: "\\Muted",
}
MEANT = {shown.lower(): label for label, shown in SHOWN.items()} | {"\\drafts": DRAFT}


@dataclass(frozen=True, slots=True)
class Marks:
    """Labels are ids; `keywords` are flags that are no labels."""

    labels: frozenset[str]
    keywords: tuple[str, ...]
    deleted: bool

    @property
    def flags(self) -> tuple[str, ...]:
        said = [*self.keywords]
        said += [FLAGGED] * (STARRED in self.labels) + [SEEN] * (UNREAD not in self.labels)
        said += [DRAFT_FLAG] * (DRAFT in self.labels) + [DELETED] * self.deleted
        return tuple(said)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of a message; labels are ids."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()
    no_keywords: frozenset[str] = frozenset()
    deleted: bool | None = None


def marks(state: State, found: Sequence[Numbered]) -> dict[int, Marks]:
    """By UID."""
    stored = [one.stored for one in found]
    labels = state.messages.labels_of_many(stored)
    keywords = state.folders.keywords(stored)
    return {
        one.uid: Marks(frozenset(labels[one.stored.n]), tuple(keywords[one.stored.n]), one.deleted)
        for one in found
    }


def added(flags: Collection[str]) -> Wish:
    """+FLAGS. \\Draft and \\Recent are the server's to give."""
    low = {flag.lower() for flag in flags}
    return Wish(
        add=frozenset((STARRED,) if FLAGGED.lower() in low else ()),
        remove=frozenset((UNREAD,) if SEEN.lower() in low else ()),
        keywords=frozenset(_keywords(flags)),
        deleted=True if DELETED.lower() in low else None,
    )


def removed(flags: Collection[str]) -> Wish:
    """-FLAGS."""
    wish = added(flags)
    return Wish(
        add=wish.remove,
        remove=wish.add,
        no_keywords=wish.keywords,
        deleted=False if wish.deleted else None,
    )


def replaced(flags: Collection[str], now: Marks) -> Wish:
    """FLAGS: those of them that were there and are not named go."""
    wish = added(flags)
    kept = {keyword.lower() for keyword in wish.keywords}
    return Wish(
        add=wish.add | (frozenset() if wish.remove else {UNREAD}),
        remove=wish.remove | (frozenset() if wish.add else {STARRED}),
        keywords=wish.keywords,
        no_keywords=frozenset(k for k in now.keywords if k.lower() not in kept),
        deleted=bool(wish.deleted),
    )


def shown(labels: Collection[str], names: dict[str, str], *, besides: str) -> list[str]:
    """The labels of X-GM-LABELS: atoms with a backslash, then names. `besides` is the label of the
    selected folder, which is left out.
    """
    left = [label for label in labels if label != besides or besides == ALL_MAIL]
    system = [said for label, said in SHOWN.items() if label in left]
    return [*system, *sorted(names[label] for label in left if label in names)]


def _keywords(flags: Collection[str]) -> list[str]:
    ours = {flag.lower() for flag in (DELETED, DRAFT_FLAG, FLAGGED, SEEN, RECENT)}
    return [flag for flag in flags if flag.lower() not in ours and flag != "\\*"]
