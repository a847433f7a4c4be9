"""A message's bytes to `Mail`; broken mail is still mail."""

from __future__ import annotations

import re

from gmailkit.mime.address import parse_addresses
from gmailkit.mime.contents import Contents, collect
from gmailkit.mime.date import parse_date
from gmailkit.mime.header import decode, unfold
from gmailkit.mime.structure import Structure, read_header, read_structure
from gmailkit.model.mail import Address, Mail

_MESSAGE_ID = re.compile(r"<[^<>]++>")


def parse(raw: bytes) -> Mail:
    """What a message says: header, text, HTML, attachments.

    Never raises, and stays within time and memory whatever `raw` is. What a strict parser would
    refuse, and what was left out because it was too much, is named in `.defects`.
    """
    structure = read_structure(raw)
    return _mail(structure, collect(structure))


def parse_headers(raw: bytes) -> Mail:
    """The header of a message alone: no text, no attachments. `raw` may end with its header."""
    return _mail(read_header(raw), Contents())


def _mail(structure: Structure, contents: Contents) -> Mail:
    header = _Header(structure)
    date = parse_date(header.text("date"))
    if not date and header.text("date"):
        structure.defects["the Date header is no date"] = None
    return Mail(
        sender=next(iter(header.addresses("from")), None),
        to=header.addresses("to"),
        cc=header.addresses("cc"),
        bcc=header.addresses("bcc"),
        reply_to=header.addresses("reply-to"),
        subject=header.text("subject"),
        date=date,
        message_id=header.text("message-id"),
        in_reply_to=header.text("in-reply-to"),
        references=header.ids("references"),
        headers=header.all(),
        text=contents.text,
        html=contents.html,
        attachments=contents.attachments,
        defects=tuple(structure.defects),
    )


class _Header:
    """The root's header fields by name, as text."""

    def __init__(self, structure: Structure) -> None:
        self._fields = structure.root.fields
        self._charset = structure.charset()
        self._raw: dict[str, list[bytes]] = {}
        for name, value in self._fields:
            self._raw.setdefault(name.lower(), []).append(value)

    def text(self, name: str) -> str:
        values = self._raw.get(name)
        return decode(values[0], charset=self._charset) if values else ""

    def addresses(self, name: str) -> tuple[Address, ...]:
        """Of all fields of that name: RFC 5322 allows one, mailers write several."""
        values = self._raw.get(name, ())
        lines = [unfold(value, charset=self._charset) for value in values]
        return tuple(address for line in lines for address in parse_addresses(line))

    def ids(self, name: str) -> tuple[str, ...]:
        text = self.text(name)
        found = _MESSAGE_ID.findall(text) or text.split()
        return tuple("".join(one.split()) for one in found)

    def all(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, decode(value, charset=self._charset)) for name, value in self._fields)
