"""Header lines that a message may have beside those every message has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gmailkit.errors import UsageError

# Outlook goes by X-Priority, others by Importance (RFC 4021 section 2.1.54).
_IMPORTANCE = {
    "high": (("Importance", "high"), ("X-Priority", "1")),
    "normal": (),
    "low": (("Importance", "low"), ("X-Priority", "5")),
}
_URL = re.compile(r"(?:https://[^/<>\s]+|mailto:[^@<>\s]+@)[!-;=?-~]*")  # printable ASCII, no <>
_LONGEST_URL = 900  # on one line, under the 998 of RFC 5322


def extra_headers(
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    *,
    importance: str = "",
    unsubscribe: str | Iterable[str] = (),
) -> tuple[tuple[str, str], ...]:
    """Those given, then those made. UsageError for an importance or an address that is none.

    Line breaks and names that belong to other fields are refused where the message is built.
    """
    given = headers.items() if isinstance(headers, Mapping) else headers
    return (*given, *_importance(importance), *_unsubscribe(unsubscribe))


def _importance(importance: str) -> tuple[tuple[str, str], ...]:
    if importance and importance not in _IMPORTANCE:
        raise UsageError(
            f"{importance!r} is no importance.", hint="There are: " + ", ".join(_IMPORTANCE) + "."
        )
    return _IMPORTANCE.get(importance, ())


def _unsubscribe(given: str | Iterable[str]) -> tuple[tuple[str, str], ...]:
    """RFC 2369 section 3.2; one click (RFC 8058) where an https: address can take it."""
    urls = [given] if isinstance(given, str) and given else list(given)
    for url in urls:
        if not _URL.fullmatch(url) or len(url) > _LONGEST_URL:
            raise UsageError(
                f"{url!r} cannot be an address to unsubscribe at.",
                hint="Write it like https://example.com/off?id=1 or mailto:off@example.com.",
            )
    if not urls:
        return ()
    fields = [("List-Unsubscribe", ", ".join(f"<{url}>" for url in urls))]
    if any(url.startswith("https:") for url in urls):
        fields.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return tuple(fields)
