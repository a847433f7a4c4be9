"""What the environment and the flags say, read once and passed on.

Precedence: flag, then environment, then default. `GMAILKIT_*` names are listed in docs/settings.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gmailkit.errors import UsageError
from gmailkit.model.outside import Outside
from gmailkit.model.service import GOOGLE, Service, check_url
from gmailkit.paths import Home
from gmailkit.secret import Secret

NEW_PROJECT_UNITS_PER_MINUTE = 6000  # projects made since 2026-05; older ones have 15,000
LONGEST = 366 * 86_400  # seconds; what a system can wait at once ends somewhere beyond
PROJECT_UNITS_PER_MINUTE = 1_200_000  # of all users of a project together


@dataclass(frozen=True, slots=True)
class Settings:
    """One command's or one `Gmail` object's view of the world outside.

    `service` replaces the one an account signed in at (only the private sandbox does that).
    `endpoint` is where an access token from the environment is used, and where `login` signs in
    to use. `service_account` is a key file that acts for the address `subject`, for a purpose as
    of `login --for`. `units_per_minute` None means unpaced. `deadline` is for a whole call with its
    repeats, `timeout` for the next byte of an answer (None: 90), both in seconds. `policies` are
    files with rules for sending, beside the one in the config folder of `home`. `smtp` is the
    URL of the server by which mail leaves with way="smtp" (None: Gmail's own). `outside` stands in
    for the internet, where lists are left (None: the internet, and none for a mailbox that this
    machine serves).
    """

    home: Home
    account: str | None = None
    access_token: Secret | None = None
    endpoint: str | None = None
    client_file: Path | None = None
    service_account: Path | None = None
    subject: str | None = None
    purpose: str = "modify"
    service: Service | None = None
    units_per_minute: int | None = NEW_PROJECT_UNITS_PER_MINUTE
    project_units_per_minute: int | None = PROJECT_UNITS_PER_MINUTE
    prices: Literal["new", "old"] = "new"
    budget: int | None = None
    by: str = "Python"  # who asks, for the journal of changes
    deadline: float | None = None
    timeout: float | None = None
    smtp: str | None = None
    smtp_password: Secret | None = None
    mail_password: Secret | None = None  # of the server of IMAP or POP3 that a store names
    policies: tuple[Path, ...] = ()
    outside: Outside | None = None

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None, *, account: str | None = None) -> Settings:
        """From `GMAILKIT_*`; raises UsageError naming the variable that makes no sense."""
        env = os.environ if env is None else env
        token = env.get("GMAILKIT_ACCESS_TOKEN")
        endpoint = env.get("GMAILKIT_API_ENDPOINT")
        client, key = env.get("GMAILKIT_CLIENT_FILE"), env.get("GMAILKIT_SERVICE_ACCOUNT")
        policy = env.get("GMAILKIT_POLICY")
        return cls(
            home=Home.find(env),
            account=account or env.get("GMAILKIT_ACCOUNT") or None,
            access_token=_token(token) if token else None,
            endpoint=check_url(endpoint, "GMAILKIT_API_ENDPOINT") if endpoint else None,
            client_file=Path(client).expanduser() if client else None,
            service_account=Path(key).expanduser() if key else None,
            subject=env.get("GMAILKIT_SUBJECT") or None,
            purpose=env.get("GMAILKIT_PURPOSE") or "modify",
            units_per_minute=_units(env, endpoint),
            project_units_per_minute=_number(
                env,
                "GMAILKIT_PROJECT_UNITS_PER_MINUTE",
                default=PROJECT_UNITS_PER_MINUTE,
                hint="1200000 unless Google granted the project more; 0 for no limit.",
            ),
            prices=_prices(env.get("GMAILKIT_PRICES")),
            deadline=_number(
                env,
                "GMAILKIT_DEADLINE",
                default=None,
                most=LONGEST,
                hint="Seconds that one call may take, waits included; 0 for any.",
            ),
            timeout=_number(
                env,
                "GMAILKIT_TIMEOUT",
                default=None,
                most=LONGEST,
                hint="Seconds to wait for the next byte of an answer; 0 for the usual 90.",
            ),
            smtp=env.get("GMAILKIT_SMTP") or None,
            smtp_password=_secret(env.get("GMAILKIT_SMTP_PASSWORD")),
            mail_password=_secret(env.get("GMAILKIT_MAIL_PASSWORD")),
            policies=(Path(policy).expanduser().absolute(),) if policy else (),
        )

    def kept_under(self, service: Service) -> str:
        """The endpoint by which caches and journals tell the mailboxes of one address apart.

        The private sandbox has a home to itself and a new port each time, so it counts as one.
        """
        return GOOGLE.endpoint if self.service else service.endpoint


def given_keys(env: Mapping[str, str] | None = None) -> tuple[Path | None, Secret | None]:
    """What opens an encrypted backup: a file with age identities, and a passphrase."""
    env = os.environ if env is None else env
    path = env.get("GMAILKIT_IDENTITY")
    return (
        Path(path).expanduser() if path else None,
        _secret(env.get("GMAILKIT_BACKUP_PASSPHRASE")),
    )


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _token(text: str) -> Secret:
    """A token as it may stand in a header (RFC 6750 section 2.1); never shown when it may not."""
    token = text.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "GMAILKIT_ACCESS_TOKEN holds characters that no access token has.",
            hint="Was more than the token pasted into it?",
        )
    return Secret(token)


def _units(env: Mapping[str, str], endpoint: str | None) -> int | None:
    """The pace: as said, else Google's strictest for Google, none for anybody else's server."""
    google = endpoint is None or endpoint.rstrip("/") == GOOGLE.endpoint
    return _number(
        env,
        "GMAILKIT_UNITS_PER_MINUTE",
        default=NEW_PROJECT_UNITS_PER_MINUTE if google else None,
        hint="6000 for projects made since May 2026, 15000 for older ones, 0 for no pacing.",
    )


def _number(
    env: Mapping[str, str], name: str, *, default: int | None, hint: str, most: int | None = None
) -> int | None:
    """A whole number, where 0 means none."""
    text = env.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise UsageError(f"{name} is {text!r}, which is not a whole number.", hint=hint)
    if most is not None and int(text) > most:
        raise UsageError(f"{name} is {text}; the most is {most} (a year).", hint=hint)
    return int(text) or None


def _prices(text: str | None) -> Literal["new", "old"]:
    if text in (None, "", "new"):
        return "new"
    if text == "old":
        return "old"
    raise UsageError(
        f"GMAILKIT_PRICES is {text!r}, which is no price table.",
        hint="new, or old for projects that Google still charges by the table of before May 2026.",
    )
