"""A ready access token that somebody else got, as from the environment."""

from __future__ import annotations

import logging
import threading
from hashlib import sha256

from gmailkit.auth.scopes import short
from gmailkit.errors import ServerFault, SignInNeeded, Unreachable
from gmailkit.model.service import GOOGLE, Service
from gmailkit.secret import Secret

_log = logging.getLogger(__name__)


class GivenToken:
    """A ready access token from the environment: cannot be renewed, belongs to nobody we know."""

    def __init__(self, token: Secret, service: Service = GOOGLE) -> None:
        self._token = token
        self._service = service
        self._asked = False
        self._granted: frozenset[str] | None = None
        self._address: str | None = None
        self._expires_in: int | None = None
        self._whose = ""
        self._lock = threading.Lock()

    @property
    def address(self) -> str | None:
        """From tokeninfo, where it answers and the token has the email scope."""
        self._ask()
        return self._address

    @property
    def granted(self) -> frozenset[str] | None:
        """From tokeninfo, where it answers: one request, the first time it is asked for."""
        self._ask()
        return self._granted

    @property
    def whose(self) -> str:
        """What tells mailboxes apart whose address the token may not tell, and stays the same when
        the next token comes: the person, where tokeninfo names one, else the OAuth client; "" where
        it does not answer. A digest, of neither secret nor address.
        """
        self._ask()
        return self._whose

    def how_to_allow(self, accepted: frozenset[str]) -> str:
        names = " or ".join(sorted(map(short, accepted)))
        return f"Put a token into GMAILKIT_ACCESS_TOKEN that has {names}."

    @property
    def expires_in(self) -> int | None:
        """Seconds, when it was asked."""
        self._ask()
        return self._expires_in

    @property
    def service(self) -> Service:
        return self._service

    @property
    def client_id(self) -> None:
        return None

    def bearer(self) -> Secret:
        return self._token

    def renew(self, stale: Secret) -> Secret:
        raise SignInNeeded(
            "The access token in GMAILKIT_ACCESS_TOKEN is not accepted (any more).",
            hint="Access tokens live about an hour: put a new one there, or unset it and use "
            "gmailkit login",
        )

    def _ask(self) -> None:
        from gmailkit.auth.oauth import tokeninfo
        from gmailkit.auth.session import open_session

        with self._lock:
            if self._asked:
                return
            self._asked = True
            try:
                with open_session() as session:
                    info = tokeninfo(self._service, self._token, session)
            except (SignInNeeded, Unreachable, ServerFault) as error:
                _log.debug("tokeninfo does not help: %s", error)
                return
            self._granted, self._address = info.scopes, info.email or None
            self._expires_in = info.expires_in
            if known := info.subject or info.audience:
                self._whose = sha256(known.encode()).hexdigest()[:12]
