"""Authorization codes and tokens. The file keeps hashes, so it holds nothing one could use."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from gmailkit.clock import Clock
from gmailkit.sandbox import scopes as scope_names
from gmailkit.sandbox.state.database import Database

ACCESS_SECONDS = 3599
CODE_SECONDS = 600
MAX_REFRESH_TOKENS = 100


@dataclass(frozen=True, slots=True)
class Code:
    """What an authorization code stands for; `challenge` empty means that PKCE was not used."""

    user: int
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    method: str


@dataclass(frozen=True, slots=True)
class Token:
    user: int
    scopes: tuple[str, ...]
    expires: float | None


class Grants:
    """Every `user` is `User.n`. One client per sandbox, so a grant is what a user granted."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def new_code(self, code: Code) -> str:
        text = "4/0sandbox" + secrets.token_urlsafe(32)
        self._db.run(
            "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?)",
            _hash(text),
            code.user,
            " ".join(code.scopes),
            code.redirect_uri,
            code.challenge,
            code.method,
            self._clock.now() + CODE_SECONDS,
        )
        return text

    def take_code(self, text: str) -> Code | None:
        """None when unknown, used or expired. A look uses it up, a failed one too."""
        with self._db.change():
            row = self._db.row("SELECT * FROM codes WHERE hash = ?", _hash(text))
            self._db.run("DELETE FROM codes WHERE hash = ?", _hash(text))
        if row is None or row["expires"] <= self._clock.now():
            return None
        scopes = tuple(row["scopes"].split())
        return Code(row["user"], scopes, row["redirect_uri"], row["challenge"], row["method"])

    def new_access(self, user: int, scopes: Iterable[str]) -> str:
        text = "ya29.sandbox-" + secrets.token_urlsafe(48)
        self._add(text, user, "access", scopes, self._clock.now() + ACCESS_SECONDS)
        return text

    def new_refresh(self, user: int, scopes: Iterable[str]) -> str:
        """Beyond a hundred the oldest stops working, and nobody is told."""
        text = "1//0sandbox-" + secrets.token_urlsafe(48)
        with self._db.change():
            self._add(text, user, "refresh", scopes, None)
            self._db.run(
                "DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE user = ? AND"
                " kind = 'refresh' ORDER BY made DESC, hash LIMIT -1 OFFSET ?)",
                user,
                MAX_REFRESH_TOKENS,
            )
        return text

    def access(self, text: str) -> Token | None:
        """None when unknown, revoked or expired."""
        token = self._find(text, "access")
        alive = token and token.expires is not None and token.expires > self._clock.now()
        return token if alive else None

    def refresh(self, text: str) -> Token | None:
        return self._find(text, "refresh")

    def granted(self, user: int) -> tuple[str, ...]:
        """All scopes of the user's live refresh tokens, for include_granted_scopes."""
        rows = self._db.rows(
            "SELECT scopes FROM tokens WHERE user = ? AND kind = 'refresh' ORDER BY made", user
        )
        return scope_names.distinct(scope for row in rows for scope in row[0].split())

    def revoke(self, text: str) -> bool:
        """The whole grant goes, whichever of its tokens is shown. False when it is dead."""
        token = self.access(text) or self.refresh(text)
        if token is None:
            return False
        with self._db.change():
            self._db.run("DELETE FROM tokens WHERE user = ?", token.user)
            self._db.run("DELETE FROM codes WHERE user = ?", token.user)
        return True

    def _add(
        self, text: str, user: int, kind: str, scopes: Iterable[str], expires: float | None
    ) -> None:
        self._db.run(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?)",
            _hash(text),
            user,
            kind,
            " ".join(scopes),
            self._clock.now(),
            expires,
        )

    def _find(self, text: str, kind: str) -> Token | None:
        row = self._db.row("SELECT * FROM tokens WHERE hash = ? AND kind = ?", _hash(text), kind)
        return Token(row["user"], tuple(row["scopes"].split()), row["expires"]) if row else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
