"""What a caller may say of a message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from gmailkit.model.mail import Address, Attachment

ME = "me"  # as a recipient: the own address, as in Google's userId

Recipients = str | Address | Iterable[str | Address]
Files = str | Path | Attachment | Iterable[str | Path | Attachment]


class Words(TypedDict, total=False):
    """The words of `Gmail.compose` and `Gmail.send`; what is left out is empty.

    A recipient "me" is the own address. `attach` takes paths or Attachment objects, one or several.
    Without `sender` Gmail puts the account's own address and name.
    """

    to: Recipients
    cc: Recipients
    bcc: Recipients
    reply_to: Recipients
    sender: str | Address | None
    subject: str
    text: str
    html: str
    attach: Files
