"""Commands that a run names are for the mailbox it worked on: of practice, of a named account."""

from __future__ import annotations

import re
import shlex

# These ask no mailbox, or are told in another way which one.
_OF_NO_MAILBOX = {"sandbox", "version"}
_OF_NO_ACCOUNT = {
    *("accounts", "login", "logout", "query", "verify", "export", "compact", "smtp-sink"),
    *_OF_NO_MAILBOX,
}


def in_same_mailbox(text: str, *, sandbox: bool, account: str | None) -> str:
    """`text` with what was said of the mailbox put into the commands in it, unless it is there."""
    if "gmailkit " not in text:
        return text
    from gmailkit.cli.tree import HOMES

    if account and "--account" not in text:
        names = "|".join(sorted(HOMES.keys() - _OF_NO_ACCOUNT))
        said = f"--account {shlex.quote(account)}"
        text = re.sub(rf"\bgmailkit (?=(?:{names})\b)", lambda _: f"gmailkit {said} ", text)
    if sandbox and "--sandbox" not in text:
        names = "|".join(sorted(HOMES.keys() - _OF_NO_MAILBOX))
        text = re.sub(rf"\bgmailkit (?=(?:--account|{names})\b)", "gmailkit --sandbox ", text)
    return text
