"""What a sign-in takes the place of: always said, and agreed to before where it is of another kind.

A person's sign-in and a service account open one mailbox with different powers, and only one of
them is kept for an address.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from gmailkit.auth.accounts import Account
from gmailkit.errors import Conflict
from gmailkit.model.service import is_loopback

Agree = Callable[[str], object]
"""Hears in one sentence what a sign-in would replace; raises to stop it."""


def what_it_replaces(old: Account | None, new: Account) -> str:
    """What a sign-in of the same address was, where it was not one like `new`; "" for nothing."""
    if old is None or (old.service.endpoint == new.service.endpoint and _alike(old, new)):
        return ""
    kind = "by a service account " if old.key_file else ""
    named = f", and takes over its alias {old.alias}" if old.alias and not new.alias else ""
    where = old.service.endpoint
    if where != new.service.endpoint and _is_here(old) and _is_here(new):
        where = "a server of this machine"  # a sandbox, which has another port each time
    return f"This replaces the sign-in {kind}at {where}{named}."


def agree_first(old: Account | None, new: Account, agree: Agree | None, *, known: str = "") -> str:
    """As `what_it_replaces`, once `agree` has heard of a change of kind that is not `known` yet.

    Raises Conflict where nobody is there to agree.
    """
    replaced = what_it_replaces(old, new)
    if old is None or _alike(old, new) or replaced == known:
        return replaced
    if agree is None:
        kind = "by a service account" if old.key_file else "as a person"
        raise Conflict(
            f"{old.address} is signed in {kind} already; nothing was changed.",
            hint="To replace that: gmailkit login --yes, in Python login(agree=print). "
            f"To keep neither: gmailkit logout {old.address}",
            account=old.address,
        )
    agree(replaced)
    return replaced


def _alike(old: Account, new: Account) -> bool:
    return bool(old.key_file) == bool(new.key_file)


def _is_here(account: Account) -> bool:
    return is_loopback(urlsplit(account.service.endpoint).hostname)
