"""The marks of a message, each under one name: what Gmail, IMAP and Maildir call them.

here       Gmail             IMAP (RFC 9051 section 2.3.2)   Maildir
seen       without UNREAD    \\Seen                           S
flagged    STARRED           \\Flagged                        F
answered                     \\Answered                       R
draft      DRAFT             \\Draft                          D
forwarded                    $Forwarded                      P ("passed")
"""

from __future__ import annotations

from collections.abc import Iterable

MAILDIR = {"draft": "D", "flagged": "F", "forwarded": "P", "answered": "R", "seen": "S"}
IMAP = {
    "seen": "\\Seen",
    "flagged": "\\Flagged",
    "answered": "\\Answered",
    "draft": "\\Draft",
    "forwarded": "$Forwarded",
}
EVERY = frozenset(MAILDIR)
_GMAIL = {"STARRED": "flagged", "DRAFT": "draft"}
_UNREAD = "UNREAD"


def from_gmail(labels: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """(labels that are places or names, flags) of Gmail's labels."""
    every = frozenset(labels)
    flags = {flag for label, flag in _GMAIL.items() if label in every}
    if _UNREAD not in every:
        flags.add("seen")
    return every.difference(_GMAIL, {_UNREAD}), frozenset(flags)


def to_gmail(labels: Iterable[str], flags: Iterable[str]) -> frozenset[str]:
    """Gmail's labels for both; what it has no label for is left out."""
    marked = frozenset(flags)
    found = {label for label, flag in _GMAIL.items() if flag in marked}
    return frozenset(labels) | found | (frozenset() if "seen" in marked else {_UNREAD})


def from_maildir(letters: Iterable[str]) -> frozenset[str]:
    """Letters that are not in the table (a program's own) are passed over."""
    names = {letter: flag for flag, letter in MAILDIR.items()}
    return frozenset(names[letter] for letter in letters if letter in names)


def to_maildir(flags: Iterable[str]) -> str:
    """In the order of the alphabet, as the format demands."""
    return "".join(sorted(MAILDIR[flag] for flag in flags if flag in MAILDIR))


def from_imap(words: Iterable[str]) -> frozenset[str]:
    """System flags and keywords, whichever way they are written; others are passed over."""
    names = {word.lower(): flag for flag, word in IMAP.items()}
    return frozenset(names[word.lower()] for word in words if word.lower() in names)


def to_imap(flags: Iterable[str]) -> frozenset[str]:
    return frozenset(IMAP[flag] for flag in flags if flag in IMAP)
