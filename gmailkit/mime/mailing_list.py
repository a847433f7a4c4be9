"""What a message says of the list that it came by: List-Id (RFC 2919), the ways out of
List-Unsubscribe (RFC 2369) and List-Unsubscribe-Post (RFC 8058), a mailto: address (RFC 6068).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

import msgspec

from gmailkit.errors import UsageError
from gmailkit.mime.address import check_address
from gmailkit.mime.header import decode

SCHEMES = ("https", "http", "mailto")
MOST_WAYS = 8
_LONGEST = 16_384  # characters of a field that are looked at
_LONGEST_SUBJECT = 500  # characters of what a list may have us write
_LONGEST_BODY = 4_000
_ID = re.compile(r"[a-z0-9](?:[a-z0-9._+=~-]{0,253}[a-z0-9])?")  # what a search can take, no more
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class ListId(msgspec.Struct, frozen=True):
    """`id` in lower case; "" where the field holds none that is sound. `name` is for people."""

    id: str
    name: str = ""


class MailTo(msgspec.Struct, frozen=True):
    """Whom to write to, and what. One address; other fields of the URI are not taken from it."""

    to: str
    subject: str = ""
    body: str = ""


def list_id(value: str) -> ListId:
    """What stands in angle brackets, or alone, and the words before it. Never raises."""
    text = decode(value[:_LONGEST])
    before, bracket, rest = text.rpartition("<")
    id = (rest.partition(">")[0] if bracket else text).strip().casefold()
    if not _ID.fullmatch(id):
        return ListId("")
    return ListId(id, " ".join(before.replace('"', " ").split()))


def ways_out(value: str) -> tuple[str, ...]:
    """The URIs in angle brackets, in order, without blanks and comments; https:, http: and mailto:
    alone, and not without end. What stands outside of brackets does not count. Never raises.
    """
    found: dict[str, None] = {}
    for text in _bracketed(decode(value[:_LONGEST])):
        uri = "".join(text.split())
        scheme, colon, rest = uri.partition(":")
        if colon and rest and scheme.casefold() in SCHEMES and not _CONTROL.search(uri):
            found[f"{scheme.casefold()}:{rest}"] = None
        if len(found) == MOST_WAYS:
            break
    return tuple(found)


def is_one_click(values: Sequence[str]) -> bool:
    """Whether the one List-Unsubscribe-Post field says so; of several nobody knows which counts."""
    return len(values) == 1 and decode(values[0]).casefold() == "list-unsubscribe=one-click"


def read_mailto(uri: str) -> MailTo:
    """Raises UsageError for what is not one sound address, or would write header lines of its own.

    Cc, bcc and all other fields are passed over (RFC 6068 section 4 lets them be).
    """
    rest = uri.partition(":")[2].partition("#")[0]
    address, _, query = rest.partition("?")
    fields: dict[str, str] = {}
    for part in query.replace("&amp;", "&").split("&"):
        name, _, value = part.partition("=")
        fields.setdefault(_decoded(name).casefold(), value)
    to, also = _decoded(address).strip(), _decoded(fields.get("to", "")).strip()
    if to and also:
        raise UsageError("It names several recipients.")
    found = check_address(to or also)
    if found.email != (to or also):
        raise UsageError("It names more than a plain address.")
    subject = _decoded(fields.get("subject", ""))
    if _CONTROL.search(subject) or len(subject) > _LONGEST_SUBJECT:
        raise UsageError("Its subject is too long, or holds a line break.")
    body = _decoded(fields.get("body", "")).replace("\r\n", "\n")
    if _CONTROL.search(body.replace("\n", "").replace("\t", "")) or len(body) > _LONGEST_BODY:
        raise UsageError("Its text is too long, or holds control characters.")
    return MailTo(found.email, subject, body)


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise UsageError("It is not UTF-8.") from None


def _bracketed(text: str) -> Iterator[str]:
    """A parenthesis inside brackets belongs to the URI; outside it is a comment."""
    depth, start = 0, -1
    for place, character in enumerate(text):
        if start >= 0:
            if character == ">":
                yield text[start:place]
                start = -1
            elif character == "<":  # one that was not closed
                start = place + 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= depth > 0
        elif character == "<" and not depth:
            start = place + 1
