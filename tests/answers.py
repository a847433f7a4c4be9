"""Whether an answer of the API is what Google's discovery document says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from discovery import Document, google, methods, schema_of

_TEXTS = {
    "int64": re.compile(r"-?[0-9]+"),
    "uint64": re.compile(r"[0-9]+"),
    "byte": re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?"),
    "google-datetime": re.compile(r"[0-9-]{10}T[0-9:]{8}(?:\.[0-9]+)?Z"),
}
_NUMBERS = {"int32": range(-(2**31), 2**31), "uint32": range(2**32)}


def wrong_answer(method: str, said: Any) -> list[str]:
    """What does not fit; `said` is the JSON of an answer to `method`, None for an empty one."""
    schema = schema_of(_methods()[method].get("response", {}))
    if not schema:
        return [] if said is None else [f"{method}: an answer where none is documented"]
    if said is None:
        return [f"{method}: no answer"]
    return [f"{method}: {found}" for found in _wrong_object(schema, said, "")]


@cache
def _methods() -> dict[str, Document]:
    return dict(methods(google()))


@cache
def _schemas() -> Document:
    schemas: Document = google()["schemas"]
    return schemas


def _wrong_object(schema: str, said: Any, at: str) -> Iterator[str]:
    if not isinstance(said, dict):
        yield f"{at or schema} is no object"
        return
    properties = _schemas()[schema]["properties"]
    for name, value in said.items():
        if name not in properties:
            yield f"{schema} has no {name}"
        else:
            yield from _wrong_value(properties[name], value, f"{at}.{name}")


def _wrong_value(rule: Document, said: Any, at: str) -> Iterator[str]:
    if "$ref" in rule:
        yield from _wrong_object(rule["$ref"], said, at)
    elif rule["type"] == "array":
        if not isinstance(said, list) or not said:
            yield f"{at} is no list, or an empty one"
            return
        for item in said:
            yield from _wrong_value(rule["items"], item, f"{at}[]")
    elif not _fits(rule, said):
        yield f"{at} is {str(said)[:60]!r}"


def _fits(rule: Document, said: Any) -> bool:
    """Whether it is of the JSON type; what is false is left out, so it is never seen."""
    format = rule.get("format", "")
    if rule["type"] == "boolean":
        return said is True
    if rule["type"] == "integer":
        return type(said) is int and said in _NUMBERS[format]
    assert rule["type"] == "string", rule
    pattern = _TEXTS.get(format)
    return (
        isinstance(said, str)
        and (pattern is None or pattern.fullmatch(said) is not None)
        and ("enum" not in rule or said in rule["enum"])
    )
