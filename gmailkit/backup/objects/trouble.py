"""What goes wrong with a store, in our own words.

Its answers stay out of messages: they may repeat a key, or what was signed with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gmailkit.errors import CannotWrite, GmailKitError, NoBackup, Unreachable

if TYPE_CHECKING:
    from pathlib import Path

KEYS = "Check the keys in the environment (AWS_ACCESS_KEY_ID …), and what they allow."
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist", re.IGNORECASE)
# What a store finds wrong with a request itself, in its words: why, and what to do.
_FOUND_WRONG = (
    (
        re.compile("RequestTimeTooSkewed"),
        "the clock of this machine is wrong, says its provider",
        "Set the clock, then run the same command again.",
    ),
    (
        re.compile("PermanentRedirect|AuthorizationHeaderMalformed|configured region"),
        "its bucket lies in another region than this machine says",
        "Name that of the bucket: AWS_REGION=eu-central-1, say.",
    ),
    (
        re.compile("ExpiredToken"),
        "the keys have expired",
        "Get new ones, AWS_SESSION_TOKEN too, then run the same command again.",
    ),
)
_UNABLE = re.compile(r"status code: (405|501)|NotImplemented")
_STATUS = re.compile(r"status code: (\d{3}(?: [A-Z][A-Za-z ]{2,30})?)")


def is_of_bucket(error: Exception) -> bool:
    """Whether it is the bucket that is missing, not an object in it."""
    return bool(_NO_BUCKET.search(str(error)))


class Trouble:
    """With the store at one URL, for which a folder stands; `known` are the library's errors."""

    def __init__(self, url: str, folder: Path, known: Any) -> None:
        self._url = url
        self._folder = folder
        self._known = known

    @contextmanager
    def reading(self) -> Iterator[None]:
        try:
            yield
        except (self._known.BaseError, OSError, ValueError) as error:
            raise self._unread(error) from None

    @contextmanager
    def writing(self, name: str) -> Iterator[None]:
        try:
            yield
        except (self._known.BaseError, OSError, ValueError) as error:
            if is_of_bucket(error):
                raise self._unread(error) from None
            raise CannotWrite(
                f"Cannot write {self._url}/{name}: {self._why(error)}.",
                path=self._folder,
                hint=self._remedy(error)
                or "Run the same command again: what was saved stays saved.",
            ) from None

    def is_of_ability(self, error: Exception) -> bool:
        """Whether the store does not know such requests at all."""
        unknown = isinstance(error, self._known.NotSupportedError)
        return unknown or bool(_UNABLE.search(str(error)))

    def _unread(self, error: Exception) -> GmailKitError:
        if is_of_bucket(error):
            return NoBackup(
                f"There is no bucket for {self._url}.",
                hint="Make it with the tools of its provider; gmailkit makes none.",
            )
        if self._is_refusal(error):
            return NoBackup(f"{self._url} may not be read: {self._why(error)}.", hint=KEYS)
        return Unreachable(
            f"{self._url} cannot be read now: {self._why(error)}.",
            hint=self._remedy(error)
            or "Run the same command again, when its provider answers. Are its address and keys in "
            "the environment?",
        )

    def _remedy(self, error: Exception) -> str:
        """Of what comes by itself no time; else ""."""
        if found := _found_wrong(error):
            return found[1]
        return KEYS if self._is_refusal(error) else ""

    def _is_refusal(self, error: Exception) -> bool:
        if _found_wrong(error):
            return False
        refusals = (self._known.PermissionDeniedError, self._known.UnauthenticatedError)
        return isinstance(error, (*refusals, PermissionError))

    def _why(self, error: Exception) -> str:
        """A few words of our own: no address, and nothing of the answer but its status."""
        if wrong := _found_wrong(error):
            return wrong[0]
        if self._is_refusal(error):
            return "the keys do not allow it"
        if found := _STATUS.search(str(error)):
            return f"it answers {found[1].strip()}"
        if "BadScheme" in str(error):
            return "it has an http address, which AWS_ALLOW_HTTP=true allows"
        return "it does not answer"


def _found_wrong(error: Exception) -> tuple[str, str] | None:
    """Why, and what to do."""
    text = str(error)
    return next(((why, hint) for found, why, hint in _FOUND_WRONG if found.search(text)), None)
