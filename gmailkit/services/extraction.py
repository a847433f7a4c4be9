"""The first match of a regular expression in a mail, found in bounded time.

Patterns are the user's, texts are strangers': `(a+)+$` on forty letters takes Python's re years,
and nothing can stop it inside a process. So it runs in a process of its own, which is ended.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

from gmailkit.errors import CannotDo, UsageError

MOST_TEXT = 100_000  # characters that are looked at
MOST_PATTERN = 1_000
_UNCLOSED = re.compile(r"(?<!\\)\{\d+(?:,\d*)?(?![\d,}])", re.ASCII)
PATIENCE = 5.0  # seconds; a sane pattern takes a thousandth

_SEARCH = """
import json, re, sys
pattern, text = json.load(sys.stdin)
found = re.search(pattern, text)
groups = found and found.groups()
json.dump(found and (found[0] if not groups or groups[0] is None else groups[0]), sys.stdout)
"""


class Pattern:
    """Raises UsageError for what is no regular expression."""

    def __init__(self, source: str) -> None:
        if len(source) > MOST_PATTERN:
            raise UsageError(
                f"The pattern has {len(source):,} characters, and {MOST_PATTERN:,} may be.",
                hint="Look for less.",
            )
        if unclosed := _UNCLOSED.search(source):
            raise UsageError(
                f"{source!r}: {unclosed[0]} is not closed, and would be looked for as text.",
                hint=f"Write {unclosed[0]}}} for so many of them, or \\{unclosed[0]} for the text.",
            )
        try:
            re.compile(source)
        except (re.error, OverflowError, RecursionError) as error:
            raise UsageError(
                f"{source!r} is no regular expression: {error}.",
                hint=r"As in '\d{6}', or 'code: (\w+)' for a part of it.",
            ) from None
        self._source = source

    def first(self, text: str) -> str | None:
        """Group 1 of the first match, or all of it where there is no group; None without a match.

        Raises UsageError for a pattern that takes too long.
        """
        if not sys.executable:
            raise CannotDo("There is no Python to look for a pattern with.")
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", _SEARCH],
                input=json.dumps([self._source, text[:MOST_TEXT]]).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=True,
            )
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"Looking for {self._source!r} took longer than {PATIENCE:.0f} seconds.",
                hint="Repetitions of repetitions, as in (a+)+, take for ever: write it simpler.",
            ) from None
        except (subprocess.CalledProcessError, OSError) as error:
            raise CannotDo(f"The pattern could not be looked for: {error}.") from error
        found: str | None = json.loads(done.stdout)
        return found
