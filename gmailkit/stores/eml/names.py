"""What a message's file is called: the same in every run, since it comes from its bytes alone."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from gmailkit.mime.filename import safe_name
from gmailkit.mime.parse import parse_headers
from gmailkit.model.content import Content
from gmailkit.stores.dates import HEADER

_SUBJECT = 100  # bytes of a name; with what stands around it every file system takes it
_SLASHES = re.compile(r"[/\\:]+")
_OURS = re.compile(r"\d{4}-\d\d/\d{4}-\d\d-\d\d .* [0-9a-f]{32}\.eml|undated/.* [0-9a-f]{32}\.eml")


def path_of(content: Content, digest: str) -> PurePosixPath:
    """Below the folder: `2026-03/2026-03-01 Lunch on Friday 0f3c….eml`."""
    mail = parse_headers(content.part(0, HEADER))
    subject = safe_name(_SLASHES.sub("-", mail.subject) or "no subject")
    words = subject.encode()[:_SUBJECT].decode(errors="ignore").strip()
    if mail.date is None:
        return PurePosixPath("undated", f"{words} {digest[:32]}.eml")
    day = f"{mail.date:%Y-%m-%d}".rjust(10, "0")
    return PurePosixPath(day[:7], f"{day} {words} {digest[:32]}.eml")


def is_ours(path: str) -> bool:
    return _OURS.fullmatch(path) is not None
