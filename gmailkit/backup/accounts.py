"""Whose mail of a backup is meant."""

from __future__ import annotations

from gmailkit.backup.folder import Backup
from gmailkit.backup.place import name_of
from gmailkit.errors import NotFound, UsageError

_NAMED = 5  # accounts in a sentence


def one_account(folder: Backup, named: str) -> str:
    """Whose mail is meant: the one who is `named`, or "" for the only one there is.

    NotFound for who has none there, UsageError where several have, or nobody.
    """
    accounts, wanted, told = folder.accounts(), named.casefold(), name_of(folder.path)
    if wanted in accounts:
        return wanted
    if wanted:
        raise NotFound(
            f"{told} holds no mail of {wanted}.", hint=f"It holds: {', '.join(accounts) or 'none'}."
        )
    if len(accounts) != 1:
        how = f"Name one: --from {accounts[0]}, or backup:{told}#{accounts[0]}" if accounts else ""
        names = ", ".join(accounts[:_NAMED]) + (", …" if len(accounts) > _NAMED else "")
        many = f"{len(accounts)} accounts: {names}." if accounts else "no account."
        raise UsageError(
            f"{told} holds the mail of {many}",
            hint=how or "Back up something first.",
        )
    return accounts[0]
