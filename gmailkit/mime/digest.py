"""Whether two messages say the same: a digest of their content.

What Gmail does to a message that it keeps or sends leaves the digest as it is: another Message-ID,
Date and From, headers of its own, other line ends and boundaries, another transfer encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Protocol

from gmailkit.mime.charset import decode_text
from gmailkit.mime.parameter import parse_value
from gmailkit.mime.parse import parse_headers
from gmailkit.mime.structure import Part, Structure, read_structure
from gmailkit.mime.transfer import decode_transfer
from gmailkit.model.mail import Mail

_SENDER = ("from", "sender", "reply-to")


class _Hash(Protocol):
    def update(self, data: bytes, /) -> object: ...


def digest_of(raw: bytes) -> str:
    """64 hexadecimal digits over recipients, subject, In-Reply-To, texts and attachments.

    Recipients count by their addresses, in order. Blanks at line ends and empty lines at the end
    of a text do not count. Never raises; parts are decoded one at a time.
    """
    found = sha256()
    for name, value in _header(parse_headers(raw)):
        _add(found, name, value.encode("utf-8", "replace"))
    structure = read_structure(raw)
    for part in _leaves(structure.root):
        name = _filename(structure, part)
        _add(found, f"{part.content_type.lower()} {name}", _content(structure, part))
    return found.hexdigest()


def digest_with_sender(raw: bytes) -> str:
    """The same over who it says it is from, too, and where answers and copies go: what somebody
    who approves it has seen. Gmail changes From when it keeps or sends a message.
    """
    found = sha256(digest_of(raw).encode())
    for name, value in parse_headers(raw).headers:
        name = name.strip().lower()
        if name in _SENDER or name.startswith("resent-"):
            _add(found, name, " ".join(value.split()).encode("utf-8", "replace"))
    return found.hexdigest()


def _header(mail: Mail) -> Iterator[tuple[str, str]]:
    for name, people in (("to", mail.to), ("cc", mail.cc), ("bcc", mail.bcc)):
        yield name, " ".join(person.email.casefold() for person in people)
    yield "subject", " ".join(mail.subject.split())
    yield "in-reply-to", "".join(mail.in_reply_to.split())


def _add(found: _Hash, name: str, value: bytes) -> None:
    """Lengths stand before both, so that no two lists of values look alike."""
    label = name.encode("utf-8", "replace")
    found.update(b"%d %d " % (len(label), len(value)) + label)
    found.update(value)


def _leaves(part: Part) -> Iterator[Part]:
    if not part.children:
        yield part
    for child in part.children:
        yield from _leaves(child)


def _filename(structure: Structure, part: Part) -> str:
    _, parameters = parse_value(part.value("Content-Disposition", charset=structure.charset()))
    return parameters.get("filename") or part.parameters.get("name", "")


def _content(structure: Structure, part: Part) -> bytes:
    encoding = part.value("Content-Transfer-Encoding").strip().lower()
    content, _ = decode_transfer(structure.body(part), encoding)
    if part.main_type == "text":
        text = decode_text(content, part.parameters.get("charset", ""))
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return "\n".join(line.rstrip() for line in lines).rstrip("\n").encode()
    if part.main_type == "message":
        return content.replace(b"\r\n", b"\n").rstrip(b"\n")
    return sha256(content).digest()
