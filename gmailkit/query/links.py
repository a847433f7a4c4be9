"""Web addresses that `has:` names."""

from __future__ import annotations

import re
from typing import Final

from gmailkit.query.tree import Thing

# Open: whether `has:drive` covers Docs, Sheets and Slides; their files lie in Drive: here it does.
_DOCS = r"https?://docs\.google\.com/(?:a/[^/]+/)?"
LINKS: Final = {
    thing: re.compile(pattern, re.IGNORECASE)
    for thing, pattern in (
        (
            Thing.DRIVE,
            rf"https?://drive\.google\.com/|{_DOCS}(?:document|spreadsheets|presentation)/",
        ),
        (Thing.DOCUMENT, rf"{_DOCS}document/"),
        (Thing.SPREADSHEET, rf"{_DOCS}spreadsheets/"),
        (Thing.PRESENTATION, rf"{_DOCS}presentation/"),
        (Thing.YOUTUBE, r"https?://(?:(?:www|m)\.)?(?:youtube\.com|youtu\.be)/"),
    )
}
