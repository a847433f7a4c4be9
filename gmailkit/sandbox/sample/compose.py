"""A letter as bytes, in the manner of the program that wrote it (RFC 5322, RFC 2045 to 2047).

Written by hand, not with the client's builder: real programs differ from one another, and a
sandbox that shared the builder could not find its mistakes.
"""

from __future__ import annotations

from binascii import b2a_base64, b2a_qp
from dataclasses import dataclass
from urllib.parse import quote

from gmailkit.model.mail import Attachment
from gmailkit.sandbox.sample.headers import addresses_text, date_text, encoded, field
from gmailkit.sandbox.sample.letter import Letter, token
from gmailkit.sandbox.sample.trail import trail

_PLAIN_LINE = 200  # programs encode a text with longer lines, though RFC 5322 allows 998
_BASE64_LINE = 76


@dataclass(frozen=True, slots=True)
class _Part:
    """A MIME entity: its content fields and its encoded content, with CRLF line ends."""

    fields: tuple[tuple[str, str], ...]
    content: bytes


def write(letter: Letter) -> bytes:
    """The whole message: what servers put on top, its own header, its body."""
    if letter.as_is:
        return letter.as_is
    body = _body(letter)
    stamped = b"".join(field(name, value, indent="        ") for name, value in trail(letter))
    indent = letter.producer.indent
    own = b"".join(field(n, v, indent=indent) for n, v in _header(letter, body))
    return stamped + own + b"\r\n" + body.content


def _header(letter: Letter, body: _Part) -> list[tuple[str, str]]:
    """All fields in the program's own order; those it does not order come last."""
    fields = {**_standard(letter), **dict(letter.producer.headers), **letter.headers}
    fields.update(body.fields)
    ordered = [name for name in letter.producer.order if name in fields]
    rest = [name for name in fields if name not in letter.producer.order]
    return [(name, fields[name]) for name in [*ordered, *rest]]


def _standard(letter: Letter) -> dict[str, str]:
    charset, words = letter.charset, letter.producer.words
    people = {"From": (letter.sender,), "To": letter.to, "Cc": letter.cc, "Bcc": letter.bcc}
    fields = {
        name: addresses_text(some, charset=charset, words=words)
        for name, some in people.items()
        if some
    }
    fields["Subject"] = encoded(letter.subject, charset=charset, words=words)
    fields["Date"] = date_text(letter.written or letter.date, letter.zone)
    fields["Message-ID"] = letter.message_id
    if letter.refs:
        fields["In-Reply-To"] = letter.refs[-1]
        fields["References"] = " ".join(letter.refs)
    fields["MIME-Version"] = "1.0"
    return fields


def _body(letter: Letter) -> _Part:
    """text, alternative, related, mixed: from the inside to the outside, as far as needed."""
    pictures = [file for file in letter.files if file.inline]
    files = [file for file in letter.files if not file.inline]
    shown = _html(letter, pictures) if letter.html else None
    if shown is None:
        shown = _text(letter, letter.producer.plain, letter.text)
    elif letter.text:
        plain = _text(letter, letter.producer.plain, letter.text)
        shown = _multipart(letter, "alternative", [plain, shown])
    if not files:
        return shown
    return _multipart(letter, "mixed", [shown, *(_file(letter, file) for file in files)])


def _html(letter: Letter, pictures: list[Attachment]) -> _Part:
    page = _text(letter, 'text/html; charset="{charset}"', letter.html)
    if not pictures:
        return page
    return _multipart(letter, "related", [page, *(_file(letter, one) for one in pictures)])


def _text(letter: Letter, content_type: str, text: str) -> _Part:
    octets = text.encode(letter.charset)
    kind = ("Content-Type", content_type.format(charset=letter.charset))
    if octets.isascii() and max(map(len, octets.split(b"\n"))) <= _PLAIN_LINE:
        return _Part((kind, ("Content-Transfer-Encoding", "7bit")), _crlf(octets))
    encoding = letter.producer.encoding
    if encoding == "quoted-printable":
        content = _crlf(b2a_qp(octets, istext=True))
    elif encoding == "base64":
        content = _base64(_crlf(octets))
    else:
        content = _crlf(octets)
    return _Part((kind, ("Content-Transfer-Encoding", encoding)), content)


def _file(letter: Letter, file: Attachment) -> _Part:
    name = _file_name(letter, file.filename)
    disposition = "inline" if file.inline else "attachment"
    fields = [("Content-Type", file.content_type + _parameter("name", name))]
    if file.content_type == "message/rfc822":  # may not be encoded (RFC 2046 section 5.2.1)
        fields.append(("Content-Disposition", disposition))
        return _Part(tuple(fields), file.content)
    fields.append(("Content-Disposition", disposition + _parameter("filename", name)))
    fields.append(("Content-Transfer-Encoding", "base64"))
    if file.content_id:
        fields.append(("Content-ID", f"<{file.content_id}>"))
    return _Part(tuple(fields), _base64(file.content))


def _file_name(letter: Letter, name: str) -> str:
    if name.isascii():
        return f'"{name}"'
    if letter.producer.file_names == "2047":  # forbidden by RFC 2047 section 5, and common
        return f'"{encoded(name, charset="utf-8", words="B")}"'
    return "utf-8''" + quote(name, safe="")


def _parameter(key: str, value: str) -> str:
    star = "" if value.startswith('"') else "*"
    return f"; {key}{star}={value}" if value != '""' else ""


def _multipart(letter: Letter, kind: str, parts: list[_Part]) -> _Part:
    digits = token(f"{kind} {letter.key}", 32)
    boundary = letter.producer.boundary.format(digits=digits)
    indent = letter.producer.indent
    lines: list[bytes] = []
    for part in parts:
        header = b"".join(field(name, value, indent=indent) for name, value in part.fields)
        lines.append(b"--" + boundary.encode() + b"\r\n" + header + b"\r\n" + part.content)
    closing = b"--" + boundary.encode() + b"--\r\n"
    content = b"\r\n".join([*lines, closing])
    return _Part((("Content-Type", f'multipart/{kind}; boundary="{boundary}"'),), content)


def _crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _base64(octets: bytes) -> bytes:
    """In lines of 76; one call for the whole, since one message has megabytes of it."""
    text = b2a_base64(octets, newline=False)
    starts = range(0, len(text), _BASE64_LINE)
    return b"\r\n".join([text[at : at + _BASE64_LINE] for at in starts]) + b"\r\n"
