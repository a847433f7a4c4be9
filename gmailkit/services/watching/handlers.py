"""Who handles an event: a command, or the address of a web service. Each raises when it failed."""

from __future__ import annotations

import os
import signal
import string
import subprocess
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import msgspec

from gmailkit.errors import CannotDo, GmailKitError, Unreachable, UsageError
from gmailkit.model.service import is_loopback
from gmailkit.services.watching.event import MailEvent

if TYPE_CHECKING:
    import requests

PATIENCE = 300.0  # seconds for a command
_TIMEOUT = (10, 60)  # seconds for a web service: to connect, between two bytes of its answer
_ASCII = string.punctuation + " "
_SAID = 200  # characters of what a command complained of that are kept


@dataclass(frozen=True, slots=True)
class Command:
    """A line for the shell, which gets the event as JSON on standard input, and the most important
    of it in its environment (MAIL_EVENT, MAIL_ID ...). It succeeds by exit code 0.
    """

    line: str
    patience: float = PATIENCE

    def __call__(self, event: MailEvent) -> None:
        """Raises CannotDo when it fails, or takes longer than `patience` seconds, and
        KeyboardInterrupt where Ctrl-C ended it, which is no failure of its own.
        """
        try:
            done = subprocess.run(  # noqa: S602 - the user's own line; nothing of the mail is in it
                self.line,
                shell=True,
                input=msgspec.json.encode(event.facts()) + b"\n",
                env={**os.environ, **event.environment()},
                stderr=subprocess.PIPE,
                check=False,
                timeout=self.patience,
            )
        except subprocess.TimeoutExpired:
            raise CannotDo(f"It took longer than {self.patience:g} seconds.") from None
        except (OSError, ValueError) as error:
            raise CannotDo(f"It cannot be run: {error}.") from error
        if done.returncode == -signal.SIGINT:
            raise KeyboardInterrupt
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())[-_SAID:]
            raise CannotDo(f"It ended with {done.returncode}{': ' if said else '.'}{said}")


class Webhook:
    """An address that the event is posted to as JSON; any answer of 2xx is success. The event's id
    is in the header Idempotency-Key too, what is not ASCII as in a URL. https alone, but on this
    machine; redirects are failures.
    """

    def __init__(self, url: str) -> None:
        """Raises UsageError for an address that is none; it is not shown, since it may hold a
        secret.
        """
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            host = ""
        wrong = ""
        if not url.isascii() or not url.isprintable() or " " in url:
            wrong = "holds a character that none may hold"
        elif "://" not in url:
            wrong = "does not begin with https://"
        elif not host:
            wrong = "names no host"
        if wrong:
            raise UsageError(
                f"The address of the web service {wrong}.", hint="As in https://example.com/hook"
            )
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
            raise UsageError(
                "Mail is posted by https only, but on this machine.", hint=f"https://{host}/..."
            )
        self._url = url
        self._host = host

    def __call__(self, event: MailEvent) -> None:
        """Raises Unreachable, and CannotDo when it answers with anything but 2xx."""
        import requests

        # The name of a watch may be in any script, and a header is ASCII.
        key = quote(event.id, safe=_ASCII)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        try:
            answer = self._session.post(
                self._url,
                data=msgspec.json.encode(event.facts()),
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.TooManyRedirects:
            raise CannotDo(
                f"{self._host} answered with a redirect, which is not followed."
            ) from None
        except (requests.RequestException, OSError):  # whose words hold the address, a secret often
            raise Unreachable(f"{self._host} cannot be reached.", sent="maybe") from None
        if not 200 <= answer.status_code < 300:  # (`ok` takes a redirect to nowhere for success)
            raise CannotDo(f"{self._host} answered with {answer.status_code}.")

    @cached_property
    def _session(self) -> requests.Session:
        from gmailkit.auth.session import open_session

        return open_session()


def why(error: Exception) -> str:
    """What is noted of a failure."""
    if isinstance(error, GmailKitError):
        return error.message
    return f"{type(error).__name__}: {error}"[:_SAID]
