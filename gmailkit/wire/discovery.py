"""Google's discovery document of the Gmail API, as google-api-python-client bundles it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

from gmailkit.errors import UsageError
from gmailkit.wire import methods


def document() -> dict[str, Any]:
    """All of it, a fresh copy: Google's library writes into it. Nothing is fetched."""
    from googleapiclient.discovery_cache import get_static_doc

    loaded: dict[str, Any] = json.loads(get_static_doc("gmail", "v1"))
    return loaded


@cache
def _document() -> dict[str, Any]:
    return document()


def properties(schema: str) -> dict[str, Any]:
    """The fields of a kind of object, such as Label."""
    found: dict[str, Any] = _document()["schemas"][schema]["properties"]
    return found


def of_every_method() -> dict[str, Any]:
    """The parameters that every method takes beside its own, such as `fields`."""
    return {name: each for name, each in _document()["parameters"].items() if name.isidentifier()}


def described(name: str) -> dict[str, Any]:
    """What Google says of a method; UsageError for one that Gmail does not have."""
    *path, verb = methods.find(name).name.split(".")
    node = _document()["resources"]["users"]
    for step in path:
        node = node["resources"][step]
    found: dict[str, Any] = node["methods"][verb]
    return found


def of_the_body(method: str, field: str) -> bool:
    """Whether the object that the method takes as its body has this field."""
    schema = described(method).get("request", {}).get("$ref")
    return bool(schema) and field in properties(schema)


def no_parameter(method: str, name: str, takes: Iterable[str]) -> UsageError:
    """Names the parameters that are nearest to one that the method does not have."""
    there = set(takes) - {"userId"}
    near = get_close_matches(name, there, n=3)
    words = ", ".join(near or sorted(there))
    hint = f"Did you mean {words}?" if near else f"It takes {words}."
    return UsageError(f"{method} has no parameter {name!r}.", hint=hint)
