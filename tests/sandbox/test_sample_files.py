"""The sample's attachments are what their names say."""

from __future__ import annotations

import csv
import re
import struct
import zlib
from io import BytesIO, StringIO
from wave import open as open_wave
from xml.etree.ElementTree import fromstring
from zipfile import ZipFile

import pytest

from sandbox.sample_seen import seen_sample


@pytest.fixture(scope="module")
def files() -> dict[str, list[bytes]]:
    """Content of all attachments by suffix."""
    found: dict[str, list[bytes]] = {}
    for part in (part for seen in seen_sample() for part in seen.mail.walk()):
        if name := part.get_filename():
            found.setdefault(name.rpartition(".")[2], []).append(part.get_payload(decode=True))
    return found


def test_every_pdf_has_a_table_that_points_at_its_objects(files: dict[str, list[bytes]]) -> None:
    assert len(files["pdf"]) > 20
    for content in files["pdf"]:
        assert content.startswith(b"%PDF-1.4\n")
        assert content.endswith(b"%%EOF\n")
        table = int(re.findall(rb"startxref\n(\d+)\n", content)[0])
        assert content[table:].startswith(b"xref\n0 6\n")
        offsets = [int(line) for line in re.findall(rb"(\d{10}) 00000 n ", content)]
        for number, offset in enumerate(offsets, 1):
            assert content[offset:].startswith(b"%d 0 obj" % number)


def test_every_stream_of_a_pdf_is_as_long_as_it_says(files: dict[str, list[bytes]]) -> None:
    for content in files["pdf"]:
        length, at = next((int(m[1]), m.end()) for m in re.finditer(
            rb"<< /Length (\d+) >>\nstream\n", content
        ))  # fmt: skip
        assert content[at + length :].startswith(b"\nendstream")


def test_every_png_decodes_to_its_pixels(files: dict[str, list[bytes]]) -> None:
    assert len(files["png"]) >= 10
    for content in files["png"]:
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        chunks = list(_chunks(content[8:]))
        assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
        width, height = struct.unpack(">II", chunks[0][1][:8])
        assert len(zlib.decompress(chunks[1][1])) == height * (1 + 3 * width)


def _chunks(data: bytes):
    while data:
        (length,) = struct.unpack(">I", data[:4])
        kind, content = data[4:8], data[8 : 8 + length]
        assert struct.unpack(">I", data[8 + length : 12 + length])[0] == zlib.crc32(kind + content)
        yield kind, content
        data = data[12 + length :]


@pytest.mark.parametrize("suffix", ["zip", "docx"])
def test_every_zip_opens_and_is_whole(files: dict[str, list[bytes]], suffix: str) -> None:
    assert files[suffix]
    for content in files[suffix]:
        with ZipFile(BytesIO(content)) as folder:
            assert folder.testzip() is None
            assert folder.namelist()


def test_every_docx_has_its_three_parts_in_good_xml(files: dict[str, list[bytes]]) -> None:
    for content in files["docx"]:
        with ZipFile(BytesIO(content)) as folder:
            names = ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]
            assert folder.namelist() == names
            texts = [fromstring(folder.read(name)).itertext() for name in names]
            assert "".join(texts[2])


def test_every_csv_is_a_table_with_equal_rows(files: dict[str, list[bytes]]) -> None:
    assert len(files["csv"]) >= 3
    for content in files["csv"]:
        rows = list(csv.reader(StringIO(content.decode())))
        assert len({len(row) for row in rows}) == 1


def test_every_invitation_is_a_calendar_with_one_event(files: dict[str, list[bytes]]) -> None:
    methods = set()
    for content in files["ics"]:
        lines = content.decode().split("\r\n")
        assert lines[0] == "BEGIN:VCALENDAR"
        assert lines[-2:] == ["END:VCALENDAR", ""]
        assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 1
        methods |= {line for line in lines if line.startswith("METHOD:")}
    assert methods == {"METHOD:REQUEST", "METHOD:CANCEL", "METHOD:REPLY"}


def test_the_recording_is_a_sound_file_of_minutes(files: dict[str, list[bytes]]) -> None:
    (content,) = files["wav"]
    with open_wave(BytesIO(content)) as sound:
        assert sound.getnframes() / sound.getframerate() == 275


def test_the_envelope_is_well_formed_der(files: dict[str, list[bytes]]) -> None:
    (content,) = files["p7m"]
    assert content[:2] == b"\x30\x82"
    assert int.from_bytes(content[2:4], "big") == len(content) - 4


def test_a_forwarded_message_holds_a_whole_message_with_its_attachment() -> None:
    held = [
        part.get_payload(0)
        for seen in seen_sample()
        for part in seen.mail.walk()
        if part.get_content_type() == "message/rfc822"
    ]
    assert [inner["Subject"] for inner in held] == ["Offer for the boat"]
    assert [part.get_filename() for part in held[0].iter_attachments()] == ["boat.zip"]
