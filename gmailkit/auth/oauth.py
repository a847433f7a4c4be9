"""The two small endpoints beside a token endpoint, and who a token belongs to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from gmailkit.auth.refusal import plain
from gmailkit.auth.scopes import normalize
from gmailkit.errors import GmailKitError, Refused, ServerFault, SignInNeeded, TryLater
from gmailkit.model.service import Service
from gmailkit.secret import Secret

if TYPE_CHECKING:
    import requests


# Loose, but nothing that could be a path, an option or a trick on the terminal.
_ADDRESS = re.compile(r"[^\s@<>/\\-][^\s@<>/\\]{0,100}@[^\s@<>/\\]{1,150}")

# Of the project, by everybody in it.
_USED_UP = re.compile(r'"reason": "(?:\w*LimitExceeded|quotaExceeded)"')


class TokenInfo(msgspec.Struct, frozen=True):
    """What the server says of an access token; `email` is "" unless that was granted.

    `audience` is the OAuth client, `subject` Google's number of the person, "" when not told.
    `expires_in` are seconds, None when not told.
    """

    scopes: frozenset[str]
    email: str
    expires_in: int | None
    audience: str
    subject: str


def tokeninfo(service: Service, access_token: Secret, session: requests.Session) -> TokenInfo:
    """Ask about a token. Raises SignInNeeded (not alive), Unreachable, ServerFault."""
    from gmailkit.auth.session import TIMEOUT, json_object, network_errors

    with network_errors("The token information endpoint"):
        response = session.get(
            service.tokeninfo_uri, params={"access_token": access_token}, timeout=TIMEOUT
        )
    body = json_object(response)
    if response.status_code == 200 and "scope" in body:
        return TokenInfo(
            scopes=normalize(str(body["scope"])),
            email=str(body.get("email", "")),
            expires_in=_seconds(body.get("expires_in")),
            audience=str(body.get("aud", "")),
            subject=str(body.get("sub", "")),
        )
    if response.status_code in (400, 401) and body.get("error"):
        raise SignInNeeded("The access token is not valid (any more).", hint="gmailkit login")
    raise ServerFault(
        f"The token information endpoint answered {response.status_code} without saying anything.",
        status=response.status_code,
    )


def revoke(service: Service, token: Secret, session: requests.Session) -> bool:
    """End the grant at the server; whether it is void now.

    Google ends everything this client was ever granted by this user, on every machine.
    """
    from gmailkit.auth.session import TIMEOUT, json_object, network_errors
    from gmailkit.errors import Unreachable

    try:
        with network_errors("The revocation endpoint"):
            response = session.post(service.revoke_uri, data={"token": token}, timeout=TIMEOUT)
    except (Unreachable, ServerFault):
        return False
    already_dead = json_object(response).get("error") == "invalid_token"
    return response.status_code == 200 or already_dead


def address_of(service: Service, access_token: Secret, session: requests.Session) -> str:
    """The address a token belongs to: from tokeninfo where granted, else from the profile.

    The client's own profile call cannot be used here: it lies above this room, and needs an
    account. Raises Refused, TryLater, Unreachable, ServerFault.
    """
    address = _from_tokeninfo(service, access_token, session)
    address = address or _from_profile(service, access_token, session)
    if not _ADDRESS.fullmatch(address) or not address.isprintable():
        raise ServerFault("The server told an address that is none.")
    return address


def _from_tokeninfo(service: Service, token: Secret, session: requests.Session) -> str:
    from gmailkit.errors import Unreachable

    try:
        return tokeninfo(service, token, session).email
    except (SignInNeeded, Unreachable, ServerFault):
        return ""


def _from_profile(service: Service, token: Secret, session: requests.Session) -> str:
    from gmailkit.auth.session import TIMEOUT, json_object, network_errors

    with network_errors("Gmail"):
        response = session.get(
            f"{service.endpoint}/gmail/v1/users/me/profile",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
        )
    body = json_object(response)
    address = body.get("emailAddress")
    if response.status_code == 200 and isinstance(address, str):
        return address
    raise _no_profile(response.status_code, body)


def _no_profile(status: int, body: Mapping[str, object]) -> GmailKitError:
    error = body.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    said = f" It says: {plain(message).rstrip('.')}." if isinstance(message, str) else ""
    if status == 429 or (status == 403 and _USED_UP.search(json.dumps(body))):
        return TryLater(
            f"Gmail does not tell yet whose mailbox this is ({status}).{said}",
            hint="Nobody was signed in. Run the same command again later.",
            status=status,
        )
    if status in (400, 401, 403):
        return Refused(
            f"Gmail refuses to tell whose mailbox this is ({status}).{said}",
            hint="Is the Gmail API enabled in the client's project, and does the account have "
            "a mailbox? See the README's steps for a client file.",
            status=status,
        )
    return ServerFault(f"Gmail answered {status} to the first question.{said}", status=status)


def _seconds(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
