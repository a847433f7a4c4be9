"""Signing in a service account that acts for a user of a Google Workspace."""

from __future__ import annotations

from pathlib import Path

from gmailkit.auth.accounts import Account, Accounts, check_alias
from gmailkit.auth.credential import at_endpoint
from gmailkit.auth.key_file import KeyFile
from gmailkit.auth.oauth import address_of
from gmailkit.auth.register import remember
from gmailkit.auth.scopes import COMPOSE, DEFAULT_PURPOSE, METADATA, suffices
from gmailkit.auth.service_account import ServiceAccountCredential, delegated_scopes
from gmailkit.auth.session import open_session
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.config import Settings
from gmailkit.services.replaced import Agree, agree_first
from gmailkit.services.sign_in import SignedIn


def login_by_key(
    settings: Settings,
    key_file: Path,
    subject: str,
    *,
    purpose: str = DEFAULT_PURPOSE,
    alias: str = "",
    default: bool = False,
    agree: Agree | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> SignedIn:
    """Remember that the key acts for `subject`, once a token and the mailbox have proved it.

    The key stays where it is and is not copied. Where `subject` is signed in as a person, `agree`
    hears in a sentence what is replaced, and raises to stop it; Conflict without one. Raises
    UsageError (file, address, purpose, alias), Refused (not allowed by the administrator: the hint
    says what to enter; or no mailbox), SignInNeeded (key, clock or address not accepted),
    Conflict, Unreachable, CannotWrite.
    """
    scopes = delegated_scopes(purpose)
    check_alias(alias)
    key = KeyFile.load(key_file)
    service = at_endpoint(key.service, settings)
    credential = ServiceAccountCredential(
        key.path, subject=subject, scopes=scopes, service=service, stored=True, clock=clock
    )
    token = credential.bearer()
    if suffices(scopes, {METADATA, COMPOSE}):  # may ask for the profile
        with open_session() as session:
            subject = address_of(service, token, session)
    account = Account(
        address=subject,
        alias=alias,
        service=service,
        scopes=scopes,
        signed_in=clock.now(),
        key_file=str(key.path),
    )
    replaced = agree_first(Accounts(settings.home).get(subject), account, agree)
    account = remember(settings.home, account, None, default=default)
    return SignedIn(account, replaced=replaced)
