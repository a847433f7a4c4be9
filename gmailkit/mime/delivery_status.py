"""Reports about mail that did not arrive, or not yet (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gmailkit.mime.header import decode
from gmailkit.mime.structure import Part, Structure, read_header, read_structure
from gmailkit.mime.transfer import decode_transfer

_TYPES = ("message/delivery-status", "message/global-delivery-status")  # RFC 6533 section 3
_BLOCK = re.compile(rb"(?:\r?\n){2,}")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>;,]+@[^\s<>;,]+")
_MOST = 1_000  # recipients of one report


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one recipient. `action` is failed, delayed, delivered, relayed or expanded;
    `status` is as in RFC 3463 ("5.1.1"), `why` what the server said. Unknown is "".
    """

    recipient: str
    action: str
    status: str = ""
    why: str = ""


def deliveries(raw: bytes) -> tuple[Delivery, ...]:
    """Each recipient that a report is about; () for mail that is no report. Never raises.

    Without the part for programs, Gmail's X-Failed-Recipients tells whom it is about.
    """
    structure = read_structure(raw)
    found = [each for part in _parts(structure) for each in _of_part(structure, part)]
    if not found:
        failed = _ADDRESS.findall(decode(structure.root.value("X-Failed-Recipients")))
        found = [Delivery(recipient=each, action="failed") for each in failed]
    return tuple(found[:_MOST])


def _parts(structure: Structure) -> Iterator[Part]:
    waiting = [structure.root]
    while waiting:
        part = waiting.pop()
        waiting += reversed(part.children)
        if part.content_type in _TYPES:
            yield part


def _of_part(structure: Structure, part: Part) -> Iterator[Delivery]:
    """The first block is about the message, each other about one recipient."""
    encoding = part.value("Content-Transfer-Encoding").strip().lower()
    content, _ = decode_transfer(structure.body(part), encoding)
    for block in _BLOCK.split(content.strip()):
        fields = read_header(block.strip() + b"\n\n").root
        whom = fields.value("Final-Recipient") or fields.value("Original-Recipient")
        address = _ADDRESS.search(decode(whom.partition(";")[2] or whom))
        if address:
            status = _STATUS.search(fields.value("Status"))
            said = fields.value("Diagnostic-Code")
            yield Delivery(
                recipient=address[0],
                action=fields.value("Action").split(";")[0].strip().lower() or "failed",
                status=status[1] if status else "",
                why=" ".join(decode(said.partition(";")[2] or said).split()),
            )
