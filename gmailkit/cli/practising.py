"""Commands that a run with --sandbox names are for the practice mailbox too."""

from __future__ import annotations

import re


def in_sandbox(text: str) -> str:
    """`text` for somebody who practises: the commands in it get --sandbox, unless it has some."""
    from gmailkit.cli.tree import HOMES

    names = "|".join(sorted(HOMES.keys() - {"sandbox", "version"}))
    if "gmailkit " not in text or "--sandbox" in text:
        return text
    return re.sub(rf"\bgmailkit (?=(?:{names})\b)", "gmailkit --sandbox ", text)
