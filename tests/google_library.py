"""Google's own unmodified client library, rooted at a sandbox: the referee of the wire form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def discovery() -> dict[str, Any]:
    import googleapiclient.discovery_cache

    folder = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    document: dict[str, Any] = json.loads((folder / "gmail.v1.json").read_bytes())
    return document


def status_of(call: Any) -> tuple[int, str]:
    from googleapiclient.errors import HttpError

    with pytest.raises(HttpError) as caught:
        call.execute()
    return caught.value.resp.status, caught.value.reason


def check(schema: str, said: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Every field is one of the schema, and of its JSON type."""
    kinds = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    properties = schemas[schema]["properties"]
    for name, value in said.items():
        rule = properties[name]
        if "$ref" in rule:
            check(rule["$ref"], value, schemas)
            continue
        assert isinstance(value, kinds[rule["type"]]), name
        if rule.get("format") in ("int64", "uint64"):
            assert value.isdecimal(), name
        if "enum" in rule:
            assert value in rule["enum"], name
        assert value is not False and value != [], f"{name} should be left out"
        for item in value if rule["type"] == "array" else ():
            if "$ref" in rule["items"]:
                check(rule["items"]["$ref"], item, schemas)


def service(url: str, token: str) -> Any:
    """To be closed by who asked for it."""
    from google.oauth2.credentials import Credentials
    from googleapiclient.discovery import build_from_document

    document = discovery() | {"rootUrl": f"{url}/", "baseUrl": f"{url}/"}
    return build_from_document(document, credentials=Credentials(token=token))
