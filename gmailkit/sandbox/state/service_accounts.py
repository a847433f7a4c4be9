"""Service accounts and what a Workspace administrator delegates to them.

Of a key the sandbox keeps the public half alone, as Google does: the file is handed out once.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from gmailkit.errors import UsageError
from gmailkit.sandbox.state.database import Database

PROJECT = "gmailkit-sandbox"
_KEY_BITS = 2048

TABLES = """
CREATE TABLE service_accounts (
    client_id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    key_id TEXT NOT NULL,
    public_key TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE delegations (
    client_id TEXT PRIMARY KEY,
    scopes TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """`client_id` is the number an administrator enters; `public_key` is PEM."""

    client_id: str
    email: str
    key_id: str
    public_key: str


class ServiceAccounts:
    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, name: str) -> tuple[ServiceAccount, str]:
        """A new account and its private key (PEM, PKCS #8). Raises UsageError for a name taken."""
        email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
        if self.find(email) is not None:
            raise UsageError(
                f"The sandbox already has a service account {name}.", hint="Choose another name."
            )
        private, public = _new_key()
        number = "1" + "".join(secrets.choice("0123456789") for _ in range(20))
        account = ServiceAccount(number, email, secrets.token_hex(20), public)
        self._db.run(
            "INSERT INTO service_accounts VALUES (?, ?, ?, ?)",
            *(account.client_id, account.email, account.key_id, account.public_key),
        )
        return account, private

    def find(self, email: str) -> ServiceAccount | None:
        row = self._db.row(
            "SELECT client_id, email, key_id, public_key FROM service_accounts WHERE email = ?",
            email,
        )
        return ServiceAccount(*row) if row else None

    def delegate(self, client_id: str, scopes: Iterable[str]) -> None:
        """Replaces what was entered before. Access tokens live out their hour."""
        self._db.run(
            "INSERT OR REPLACE INTO delegations VALUES (?, ?)", client_id, " ".join(scopes)
        )

    def undelegate(self, client_id: str) -> None:
        self._db.run("DELETE FROM delegations WHERE client_id = ?", client_id)

    def delegated(self, client_id: str) -> frozenset[str]:
        """The scopes entered for the client; none where it was never entered."""
        row = self._db.row("SELECT scopes FROM delegations WHERE client_id = ?", client_id)
        return frozenset(row[0].split()) if row else frozenset()


def _new_key() -> tuple[str, str]:
    """Private and public half, PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()
