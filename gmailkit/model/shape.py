"""The base of everything that crosses the wire as JSON."""

from __future__ import annotations

import msgspec


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A JSON object of the Gmail API: camelCase there, snake_case here, unknown keys ignored.

    Each subclass repeats `frozen=True, kw_only=True`: mypy refuses it otherwise.
    """
