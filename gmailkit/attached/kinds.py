"""Of which kind an attached file is, as far as its text can be read."""

from __future__ import annotations

from enum import StrEnum

from gmailkit.model.mail import Attachment


class Kind(StrEnum):
    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    WORD = "docx"
    SHEET = "xlsx"
    SLIDES = "pptx"
    OPEN = "odf"

    @property
    def is_plain(self) -> bool:
        """Whether it is read without a library, and without harm."""
        return self in (Kind.TEXT, Kind.HTML)


_ENDINGS = {
    **dict.fromkeys(
        "txt text md markdown csv tsv log json xml yaml yml ini rst tex".split(), Kind.TEXT
    ),
    **dict.fromkeys("ics vcf diff patch sql py js css sh srt".split(), Kind.TEXT),
    **dict.fromkeys(("html", "htm", "xhtml"), Kind.HTML),
    **dict.fromkeys(("docx", "docm", "dotx"), Kind.WORD),
    **dict.fromkeys(("xlsx", "xlsm", "xltx"), Kind.SHEET),
    **dict.fromkeys(("pptx", "pptm", "ppsx", "potx"), Kind.SLIDES),
    **dict.fromkeys(("odt", "ods", "odp", "ott", "odg"), Kind.OPEN),
}
_TYPES = {
    "application/pdf": Kind.PDF,
    "application/json": Kind.TEXT,
    "application/xml": Kind.TEXT,
    "text/html": Kind.HTML,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.WORD,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Kind.SHEET,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": Kind.SLIDES,
}
_OPEN = "application/vnd.oasis.opendocument."
_LOOKED_AT = 8_192
_ZIPPED = (Kind.WORD, Kind.SHEET, Kind.SLIDES, Kind.OPEN)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how it begins; it is full of NULs


def kind_of(attachment: Attachment) -> Kind | None:
    """By its bytes, its name and its type, in this order; None for what holds no text."""
    head = attachment.content[:_LOOKED_AT]
    if b"%PDF-" in head[:1024]:
        return Kind.PDF
    type = attachment.content_type.lower().partition(";")[0].strip()
    said = _ENDINGS.get(attachment.filename.lower().rpartition(".")[2]) or _of_type(type)
    if head.startswith(b"PK\x03\x04"):
        return said if said in _ZIPPED else None
    if said is None or not said.is_plain or (b"\0" in head and not head.startswith(UTF_16)):
        return None
    return said


def _of_type(type: str) -> Kind | None:
    if type.startswith(_OPEN):
        return Kind.OPEN
    return _TYPES.get(type) or (Kind.TEXT if type.startswith("text/") else None)
