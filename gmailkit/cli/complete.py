"""What a shell may offer after a Tab: read from disk, never from the network, never failing."""

from __future__ import annotations

import os
from contextlib import suppress


def accounts(incomplete: str) -> list[tuple[str, str]]:
    """Addresses and aliases signed in here that begin with `incomplete`."""
    from gmailkit.errors import GmailKitError

    found: list[tuple[str, str]] = []
    with suppress(GmailKitError, OSError):
        from gmailkit.auth.accounts import Accounts
        from gmailkit.paths import Home

        for account in Accounts(Home.find(os.environ)).all():
            found.append((account.address, "account"))
            if account.alias:
                found.append((account.alias, account.address))
    return [(name, what) for name, what in found if name.startswith(incomplete)]
