"""Google's discovery document of the Gmail API, as google-api-python-client bundles it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

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


def described(name: str) -> dict[str, Any]:
    """What Google says of a method; UsageError for one that Gmail does not have."""
    *path, verb = methods.find(name).name.split(".")
    node = _document()["resources"]["users"]
    for step in path:
        node = node["resources"][step]
    found: dict[str, Any] = node["methods"][verb]
    return found
