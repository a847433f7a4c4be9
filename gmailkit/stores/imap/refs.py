"""What a message of an IMAP server is called: folder, UIDVALIDITY and UID, as in RFC 5092."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from gmailkit.model.item import Ref

_REF = re.compile(r"(.*);UIDVALIDITY=(\d+)/;UID=(\d+)", re.DOTALL)


def ref_of(folder: str, validity: int, uid: int) -> Ref:
    return Ref(f"{quote(folder, safe='/')};UIDVALIDITY={validity}/;UID={uid}")


def read_ref(ref: Ref) -> tuple[str, int, int]:
    """Folder, UIDVALIDITY, UID; zeros for what is no such name."""
    found = _REF.fullmatch(ref)
    return (unquote(found[1]), int(found[2]), int(found[3])) if found else ("", 0, 0)
