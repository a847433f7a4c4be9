"""Reading Gmail's error body, whatever there is of it (Gmail API guide "Resolve errors")."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

import msgspec

from gmailkit.wire.request import Request, Response


class Refusal(msgspec.Struct, frozen=True):
    """`reasons` holds `errors[].reason`, then `details[].reason`, then `status`, as far as told.

    `retry_at` is the time Gmail named in a header or in the message, if it did.
    """

    request: Request
    status: int
    reasons: tuple[str, ...]
    message: str
    retry_at: datetime | None

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else ""

    def said(self, words: tuple[str, ...]) -> bool:
        return any(word in self.message.lower() for word in words)

    @property
    def target(self) -> str:
        """The id at the end of the path, before what is done to it."""
        path = urlsplit(self.request.url).path
        path = path.removesuffix(f"/{self.request.method.name.rpartition('.')[2]}")
        return unquote(path.rpartition("/")[2])


class _Item(msgspec.Struct):
    reason: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    status: str = ""
    errors: list[_Item] = []
    details: list[_Item] = []


class _Body(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


_BODY = msgspec.json.Decoder(_Body)  # made here: two threads must not make it at once


def read_refusal(request: Request, response: Response, *, now: float) -> Refusal:
    """What an answer other than 2xx says; empty where it is no error body of Google's."""
    try:
        error = _BODY.decode(response.body).error
    except msgspec.MsgspecError:  # a proxy's page, or the token endpoint's other shape
        error = _Error()
    reasons = (*(item.reason for item in (*error.errors, *error.details)), error.status)
    return Refusal(
        request=request,
        status=response.status,
        reasons=tuple(filter(None, reasons)),
        message=error.message,
        retry_at=_retry_at(response, error.message, now),
    )


_STAMP = re.compile(r"retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)", re.IGNORECASE)


def _retry_at(response: Response, message: str, now: float) -> datetime | None:
    """The header's time, else the RFC 3339 time inside the message."""
    header = response.headers.get("retry-after", "")
    stamp = _STAMP.search(message)
    try:
        if header.isdecimal():
            return datetime.fromtimestamp(now + int(header), UTC)
        if header:
            return parsedate_to_datetime(header).astimezone(UTC)
        return datetime.fromisoformat(stamp[1]) if stamp else None
    except (ValueError, OverflowError, OSError):  # a date that is none: as if none was named
        return None
