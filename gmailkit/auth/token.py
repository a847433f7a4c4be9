"""What a sign-in leaves behind: the tokens, what they allow, and the dates that explain a death."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from gmailkit.secret import Secret

FRESH_SECONDS = 300  # a token is renewed this long before it expires


def is_fresh(now: float, got_at: float, expiry: float) -> bool:
    """Whether what came at `got_at` is good for the next minutes, by the same clock.

    A clock that has been set back behind `got_at` makes the expiry worthless.
    """
    return got_at - FRESH_SECONDS <= now < expiry - FRESH_SECONDS


def end_of(told: object, now: float) -> float | None:
    """When something ends that lives for so many seconds from `now`; None when nothing, or no
    number, was told.
    """
    try:
        return now + float(str(told))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One grant of one account.

    Times are seconds since the epoch by our clock; `expiry` None means the server named none.
    `refreshed_at` is when the access token came. `scopes` are the granted ones. `dead` says why
    the server no longer takes the grant; the secrets are empty then. `ends_at` is when the grant
    itself ends, where the server said so (`refresh_token_expires_in`). `weekly`: the grant before
    this one, or this dead one, ended at the age of a week.
    """

    access_token: Secret
    refresh_token: Secret
    client_id: str
    client_secret: Secret
    expiry: float | None
    scopes: tuple[str, ...]
    granted_at: float
    refreshed_at: float
    dead: str = ""
    ends_at: float | None = None
    weekly: bool = False

    def is_fresh(self, now: float) -> bool:
        """Whether the access token may still be used for a while."""
        if not self.access_token or self.dead:
            return False
        return self.expiry is None or is_fresh(now, self.refreshed_at, self.expiry)

    def died(self, why: str, *, weekly: bool = False) -> Token:
        """The grave: no secrets any more, but the dates stay to explain it."""
        no = Secret("")
        return replace(self, access_token=no, refresh_token=no, dead=why, weekly=weekly)

    def encode(self) -> bytes:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({"version": 1, **fields}).encode()

    @classmethod
    def decode(cls, content: bytes) -> Token:
        """The inverse of `encode`; raises ValueError when it is not one of ours."""
        try:
            fields = json.loads(content)
            if fields.pop("version") != 1:
                raise ValueError("written by a newer gmailkit")
            return cls(
                access_token=Secret(fields["access_token"]),
                refresh_token=Secret(fields["refresh_token"]),
                client_id=str(fields["client_id"]),
                client_secret=Secret(fields["client_secret"]),
                expiry=None if fields["expiry"] is None else float(fields["expiry"]),
                scopes=tuple(map(str, fields["scopes"])),
                granted_at=float(fields["granted_at"]),
                refreshed_at=float(fields["refreshed_at"]),
                dead=str(fields["dead"]),
                ends_at=None if fields.get("ends_at") is None else float(fields["ends_at"]),
                weekly=bool(fields.get("weekly")),
            )
        except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
            raise ValueError("not a token") from error
