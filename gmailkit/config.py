"""What the environment and the flags say, read once and passed on.

Precedence: flag, then environment, then default. `GMAILKIT_*` names are listed in docs/settings.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gmailkit.errors import UsageError
from gmailkit.model.service import GOOGLE, Service, check_url
from gmailkit.paths import Home
from gmailkit.secret import Secret

NEW_PROJECT_UNITS_PER_MINUTE = 6000  # projects made since 2026-05; older ones have 15,000


@dataclass(frozen=True, slots=True)
class Settings:
    """One command's or one `Gmail` object's view of the world outside.

    `service` replaces the one an account signed in at (only the private sandbox does that).
    `endpoint` is where an access token from the environment is used, and where `login` signs in
    to use. `units_per_minute` None means unpaced.
    """

    home: Home
    account: str | None = None
    access_token: Secret | None = None
    endpoint: str | None = None
    client_file: Path | None = None
    service: Service | None = None
    units_per_minute: int | None = NEW_PROJECT_UNITS_PER_MINUTE

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None, *, account: str | None = None) -> Settings:
        """From `GMAILKIT_*`; raises UsageError naming the variable that makes no sense."""
        env = os.environ if env is None else env
        token = env.get("GMAILKIT_ACCESS_TOKEN")
        endpoint = env.get("GMAILKIT_API_ENDPOINT")
        client = env.get("GMAILKIT_CLIENT_FILE")
        return cls(
            home=Home.find(env),
            account=account or env.get("GMAILKIT_ACCOUNT") or None,
            access_token=_token(token) if token else None,
            endpoint=check_url(endpoint, "GMAILKIT_API_ENDPOINT") if endpoint else None,
            client_file=Path(client).expanduser() if client else None,
            units_per_minute=_units(env.get("GMAILKIT_UNITS_PER_MINUTE"), endpoint),
        )

    def kept_under(self, service: Service) -> str:
        """The endpoint by which caches and journals tell the mailboxes of one address apart.

        The private sandbox has a home to itself and a new port each time, so it counts as one.
        """
        return GOOGLE.endpoint if self.service else service.endpoint


def _token(text: str) -> Secret:
    """A token as it may stand in a header (RFC 6750 section 2.1); never shown when it may not."""
    token = text.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "GMAILKIT_ACCESS_TOKEN holds characters that no access token has.",
            hint="Was more than the token pasted into it?",
        )
    return Secret(token)


def _units(text: str | None, endpoint: str | None) -> int | None:
    """The pace: as said, else Google's strictest for Google, none for anybody else's server."""
    if text is None:
        google = endpoint is None or endpoint.rstrip("/") == GOOGLE.endpoint
        return NEW_PROJECT_UNITS_PER_MINUTE if google else None
    if not text.isdecimal():
        raise UsageError(
            f"GMAILKIT_UNITS_PER_MINUTE is {text!r}, which is not a whole number.",
            hint="6000 for projects made since May 2026, 15000 for older ones, 0 for no pacing.",
        )
    return int(text) or None
