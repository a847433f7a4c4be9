"""The packages of the `compose` extra, asked for by name when they are not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gmailkit.errors import UsageError


@contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Around the imports. UsageError when one fails: "Markdown needs ..."."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"{what} needs the extra gmailkit[compose], which is not installed.",
            hint="pip install 'gmailkit[compose]'",
        ) from error
