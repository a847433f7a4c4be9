"""What a request says, read strictly: a misspelt name or a value of the wrong kind is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from gmailkit.sandbox.refusal import Refusal, invalid

# Accepted on every call (discovery document, top-level parameters).
STANDARD = frozenset(
    "alt fields prettyPrint key quotaUser access_token oauth_token callback $.xgafv uploadType "
    "upload_protocol upload_id".split()
)

_INTEGER = re.compile(r"-?[0-9]{1,19}")


class Params:
    """The query string."""

    def __init__(self, query: Sequence[tuple[str, str]], allowed: Iterable[str]) -> None:
        known = STANDARD | set(allowed)
        for name, _ in query:
            if name not in known:
                raise invalid(
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query '
                    "parameter. Field could not be found in request message."
                )
        self._query = query

    def has(self, name: str) -> bool:
        return any(said == name for said, _ in self._query)

    def many(self, name: str) -> tuple[str, ...]:
        return tuple(value for said, value in self._query if said == name)

    def text(self, name: str, default: str = "") -> str:
        values = self.many(name)
        if len(values) > 1:
            raise invalid(f"Invalid value: {name} is given twice")
        return values[0] if values else default

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.text(name, "true" if default else "false")
        if value not in ("true", "false"):
            raise invalid(f"Invalid value at '{name}' (TYPE_BOOL), \"{value}\"")
        return value == "true"

    def number(self, name: str, default: int, *, most: int) -> int:
        """Open: whether Gmail cuts a number that is too large. Refused here."""
        value = self.text(name, str(default))
        plain = value.isascii() and value.isdecimal() and len(value) <= 10
        if not plain or not 1 <= int(value) <= most:
            raise invalid(f"Invalid value at '{name}' (TYPE_UINT32), \"{value}\"")
        return int(value)

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise invalid(f"Invalid value at '{name}' (TYPE_ENUM), \"{value}\"")
        return value


class Body:
    """A JSON object that may hold the `allowed` fields; `at` is where it stands, for messages."""

    def __init__(self, said: Mapping[str, object], allowed: Iterable[str], at: str = "") -> None:
        known = set(allowed)
        for name in said:
            if name not in known:
                where = f" at '{at}'" if at else ""
                raise invalid(
                    f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find '
                    "field."
                )
        self._said = said

    def has(self, name: str) -> bool:
        """JSON null counts as not said."""
        return self._said.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self._said.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid(f"Invalid value at '{name}' (TYPE_STRING), {value}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._said.get(name)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise invalid(f"Invalid value at '{name}' (repeated TYPE_STRING)")
        return tuple(values)

    def flag(self, name: str) -> bool:
        value = self._said.get(name)
        if value is not None and not isinstance(value, bool):
            raise invalid(f"Invalid value at '{name}' (TYPE_BOOL), {value}")
        return bool(value)

    def number(self, name: str) -> int | None:
        """An integer, which JSON may write as a string too; those of 64 bits come so."""
        value = self._said.get(name)
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise invalid(f"Invalid value at '{name}' (TYPE_INT64), {value}")

    def decimal(self, name: str) -> float | None:
        value = self._said.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise invalid(f"Invalid value at '{name}' (TYPE_DOUBLE), {value}")
        return value

    def inners(self, name: str, allowed: Iterable[str]) -> tuple[Body, ...]:
        values = self._said.get(name)
        if values is None:
            return ()
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise invalid(f"Invalid value at '{name}' (repeated TYPE_MESSAGE)")
        return tuple(Body(value, allowed, name) for value in values)

    def inner(self, name: str, allowed: Iterable[str]) -> Body | None:
        value = self._said.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise invalid(f"Invalid value at '{name}' (TYPE_MESSAGE)")
        return Body(value, allowed, name)


NOTHING = Body({}, ())


def choice(body: Body, name: str, choices: Sequence[str], default: str) -> str:
    value = body.text(name, default)
    if value not in choices:
        raise invalid(f"Invalid value at '{name}' (TYPE_ENUM), \"{value}\"")
    return value


def wrong_media(content_type: str) -> Refusal:
    return Refusal(
        400,
        f"Media type '{content_type}' is not supported. Valid media types: [message/*]",
        reason="badContent",
    )
