"""What stands after an operator's colon when it is not words: days, moments, ages, sizes."""

from __future__ import annotations

import re
from datetime import date

import msgspec

from gmailkit.errors import QueryError
from gmailkit.query.tree import Unit

_DAY_FIRST_YEAR = re.compile(r"(\d{4})([/-])(\d{1,2})\2(\d{1,2})", re.ASCII)
_DAY_LAST_YEAR = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_UNITS = frozenset(unit.value for unit in Unit)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_SIZE = re.compile(r"(\d{1,12})([KM]?)", re.ASCII | re.IGNORECASE)
_DAY_HINT = "Write the day as 2026/01/31, or give seconds since 1970."
# Open: whether Gmail's K and M are powers of 1000 or of 1024.
_MOST_BYTES = 10**12 - 1  # no message is larger, and so each size has a spelling without K or M
_FACTORS = {"": 1, "K": 1024, "M": 1024 * 1024}


class Value(msgspec.Struct, frozen=True):
    """One value of one operator, and where it stands in which query."""

    operator: str
    text: str
    query: str
    position: int
    exact: bool = False

    def refuse(self, message: str, hint: str) -> QueryError:
        return QueryError(message, query=self.query, position=self.position, hint=hint)


def shorten(text: str) -> str:
    """Text for an error message: never a page of it."""
    return text if len(text) <= 40 else f"{text[:39]}…"


def moment(value: Value) -> date | int:
    """YYYY/MM/DD, YYYY-MM-DD, MM/DD/YYYY or epoch seconds, as `after:` and `before:` take them."""
    text = value.text
    if found := _DAY_FIRST_YEAR.fullmatch(text):
        return _day(value, found[1], found[3], found[4])
    if found := _DAY_LAST_YEAR.fullmatch(text):
        return _day(value, found[3], found[1], found[2])
    if text.isascii() and text.isdecimal():
        return _seconds(value)
    raise value.refuse(f"{value.operator}:{shorten(text)} holds no date Gmail knows.", _DAY_HINT)


def is_day_last_year(text: str) -> bool:
    """Whether a date is written MM/DD/YYYY, which half the world reads as DD/MM/YYYY."""
    return bool(_DAY_LAST_YEAR.fullmatch(text))


def _day(value: Value, year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise value.refuse(f"{value.text} is no day of the calendar.", _DAY_HINT) from None


def _seconds(value: Value) -> int:
    """Numbers that are likelier a date without its slashes, or milliseconds, are refused."""
    digits = value.text
    if len(digits) == 4:
        raise value.refuse(
            f"{value.operator}:{digits} means {digits} seconds after 1970 began, not a year.",
            f"For the year write {value.operator}:{digits}/01/01.",
        )
    if len(digits) in (6, 8):
        raise value.refuse(
            f"{value.operator}:{digits} means seconds since 1970, not a day.", _DAY_HINT
        )
    if len(digits) > 11:
        hint = f"Leave out the milliseconds: {digits[:-3]}." if len(digits) == 13 else _DAY_HINT
        raise value.refuse(f"{shorten(digits)} is too large for seconds since 1970.", hint)
    return int(digits)


def age(value: Value) -> tuple[int, Unit]:
    """A number with d, m or y (h is undocumented, but works), as `newer_than:` takes it."""
    text = value.text
    if text[-1:] in _UNITS and _COUNT.fullmatch(text[:-1]):
        return int(text[:-1]), Unit(text[-1:])
    raise value.refuse(
        f"{value.operator}:{shorten(text)} is no age Gmail knows, and would find nothing.",
        _age_hint(value),
    )


def _age_hint(value: Value) -> str:
    text = value.text.lower()
    count, unit = text[:-1], text[-1:]
    if _COUNT.fullmatch(text):
        return f"Name the unit: {value.operator}:{text}d for days; m is months, y years."
    if unit == "w" and _COUNT.fullmatch(count):
        return f"Gmail has no weeks; write days: {value.operator}:{int(count) * 7}d."
    if unit in _UNITS and _COUNT.fullmatch(count):
        return f"Write the unit in lower case: {value.operator}:{text}."
    return f"Write a whole number and d, m or y: {value.operator}:30d."


def size(value: Value) -> int:
    """Bytes: a whole number, alone or with K or M."""
    if found := _SIZE.fullmatch(value.text):
        bytes = int(found[1]) * _FACTORS[found[2].upper()]
        if bytes <= _MOST_BYTES:
            return bytes
    raise value.refuse(
        f"{value.operator}:{shorten(value.text)} is no size Gmail knows.", _size_hint(value)
    )


def _size_hint(value: Value) -> str:
    wordy = re.fullmatch(r"(\d{1,12})\s*([KM])I?B", value.text, re.ASCII | re.IGNORECASE)
    if wordy:
        return f"Write {value.operator}:{wordy[1]}{wordy[2].upper()}."
    return f"Write whole bytes, or K or M after the number: {value.operator}:10M."
