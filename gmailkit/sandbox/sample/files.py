"""Small files that are what their names say: a reader of each kind opens them.

Nothing is deflated, since the bytes must not depend on a version of zlib.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from gmailkit.model.mail import Attachment

_STORED = 65535  # the longest stored block of RFC 1951 section 3.2.4


def pdf(filename: str, lines: Sequence[str]) -> Attachment:
    """One A4 page with the lines in Helvetica (PDF 1.4, no compression)."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
    content = _pdf_text(lines)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page + b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    return Attachment(filename, _pdf_file(objects), "application/pdf")


def _pdf_text(lines: Sequence[str]) -> bytes:
    shown = [b"BT /F1 11 Tf 16 TL 56 780 Td"]
    for line in lines:
        text = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        shown.append(b"(%s) Tj T*" % text.encode("cp1252", "replace"))
    return b"\n".join([*shown, b"ET"])


def _pdf_file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def png(filename: str, *, width: int, height: int, color: int, content_id: str = "") -> Attachment:
    """A picture that fades from `color` (0xRRGGBB) to white; inline when it has a content id."""
    rows = b"".join(_png_row(width, color, row / height) for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", _stored(rows)) + _chunk(b"IEND", b"")
    content = b"\x89PNG\r\n\x1a\n" + chunks
    return Attachment(filename, content, "image/png", content_id, bool(content_id))


def _png_row(width: int, color: int, fade: float) -> bytes:
    red, green, blue = color >> 16, color >> 8 & 255, color & 255
    pixel = bytes(int(part + (255 - part) * fade) for part in (red, green, blue))
    return b"\0" + pixel * width  # filter type 0, then the pixels


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def _stored(data: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1950, RFC 1951)."""
    out = bytearray(b"\x78\x01")
    for at in range(0, len(data), _STORED):
        block = data[at : at + _STORED]
        last = at + _STORED >= len(data)
        out += struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block
    return bytes(out + struct.pack(">I", zlib.adler32(data)))


def csv(filename: str, rows: Iterable[Sequence[object]]) -> Attachment:
    text = "\r\n".join(",".join(str(cell) for cell in row) for row in rows) + "\r\n"
    return Attachment(filename, text.encode(), "text/csv")


def text_file(filename: str, text: str) -> Attachment:
    return Attachment(filename, text.encode(), "text/plain")


def docx(filename: str, paragraphs: Sequence[str]) -> Attachment:
    """A word processor's document: the three parts without which it does not open."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    body = "".join(f"<w:p><w:r><w:t>{_xml(text)}</w:t></w:r></w:p>" for text in paragraphs)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels"'
        f' ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override'
        f' PartName="/word/document.xml" ContentType="{main}.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
        f' Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
    }
    return Attachment(filename, zip_bytes(parts), main)


def archive(filename: str, parts: dict[str, str]) -> Attachment:
    return Attachment(filename, zip_bytes(parts), "application/zip")


def zip_bytes(parts: dict[str, str]) -> bytes:
    """A zip file of stored entries with one fixed date: the same parts give the same bytes."""
    from io import BytesIO
    from zipfile import ZipFile, ZipInfo

    out = BytesIO()
    with ZipFile(out, "w") as folder:
        for name, text in parts.items():
            entry = ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.create_system = 3  # else it says which system we run on
            folder.writestr(entry, text)
    return out.getvalue()


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def ics(
    *, method: str, uid: str, start: datetime, minutes: int, summary: str, people: Sequence[str]
) -> Attachment:
    """An iCalendar invitation (RFC 5545, RFC 5546) named invite.ics; the first person invites."""
    text = "".join(
        f"{line}\r\n" for line in _ics_lines(method, uid, start, minutes, summary, people)
    )
    kind = f'text/calendar; charset="utf-8"; method={method}'
    return Attachment("invite.ics", text.encode(), kind)


def _ics_lines(
    method: str, uid: str, start: datetime, minutes: int, summary: str, people: Sequence[str]
) -> Iterator[str]:
    from datetime import timedelta

    yield "BEGIN:VCALENDAR"
    yield "PRODID:-//Example//Calendar//EN"
    yield "VERSION:2.0"
    yield f"METHOD:{method}"
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}"
    yield f"DTSTART:{start:%Y%m%dT%H%M%SZ}"
    yield f"DTEND:{start + timedelta(minutes=minutes):%Y%m%dT%H%M%SZ}"
    yield f"DTSTAMP:{start - timedelta(days=3):%Y%m%dT%H%M%SZ}"
    yield f"SUMMARY:{summary}"
    yield f"ORGANIZER:mailto:{people[0]}"
    yield from (f"ATTENDEE:mailto:{person}" for person in people[1:])
    yield f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}"
    yield "END:VEVENT"
    yield "END:VCALENDAR"


def wav(filename: str, *, seconds: int) -> Attachment:
    """A hum of 220 Hz, 16 bit, mono, 8 kHz: 16,000 bytes a second, made by repetition."""
    rate = 8000
    wave = [min(step, 36 - step) for step in range(36)]  # one triangle is a period of 222 Hz
    period = struct.pack("<36h", *((high - 9) * 800 for high in wave))
    size = rate * 2 * seconds
    sound = (period * (size // len(period) + 1))[:size]
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE")
    content = riff + form + struct.pack("<4sI", b"data", size) + sound
    return Attachment(filename, content, "audio/x-wav")


def eml(raw: bytes) -> Attachment:
    """A message inside a message; programs give it no file name, its own subject is its name."""
    return Attachment("", raw, "message/rfc822")
