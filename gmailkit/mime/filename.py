"""A sender's file name to one that is safe in any folder, on any system."""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 200  # UTF-8; file systems allow 255, and " (2)" must still fit
_MAX_SUFFIX = 24  # bytes of ".tar.gz" and the like that a cut keeps
_LOOKED_AT = 2_000  # characters from either end of a monstrous name

_SLASH = re.compile(r"[/\\]+")
_DRIVE = re.compile(r"\A[A-Za-z]:")

# What people or best-fit conversions take for a slash, a backslash, a dot at an end, a blank.
_LIKE_SLASH = "\u2044\u2215\u2216\u2571\u2572\u27cb\u27cd\u29f5\u29f6\u29f8\u29f9\ufe68\uff0f\uff3c"
_LIKE_DOT = "\u2024\u2025\u2026\ufe52\uff0e\uff61"
_LIKE_BLANK = "\u115f\u1160\u2800\u3164\uffa0"

_JOINERS = "\u200c\u200d"  # part of Persian, Hindi and emoji names; all other invisibles go
_RESERVED = '<>:"|?*'  # Windows: Naming Files, Paths, and Namespaces
_ENDS = f". {_LIKE_DOT}{_JOINERS}"
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$|clock\$)", re.I)
_SUFFIX = re.compile(r"(?<=[^.])(?:\.tar)?\.[^. ]+\Z", re.I)

_SUFFIX_OF = {
    "application/gzip": ".gz", "application/json": ".json", "application/msword": ".doc",
    "application/octet-stream": ".bin", "application/pdf": ".pdf",
    "application/pgp-encrypted": ".asc", "application/pgp-keys": ".asc",
    "application/pgp-signature": ".asc", "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s", "application/rtf": ".rtf",
    "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/xml": ".xml", "application/zip": ".zip",
    "audio/mp4": ".m4a", "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/wav": ".wav",
    "audio/x-wav": ".wav", "image/bmp": ".bmp", "image/gif": ".gif", "image/heic": ".heic",
    "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/png": ".png", "image/svg+xml": ".svg",
    "image/tiff": ".tif", "image/webp": ".webp", "message/rfc822": ".eml",
    "message/delivery-status": ".txt", "text/calendar": ".ics", "text/csv": ".csv",
    "text/html": ".html", "text/markdown": ".md", "text/plain": ".txt", "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "text/xml": ".xml", "video/mp4": ".mp4", "video/mpeg": ".mpeg",
    "video/quicktime": ".mov", "video/webm": ".webm",
}  # fmt: skip


def safe_name(name: str, *, content_type: str = "") -> str:
    """One path segment: at most 200 bytes of UTF-8, visible, and no system's device.

    A path is cut to its last segment. Never empty ("attachment" and what `content_type` suggests),
    never with a dot or dash in front, a dot or blank behind, a control or bidi character, or
    anything that is or looks like a slash. Applied to its own result it changes nothing.
    """
    if len(name) > 2 * _LOOKED_AT:
        name = name[:_LOOKED_AT] + name[-_LOOKED_AT:]
    name = unicodedata.normalize("NFC", "".join(map(_visible, _last_segment(name))))
    name = " ".join(name.split()).strip(_ENDS)
    if not name:
        name = "attachment" + _SUFFIX_OF.get(content_type.lower().partition(";")[0].strip(), "")
    risky = _is_device(name) or name.startswith("-")  # `rm *` must not find an option
    return _shortened(f"_{name}" if risky else name)


def _last_segment(name: str) -> str:
    """Of "../a", "C:\\x\\a", "C:a", "\\\\host\\share\\a" and "a/": a."""
    segments = [part for part in _SLASH.split(_DRIVE.sub("", name)) if part.strip(" .")]
    return segments[-1] if segments else ""


def _visible(letter: str) -> str:
    if letter in _RESERVED or letter in _LIKE_SLASH:
        return "_"
    if letter in _LIKE_BLANK:
        return " "
    match unicodedata.category(letter):
        case "Cf":
            return letter if letter in _JOINERS else ""
        case "Cc" | "Cs" | "Zl" | "Zp":
            return "_"
    return letter


def _is_device(name: str) -> bool:
    """Windows opens CON, con.txt and "con .txt" as the console, and COM¹ as a port."""
    stem = unicodedata.normalize("NFKC", name.partition(".")[0]).strip()
    return bool(_DEVICE.fullmatch(stem))


def _shortened(name: str) -> str:
    """Cut between characters, in front of the suffix."""
    found = _SUFFIX.search(name)
    suffix = found[0] if found and len(found[0].encode()) <= _MAX_SUFFIX else ""
    return fitted(name.removesuffix(suffix), suffix, MAX_BYTES)


def fitted(stem: str, suffix: str, most: int = 255) -> str:
    """`stem` with `suffix` behind it, in at most so many bytes (as file systems allow): cut between
    characters, with no dot or blank at the cut.
    """
    if len((stem + suffix).encode()) <= most:
        return stem + suffix
    room = most - len(suffix.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(_ENDS) + suffix
