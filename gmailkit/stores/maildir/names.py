"""Labels as the folders of a Maildir, one name for each and back: Maildir++ with modified UTF-7
(RFC 3501 section 5.1.3), as Dovecot and Courier keep them.

What such a name cannot hold plainly (a dot, which parts folders; a slash that parts nothing; a name
that is Gmail's own) is written as an encoded character, so that every label comes back as it was.
"""

from __future__ import annotations

import base64
import binascii
import re

from gmailkit.backup.labels import SYSTEM_NAMES

ARCHIVE = ".Archive"  # where a message lies that bears no label
_PLAIN = re.compile(r"[ -%'-\-0-~]+")  # all that is printable but "&", "." and "/"
_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
_LONGEST = 255  # bytes of a name, on nearly every file system
_IDS = {name: id for id, name in SYSTEM_NAMES.items() if id != "INBOX"}
_TAKEN = {*_IDS, *SYSTEM_NAMES, ARCHIVE[1:]}


def folder_of(label: str) -> str | None:
    """The folder's name below the root, "" for the root itself; None where no name is that long."""
    if label == "INBOX":
        return ""
    if label in SYSTEM_NAMES:
        return f".{SYSTEM_NAMES[label]}"
    segments = label.split("/")
    if not all(segments):
        segments = [label]
    first = 1 if label in _TAKEN or label.upper() == "INBOX" else 0
    name = "." + ".".join((_encoded(segments[0], first), *map(_encoded, segments[1:])))
    return name if len(name) <= _LONGEST else None


def label_of(folder: str) -> str | None:
    """Of a folder by its path below the root, whichever program named it; None for Archive.

    Maildir++ parts names with dots, others by folders in folders; names are modified UTF-7 or
    plain UTF-8.
    """
    if folder in ("", "INBOX"):
        return "INBOX"
    if folder == ARCHIVE:
        return None
    parts = folder[1:].split(".") if folder.startswith(".") else folder.split("/")
    if len(parts) == 1 and parts[0] in _IDS:
        return _IDS[parts[0]]
    return "/".join(map(decoded, parts))


def _encoded(text: str, forced: int = 0) -> str:
    """`forced` characters at the beginning are encoded whatever they are."""
    found, at = [], 0
    while at < len(text):
        plain = _PLAIN.match(text, at) if at >= forced else None
        if plain:
            found.append(plain[0])
            at = plain.end()
            continue
        begin, at = at, at + 1
        while at < len(text) and not _PLAIN.match(text, at):
            at += 1
        found.append(_shifted(text[begin:at]))
    return "".join(found)


def _shifted(text: str) -> str:
    if text == "&":
        return "&-"
    raw = base64.b64encode(text.encode("utf-16-be", "surrogatepass")).rstrip(b"=")
    return f"&{raw.decode().replace('/', ',')}-"


def decoded(name: str) -> str:
    """A name that is no modified UTF-7 is taken as it stands."""
    if not name.isascii():
        return name
    try:
        return _SHIFTED.sub(_unshifted, name)
    except (binascii.Error, UnicodeDecodeError):
        return name


def _unshifted(found: re.Match[str]) -> str:
    if not found[1]:
        return "&"
    raw = found[1].replace(",", "/")
    return base64.b64decode(raw + "=" * (-len(raw) % 4), validate=True).decode("utf-16-be")
