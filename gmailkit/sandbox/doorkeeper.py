"""Who may come in by IMAP, POP3 and SMTP: app passwords, and access tokens by SASL.

RFC 4616 (PLAIN), Google's XOAUTH2, RFC 7628 (OAUTHBEARER). An account's own password opens nothing,
as at Gmail.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass

from gmailkit.sandbox.scopes import FULL, IMAP_ADMIN
from gmailkit.sandbox.state.grants import Token
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User

_LONGEST_SESSION = 86_400.0
_END = "\x01"


class Denied(Exception):
    """`challenge` is what a token's owner is told before the refusal; b"" for a password."""

    def __init__(self, challenge: bytes = b"") -> None:
        super().__init__()
        self.challenge = challenge


@dataclass(frozen=True, slots=True)
class Login:
    """`lasts()` tells whether the session may go on. `admin`: a service account whose domain lets
    it see every label and message, whatever the user hides from IMAP.
    """

    user: User
    lasts: Callable[[], bool]
    admin: bool = False


class Doorkeeper:
    """Open: in what words an account is refused that is suspended or has no mail. As a wrong
    password here.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def password(self, name: str, password: str) -> Login:
        """Raises Denied."""
        grants = self._state.grants
        token = grants.app_password(password)
        user = self._owner(token, name)
        if user is None:
            raise Denied
        return self._login(user, lambda: grants.app_password(password) is not None)

    def plain(self, response: bytes) -> Login:
        """`response` is decoded: somebody to act for, a name, a password. Raises Denied."""
        parts = response.decode("utf-8", "replace").split("\0")
        if len(parts) != 3 or parts[0] not in ("", parts[1]):
            raise Denied
        return self.password(parts[1], parts[2])

    def bearer(
        self, mechanism: str, response: bytes, *, scopes: tuple[str, ...] = (FULL,)
    ) -> Login:
        """XOAUTH2 or OAUTHBEARER, by a token with one of `scopes`. Raises Denied."""
        name, text = _said(mechanism, response.decode("utf-8", "replace"))
        grants = self._state.grants
        token = grants.access(text)
        user = self._owner(token, name)
        if token is None or user is None or not set(scopes).intersection(token.scopes):
            raise Denied(_challenge("401" if token is None and grants.was_access(text) else "400"))
        admin = FULL not in token.scopes and IMAP_ADMIN in token.scopes
        return self._login(user, lambda: grants.access(text) is not None, admin=admin)

    def _login(self, user: User, good: Callable[[], bool], *, admin: bool = False) -> Login:
        opened = self._state.clock.now()

        def lasts() -> bool:
            return self._state.clock.now() - opened < _LONGEST_SESSION and good()

        return Login(user, lasts, admin)

    def _owner(self, token: Token | None, name: str) -> User | None:
        """Whose it is, if that is who `name` says and may be used."""
        user = self._state.users.find(name) if token else None
        policy = self._state.policy
        if token is None or user is None or user.n != token.user:
            return None
        shut = policy.is_suspended(user.address) or not policy.has_mail(user.address)
        return None if shut else user


def decode(text: bytes) -> bytes | None:
    """The bytes of a response in base64, "=" for none (RFC 4954); None where it is no base64."""
    if text == b"=":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


def _said(mechanism: str, response: str) -> tuple[str, str]:
    """The name and the token; "" for what is missing."""
    head, *pairs = response.split(_END)
    if mechanism == "XOAUTH2":
        pairs = [head, *pairs]
    fields = dict(pair.partition("=")[::2] for pair in pairs)
    if mechanism == "XOAUTH2":
        name = fields.get("user", "")
    else:
        named = [part for part in head.split(",") if part.startswith("a=")]
        name = named[0][2:].replace("=2C", ",").replace("=3D", "=") if named else ""
    kind, _, token = fields.get("auth", "").partition(" ")
    return name, token.strip() if kind.lower() == "bearer" else ""


def _challenge(status: str) -> bytes:
    said = {"status": status, "schemes": "Bearer", "scope": FULL}
    return base64.b64encode(json.dumps(said, separators=(",", ":")).encode())
