"""An account and its token go in together and out together."""

from __future__ import annotations

import shutil
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec

from gmailkit.auth.accounts import Account, Accounts
from gmailkit.auth.keep import FileKeep, Kind, best_kind, keep_for, only_us
from gmailkit.auth.token import Token
from gmailkit.errors import Conflict, GmailKitError, UsageError
from gmailkit.model.service import is_loopback
from gmailkit.paths import Home


def remember(home: Home, account: Account, token: Token | None, *, default: bool) -> Account:
    """Store both or none, in place of an earlier sign-in; gives the account as it is kept.

    A service account's has no token to store.
    Raises Conflict when the address is signed in at another service, UsageError for a taken
    alias, CannotWrite.
    """
    accounts = Accounts(home)
    old = accounts.get(account.address)
    if old:  # the spelling of the address is the name of its folder
        account = msgspec.structs.replace(account, address=old.address)
        _refuse_another_service(old, account)
    accounts.check(account)
    with only_us(home, account.address):  # no renewal of the old token may come after us
        kind = _save(home, account, _heir(home, old, token)) if token else "file"
        try:
            accounts.add(msgspec.structs.replace(account, keep=kind), default=default)
        except GmailKitError:
            if old is None:
                keep_for(kind, home).forget(account.address)
            raise
        if old and (old.keep != kind or token is None):
            keep_for(old.keep, home).forget(account.address)
    return accounts.find(account.address)


def forget(home: Home, account: Account, endpoint: str) -> None:
    """Remove the account, its token in whichever store, and what else is kept of it.

    `endpoint` is where its mailbox was last used: caches go by it. Raises CannotWrite, UsageError
    (keyring).
    """
    with only_us(home, account.address):  # a renewal that came after us would bring it back
        FileKeep(home).forget(account.address)
        if account.keep == "keyring":
            keep_for("keyring", home).forget(account.address)
        Accounts(home).remove(account.address)
    shutil.rmtree(home.account_data(account.address), ignore_errors=True)
    shutil.rmtree(home.account_state(account.address, endpoint), ignore_errors=True)
    shutil.rmtree(home.account_cache(account.address, endpoint), ignore_errors=True)


def _heir(home: Home, old: Account | None, token: Token) -> Token:
    """`token` with what the grant before it taught: dead at a week, this one may be too."""
    try:
        before = keep_for(old.keep, home).load(old.address) if old else None
    except GmailKitError:
        return token
    return replace(token, weekly=before.weekly) if before else token


def _save(home: Home, account: Account, token: Token) -> Kind:
    """Into the best keep, or into a file when the keyring does not take it after all."""
    kind = best_kind(account.service)
    try:
        keep_for(kind, home).save(account.address, token)
    except UsageError:
        if kind == "file":
            raise
        kind = "file"
        keep_for(kind, home).save(account.address, token)
    return kind


def _refuse_another_service(old: Account, new: Account) -> None:
    """A strange client file must not lead a known address's mail to another server."""
    if old.service.endpoint == new.service.endpoint:
        return
    if all(is_loopback(urlsplit(a.service.endpoint).hostname) for a in (old, new)):
        return  # a sandbox gets another port each time
    raise Conflict(
        f"{old.address} is signed in at {old.service.endpoint} already, "
        f"and this client file belongs to {new.service.endpoint}.",
        hint=f"To change over: gmailkit logout {old.address}, then sign in again.",
    )
