"""For whom the encrypted backups of tests are."""

from __future__ import annotations

from pathlib import Path

from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.keys import Owners
from gmailkit.secret import Secret


def owners(identity: Path, *more: str) -> Owners:
    return Owners((age.recipient_of(Secret(identity.read_text().strip())), *more))
