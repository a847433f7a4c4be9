"""Authorization codes and tokens. The file keeps hashes, so it holds nothing one could use."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import string
from collections.abc import Iterable
from dataclasses import dataclass

from gmailkit.clock import Clock
from gmailkit.sandbox import scopes as scope_names
from gmailkit.sandbox.state.database import Database

ACCESS_SECONDS = 3599
CODE_SECONDS = 600
MAX_REFRESH_TOKENS = 100
TESTING_SECONDS = 7 * 86_400
IDLE_SECONDS = 180 * 86_400  # Open: how long "six months" are.

APP_PASSWORD = "app password"  # stands in the place of a client
DESKTOP = ""  # the client of everybody but service accounts
NOBODY = 0  # the user of a service account's own token

# `ended` says why a refresh token no longer works where Google tells the reason.
TABLES = """
CREATE TABLE codes (
    hash TEXT PRIMARY KEY,
    user INTEGER NOT NULL,
    scopes TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    method TEXT NOT NULL,
    fresh INTEGER NOT NULL,
    made REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE tokens (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    user INTEGER NOT NULL,
    client TEXT NOT NULL,
    kind TEXT NOT NULL,
    scopes TEXT NOT NULL,
    made REAL NOT NULL,
    life REAL,
    used REAL NOT NULL,
    ended TEXT NOT NULL DEFAULT ''
);
CREATE INDEX tokens_by_user ON tokens (user, client, kind);
"""


@dataclass(frozen=True, slots=True)
class Code:
    """What an authorization code stands for; `challenge` empty means that PKCE was not used.

    `fresh`: the person was asked for it anew, so that a refresh token comes along.
    """

    user: int
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    method: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Token:
    """`life` in seconds, None without an end. `client` is a service account's number or DESKTOP."""

    n: int
    user: int
    client: str
    scopes: tuple[str, ...]
    made: float
    life: float | None
    ended: str

    @property
    def delegated(self) -> bool:
        """A service account acts for a user by domain-wide delegation."""
        return self.client != DESKTOP and self.user != NOBODY

    @property
    def expires(self) -> float | None:
        return None if self.life is None else self.made + self.life


class Grants:
    """Every `user` is `User.n`. A grant is what a user granted to the Desktop client.

    Ages are counted in both directions: where the clock was set back, nothing lives for ever.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def new_code(self, code: Code) -> str:
        text = "4/0sandbox" + secrets.token_urlsafe(32)
        self._db.run(
            "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            _hash(text),
            code.user,
            " ".join(code.scopes),
            code.redirect_uri,
            code.challenge,
            code.method,
            code.fresh,
            self._clock.now(),
        )
        return text

    def take_code(self, text: str) -> Code | None:
        """None when unknown, used or expired. A look uses it up, a failed one too."""
        with self._db.change():
            row = self._db.row("SELECT * FROM codes WHERE hash = ?", _hash(text))
            self._db.run("DELETE FROM codes WHERE hash = ?", _hash(text))
        if row is None or self._age(row["made"]) >= CODE_SECONDS:
            return None
        return Code(
            row["user"],
            tuple(row["scopes"].split()),
            row["redirect_uri"],
            row["challenge"],
            row["method"],
            bool(row["fresh"]),
        )

    def new_access(
        self,
        user: int,
        scopes: Iterable[str],
        *,
        client: str = DESKTOP,
        life: float | None = ACCESS_SECONDS,
    ) -> str:
        text = "ya29.sandbox-" + secrets.token_urlsafe(48)
        self._add(text, user, client, "access", scopes, life)
        return text

    def new_refresh(self, user: int, scopes: Iterable[str], *, life: float | None = None) -> str:
        """Beyond a hundred the oldest stops working, and nobody is told."""
        text = "1//0sandbox-" + secrets.token_urlsafe(48)
        with self._db.change():
            self._add(text, user, DESKTOP, "refresh", scopes, life)
            self._db.run(
                "DELETE FROM tokens WHERE n IN (SELECT n FROM tokens WHERE user = ? AND"
                " kind = 'refresh' ORDER BY n DESC LIMIT -1 OFFSET ?)",
                user,
                MAX_REFRESH_TOKENS,
            )
        return text

    def access(self, text: str) -> Token | None:
        """None when unknown, revoked or expired."""
        return self._find(text, "access")

    def was_access(self, text: str) -> bool:
        """Whether it was a token, expired or not; a revoked one is forgotten."""
        held = "SELECT count(*) FROM tokens WHERE hash = ? AND kind = 'access'"
        return self._db.number(held, _hash(text)) > 0

    def new_app_password(self, user: int) -> str:
        """Sixteen letters, in four groups; a new password of the account ends it."""
        text = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
        self._add(text, user, APP_PASSWORD, "password", (scope_names.FULL,), None)
        return " ".join(text[at : at + 4] for at in range(0, 16, 4))

    def app_password(self, text: str) -> Token | None:
        """None when unknown or ended. Blanks do not count."""
        return self._find("".join(text.split()), "password")

    def refresh(self, text: str) -> Token | None:
        """None when unknown, revoked, expired or unused for six months; `ended` may be set."""
        return self._find(text, "refresh")

    def used(self, token: Token) -> None:
        self._db.run("UPDATE tokens SET used = ? WHERE n = ?", self._clock.now(), token.n)

    def granted(self, user: int) -> tuple[str, ...]:
        """All scopes of the user's live refresh tokens, for include_granted_scopes."""
        rows = self._db.rows(
            "SELECT * FROM tokens WHERE user = ? AND kind = 'refresh' AND ended = '' ORDER BY n",
            user,
        )
        alive = [_token(row) for row in rows if self._alive(row)]
        return scope_names.distinct(scope for token in alive for scope in token.scopes)

    def revoke(self, text: str) -> bool:
        """The whole grant goes, whichever of its tokens is shown. False when it is dead."""
        token = self.access(text) or self.refresh(text)
        if token is None:
            return False
        self._forget(token.user, token.client)
        return True

    def revoke_all(self, user: int) -> None:
        """What the user does on the page of connected apps."""
        self._forget(user, DESKTOP)

    def revoke_mail(self, user: int) -> None:
        """What a new password ends: every token that reaches mail (identity alone stays)."""
        rows = self._db.rows("SELECT * FROM tokens WHERE user = ? AND client = ?", user, DESKTOP)
        rows += self._db.rows("SELECT * FROM tokens WHERE user = ? AND kind = 'password'", user)
        doomed = [t.n for t in map(_token, rows) if set(t.scopes) & set(scope_names.MAIL)]
        self._db.run_many("DELETE FROM tokens WHERE n = ?", [(n,) for n in doomed])

    def end_sessions(self, user: int, reason: str) -> None:
        """Refresh tokens are refused with `reason` as error_subtype until a new sign-in."""
        self._db.run(
            "UPDATE tokens SET ended = ? WHERE user = ? AND kind = 'refresh'", reason, user
        )

    def _forget(self, user: int, client: str) -> None:
        with self._db.change():
            self._db.run("DELETE FROM tokens WHERE user = ? AND client = ?", user, client)
            if client == DESKTOP:
                self._db.run("DELETE FROM codes WHERE user = ?", user)

    def _add(
        self,
        text: str,
        user: int,
        client: str,
        kind: str,
        scopes: Iterable[str],
        life: float | None,
    ) -> None:
        now = self._clock.now()
        self._db.run(
            "INSERT INTO tokens (hash, user, client, kind, scopes, made, life, used)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(_hash(text), user, client, kind, " ".join(scopes), now, life, now),
        )

    def _find(self, text: str, kind: str) -> Token | None:
        row = self._db.row("SELECT * FROM tokens WHERE hash = ? AND kind = ?", _hash(text), kind)
        return _token(row) if row is not None and self._alive(row) else None

    def _alive(self, row: sqlite3.Row) -> bool:
        young = row["life"] is None or self._age(row["made"]) < row["life"]
        idle = row["kind"] == "refresh" and self._age(row["used"]) >= IDLE_SECONDS
        return young and not idle

    def _age(self, then: float) -> float:
        return abs(self._clock.now() - then)


def _token(row: sqlite3.Row) -> Token:
    return Token(
        row["n"],
        row["user"],
        row["client"],
        tuple(row["scopes"].split()),
        row["made"],
        row["life"],
        row["ended"],
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
