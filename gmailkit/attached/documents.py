"""The words of one document; run where it may neither take long nor much: in `worker`.

Files are strangers'. What is unpacked is counted before, no reference out of a file is followed,
and no formula or script is run. Each reader gives pieces of text until somebody has enough.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from io import BytesIO
from typing import Any, Final

from gmailkit.attached.kinds import Kind

MOST_UNPACKED: Final = 150 << 20  # bytes of all parts of a zipped document
MOST_RATIO: Final = 200  # of them to those of the file
_WORDS: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWN: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_ODF: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"


class Unreadable(Exception):
    """Why, as a short text."""


def pieces(kind: Kind, content: bytes) -> Iterator[str]:
    """The text, piece by piece. Raises Unreadable, and whatever a library raises on a broken
    file.
    """
    if content.startswith(b"PK"):
        _check_unpacked(content)
    yield from _READERS[kind](content)


def load(kind: Kind) -> None:
    """Import what that kind is read with. Raises ImportError without gmailkit[text]."""
    import_module(_LIBRARIES[kind])


def _check_unpacked(content: bytes) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        size = sum(part.file_size for part in archive.infolist())
        if any(part.flag_bits & 1 for part in archive.infolist()):
            raise Unreadable("encrypted")
    if size > MOST_UNPACKED or (size > 1 << 20 and size > MOST_RATIO * len(content)):
        raise Unreadable("too large unpacked")


def _pdf(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted")
    for page in reader.pages:
        yield page.extract_text()


def _word(content: bytes) -> Iterator[str]:
    from docx import Document
    from docx.oxml.parser import parse_xml

    package = Document(BytesIO(content)).part.package
    for part in package.iter_parts():
        if ".wordprocessingml." in part.content_type:  # text, headers, footnotes, comments
            element: Any = getattr(part, "element", None)
            root = parse_xml(part.blob) if element is None else element
            yield from _paragraphs(root, f"{_WORDS}p", f"{_WORDS}t")


def _slides(content: bytes) -> Iterator[str]:
    from pptx import Presentation

    for slide in Presentation(BytesIO(content)).slides:
        shown = [slide, slide.notes_slide] if slide.has_notes_slide else [slide]
        for each in shown:
            yield from _paragraphs(each.element, f"{_DRAWN}p", f"{_DRAWN}t")


def _paragraphs(root: Any, paragraph: str, text: str) -> Iterator[str]:
    for each in root.iter(paragraph):
        yield "".join(piece.text or "" for piece in each.iter(text))


def _sheet(content: bytes) -> Iterator[str]:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    for sheet in book.worksheets:
        yield str(sheet.title)
        for row in sheet.iter_rows(values_only=True):
            yield " ".join(str(value) for value in row if value is not None)


def _open(content: bytes) -> Iterator[str]:
    from docx.oxml.parser import parse_xml

    with zipfile.ZipFile(BytesIO(content)) as archive:
        root = parse_xml(archive.read("content.xml"))
    for each in root.iter(f"{_ODF}p", f"{_ODF}h"):
        yield "".join(map(str, each.itertext()))


_READERS: Final[dict[Kind, Callable[[bytes], Iterable[str]]]] = {
    Kind.PDF: _pdf,
    Kind.WORD: _word,
    Kind.SHEET: _sheet,
    Kind.SLIDES: _slides,
    Kind.OPEN: _open,
}
_LIBRARIES: Final = {
    Kind.PDF: "pypdf",
    Kind.WORD: "docx",
    Kind.SHEET: "openpyxl",
    Kind.SLIDES: "pptx",
    Kind.OPEN: "docx",
}
