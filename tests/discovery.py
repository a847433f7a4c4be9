"""Google's own description of its API, the one google-api-python-client bundles."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Iterator
from typing import Any

from googleapiclient.discovery_cache import get_static_doc

Document = dict[str, Any]


def google() -> Document:
    document: Document = json.loads(get_static_doc("gmail", "v1"))
    return document


def methods(document: Document) -> Iterator[tuple[str, Document]]:
    """Each method by its name without `gmail.users.`, as "settings.filters.list"."""

    def walk(node: Document, path: str) -> Iterator[tuple[str, Document]]:
        for name, method in node.get("methods", {}).items():
            yield path + name, method
        for name, below in node.get("resources", {}).items():
            yield from walk(below, f"{path}{name}.")

    yield from walk(document["resources"]["users"], "")


def parameters(method: Document) -> Iterator[tuple[str, Document]]:
    """All but `userId`, which is always the signed-in one."""
    yield from ((n, p) for n, p in method["parameters"].items() if n != "userId")


def words(described: Document) -> frozenset[str]:
    """The enum values of a parameter or a property."""
    return frozenset(described.get("enum") or described.get("items", {}).get("enum") or ())


def python_name(name: str) -> str:
    """Our name of Google's: getVacation is get_vacation, import is import_."""
    snake = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def wrapper_path(method: str) -> str:
    """Where its wrapper hangs below `Client`: settings.send_as.smime_info.set_default."""
    return ".".join(map(python_name, method.split(".")))


def schema_of(described: Document) -> str:
    """The schema that a request, a response or a property refers to, or ""."""
    return str(described.get("$ref") or described.get("items", {}).get("$ref") or "")
