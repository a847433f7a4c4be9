"""What an attachment is: by its name, by what the message calls it, and by what it begins with.

A name is easily changed, so a rule looks at all three. A ZIP's list of names tells a document from
an archive; what lies packed in an archive is not looked at: forbid "archives" where that matters.
"""

from __future__ import annotations

import mimetypes
import unicodedata
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO

GROUPS = {
    "programs": frozenset(
        "exe dll scr com cpl msi msp bat cmd ps1 psm1 vbs vbe js jse mjs ws wsf wsh hta lnk pif reg"
        " jar apk app elf so macho dmg pkg sh bash py pl rb php class".split()
    ),
    "archives": frozenset(
        "zip rar 7z gz tgz bz2 xz zst lz lzma tar cab iso img arj ace z jar".split()
    ),
    "macros": frozenset("docm dotm xlsm xltm xlam xlsb pptm potm ppam ppsm".split()),
}
# What files begin with, by their formats' own documents; the names are those a rule may give.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "exe dll scr com cpl"),
    (b"\x7fELF", "elf so"),
    (b"\xfe\xed\xfa\xce", "macho"),
    (b"\xfe\xed\xfa\xcf", "macho"),
    (b"\xce\xfa\xed\xfe", "macho"),
    (b"\xcf\xfa\xed\xfe", "macho"),
    (b"\xca\xfe\xba\xbe", "class macho"),
    (b"#!", "sh bash py pl rb"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "lnk"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc xls ppt msi msg"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gz tgz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"MSCF", "cab"),
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tif tiff"),
    (b"MM\x00*", "tif tiff"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
    (b"SQLite format 3\x00", "sqlite db"),
    (b"<!doctype html", "html htm"),
    (b"<html", "html htm"),
    (b"<svg", "svg"),
)
_OFFICE = {"word/": "docx docm", "xl/": "xlsx xlsm", "ppt/": "pptx pptm"}
_IN_RIFF = {b"WAVE": "wav", b"WEBP": "webp", b"AVI ": "avi"}


@dataclass(frozen=True, slots=True)
class File:
    """An attachment as a rule sees it: endings and content types, by name and by content."""

    name: str
    size: int
    called: frozenset[str]
    found: frozenset[str]

    @classmethod
    def of(cls, name: str, content_type: str, content: bytes) -> File:
        plain = plain_name(name)
        by_name = mimetypes.guess_type(plain)[0] or ""
        called = {_ending(plain), by_name, content_type.casefold()} - {""}
        return cls(name, len(content), frozenset(called), frozenset(_found(content)))

    def is_one(self, kind: str) -> bool:
        """Whether anything about it says so: for what is forbidden."""
        return any(_matches(kind, each) for each in self.called | self.found)

    def is_wholly(self, kinds: tuple[str, ...]) -> bool:
        """Whether it goes by an allowed name, and its content does not say otherwise."""

        def allowed(names: frozenset[str]) -> bool:
            return any(_matches(kind, each) for kind in kinds for each in names)

        return allowed(self.called) and (not self.found or allowed(self.found))


def is_kind(text: str) -> bool:
    """Whether a rule may name it: an ending, a content type (image/*), a group."""
    return bool(text) and not any(letter.isspace() or letter in '\\:"<>|' for letter in text)


def plain_name(name: str) -> str:
    """A file's name without what only hides its ending."""
    return unicodedata.normalize("NFKC", name).casefold().rstrip(". \t\u202e\u200b")


def plain_kind(text: str) -> str:
    return text.casefold().removeprefix("*.").removeprefix(".")


def _matches(kind: str, name: str) -> bool:
    if kind in GROUPS:
        return name in GROUPS[kind]
    return fnmatchcase(name, kind) and ("/" in kind) == ("/" in name)


def _ending(name: str) -> str:
    return name.rpartition(".")[2] if "." in name else ""


def _found(content: bytes) -> set[str]:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n") or content[:512]
    names: set[str] = set()
    for beginning, words in _BEGINNINGS:
        if content.startswith(beginning) or start[: len(beginning)].lower() == beginning:
            names |= set(words.split())
    if content[4:8] == b"ftyp":
        names |= {"mp4", "mov", "m4a", "heic"}
    if content[:4] == b"RIFF" and content[8:12] in _IN_RIFF:
        names.add(_IN_RIFF[content[8:12]])
    if content[257:262] == b"ustar":
        names |= {"tar"}
    if content.startswith(b"PK"):
        names |= _in_zip(content)
    return names | {kind for name in names if (kind := mimetypes.guess_type(f"x.{name}")[0])}


def _in_zip(content: bytes) -> set[str]:
    """Documents of today's offices, books and Java programs are ZIPs; the names inside tell."""
    try:
        inside = zipfile.ZipFile(BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return {"zip"}
    if "[Content_Types].xml" in inside:
        macros = any(name.endswith("vbaProject.bin") for name in inside)
        for folder, names in _OFFICE.items():
            if any(name.startswith(folder) for name in inside):
                return {names.split()[macros]}
    if "META-INF/container.xml" in inside:
        return {"epub"}
    if "META-INF/MANIFEST.MF" in inside or "classes.dex" in inside:
        return {"jar", "apk", "zip"}
    if inside[:1] == ["mimetype"]:
        return {"odt", "ods", "odp", "epub"}
    return {"zip"}
