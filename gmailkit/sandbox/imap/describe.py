"""ENVELOPE and BODYSTRUCTURE of a message (RFC 3501 section 7.4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import getaddresses

from gmailkit.mime.parameter import parse_value
from gmailkit.sandbox.headers import Field
from gmailkit.sandbox.imap import answer
from gmailkit.sandbox.imap.answer import NIL
from gmailkit.sandbox.tree import Part

_LONGEST_ADDRESSES = 50_000
_MOST_FIELDS = 5_000


def envelope(fields: Iterable[Field]) -> bytes:
    """Values as they stand in the header, unfolded and not decoded."""
    said: dict[str, str] = {}
    for field in fields:
        said.setdefault(field.name.lower(), field.value)
    sender = _addresses(said.get("from"))
    return answer.listed(
        (
            _text(said.get("date")),
            _text(said.get("subject")),
            sender,
            _addresses(said.get("sender")) if said.get("sender") else sender,
            _addresses(said.get("reply-to")) if said.get("reply-to") else sender,
            *(_addresses(said.get(name)) for name in ("to", "cc", "bcc")),
            _text(said.get("in-reply-to")),
            _text(said.get("message-id")),
        )
    )


def structure(part: Part, raw: bytes, *, extended: bool) -> bytes:
    """BODYSTRUCTURE, or BODY without the extension data."""
    if part.container:
        return _multipart(part, raw, extended=extended)
    said = _said(part)
    kind, _, subtype = part.mime_type.partition("/")
    _, parameters = parse_value(said.get("content-type", ""))
    if part.mime_type == "text/plain" and not parameters:
        parameters = {"charset": "US-ASCII"}
    body = raw[part.body : part.end]
    items = [
        answer.string(kind.upper().encode()),
        answer.string(subtype.upper().encode("utf-8", "replace")),
        _parameters(parameters),
        _text(said.get("content-id")),
        _text(said.get("content-description")),
        answer.string((part.encoding or "7bit").upper().encode("utf-8", "replace")),
        b"%d" % len(body),
    ]
    if part.mime_type == "message/rfc822" and part.parts:
        [inner] = part.parts
        items += [envelope(inner.fields), structure(inner, raw, extended=extended)]
    if kind == "text" or (part.mime_type == "message/rfc822" and part.parts):
        items.append(b"%d" % body.count(b"\n"))
    if extended:
        items += [_text(said.get("content-md5")), *_extension(said)]
    return answer.listed(items)


def _multipart(part: Part, raw: bytes, *, extended: bool) -> bytes:
    said = _said(part)
    inner = b"".join(structure(one, raw, extended=extended) for one in part.parts)
    subtype = answer.string(part.mime_type.partition("/")[2].upper().encode("utf-8", "replace"))
    items = [inner, subtype]
    if extended:
        items += [_parameters(parse_value(said.get("content-type", ""))[1]), *_extension(said)]
    return answer.listed(items)


def _said(part: Part) -> dict[str, str]:
    said: dict[str, str] = {}
    for field in part.fields[:_MOST_FIELDS]:
        said.setdefault(field.name.lower(), field.value)
    return said


def _extension(said: dict[str, str]) -> list[bytes]:
    """Disposition, language, location."""
    disposition = NIL
    if value := said.get("content-disposition"):
        word, parameters = parse_value(value)
        disposition = answer.listed((_text(word.upper()), _parameters(parameters)))
    return [disposition, _text(said.get("content-language")), _text(said.get("content-location"))]


def _parameters(parameters: Mapping[str, str]) -> bytes:
    said = [_text(piece) for pair in parameters.items() for piece in (pair[0].upper(), pair[1])]
    return answer.listed(said) if said else NIL


def _addresses(value: str | None) -> bytes:
    found = getaddresses([value[:_LONGEST_ADDRESSES]]) if value else []
    said = []
    for name, address in found:
        local, at, host = address.rpartition("@")
        mailbox, host = (local, host) if at else (host, "")
        if mailbox or name:
            pieces = (_text(name or None), NIL, _text(mailbox), _text(host or ".MISSING-HOST."))
            said.append(answer.listed(pieces))
    return b"(" + b"".join(said) + b")" if said else NIL


def _text(value: str | None) -> bytes:
    return answer.nstring(None if value is None else value.encode("utf-8", "replace"))
