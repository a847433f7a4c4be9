"""users.settings: one file per resource."""

from __future__ import annotations

from collections.abc import Mapping

from gmailkit.mime.address import is_addr_spec
from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.refusal import invalid
from gmailkit.sandbox.route import Route
from gmailkit.sandbox.scopes import FULL, MODIFY, READONLY, SETTINGS_BASIC, SETTINGS_SHARING

READ = (FULL, MODIFY, READONLY, SETTINGS_BASIC)
READ_SHARED = (*READ, SETTINGS_SHARING)
BASIC = (SETTINGS_BASIC,)
SHARING = (SETTINGS_SHARING,)
BOTH = (SETTINGS_BASIC, SETTINGS_SHARING)

# What becomes of a message that was fetched or forwarded.
NO_DISPOSITION = "dispositionUnspecified"
DISPOSITIONS = (NO_DISPOSITION, "leaveInInbox", "archive", "trash", "markRead")


def said(fields: Mapping[str, object]) -> dict[str, object]:
    """As Gmail answers: what is false or empty is left out. Open: numbers that are 0; they stay."""
    return {
        name: value
        for name, value in fields.items()
        if value is not False and value not in ("", [])
    }


def email_of(body: Body, name: str) -> str:
    """A field that holds an address without a name. Refuses 400."""
    email = body.text(name).strip()
    domain = email.rpartition("@")[2]
    if not is_addr_spec(email) or "." not in domain.strip(".") or not email.isprintable():
        raise invalid(f"Invalid {name}: {email}")
    return email


def all_routes() -> tuple[Route, ...]:
    from gmailkit.sandbox.routes.settings import (
        auto_forwarding,
        cse_identities,
        cse_key_pairs,
        delegates,
        filters,
        forwarding_addresses,
        imap,
        language,
        pop,
        send_as,
        smime_info,
        vacation,
    )

    return (
        *vacation.ROUTES,
        *auto_forwarding.ROUTES,
        *imap.ROUTES,
        *pop.ROUTES,
        *language.ROUTES,
        *filters.ROUTES,
        *forwarding_addresses.ROUTES,
        *send_as.ROUTES,
        *smime_info.ROUTES,
        *delegates.ROUTES,
        *cse_identities.ROUTES,
        *cse_key_pairs.ROUTES,
    )
