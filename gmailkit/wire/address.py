"""The address of a call, from Google's discovery document alone.

google-api-python-client would make the same from the same document, but loading it takes as long
as everything else in a command; what it would refuse, or change, is left to it, and uploads are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from gmailkit.wire.discovery import described, of_every_method


def address_of(name: str, params: Mapping[str, object]) -> str | None:
    """Path and query of a method for the signed-in user; None for parameters that are not plainly
    those of the method."""
    method = described(name)
    takes: Mapping[str, Any] = {**of_every_method(), **method["parameters"]}
    texts = {key: _text(takes.get(key), value) for key, value in {"userId": "me", **params}.items()}
    needed = {key for key, parameter in takes.items() if parameter.get("required")}
    if None in texts.values() or not needed <= texts.keys():
        return None
    in_path = {key: quote(str(texts.pop(key)), safe="") for key in method["parameterOrder"]}
    query = {"prettyPrint": "false", **texts, **({"alt": "json"} if "response" in method else {})}
    return f"{method['path'].format_map(in_path)}?{urlencode(query, doseq=True)}"


def _text(parameter: Mapping[str, Any] | None, value: object) -> str | list[str] | None:
    """As it stands in an address, several of one that may be repeated; None where it does not."""
    if parameter is None:
        return None
    if isinstance(value, list):
        texts = [_text({**parameter, "repeated": False}, each) for each in value]
        plain = parameter.get("repeated") and all(isinstance(each, str) for each in texts)
        return [each for each in texts if isinstance(each, str)] if plain else None
    kind, allowed = parameter["type"], parameter.get("enum")
    if kind == "boolean" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "integer" and type(value) is int:
        return str(value)
    if kind == "string" and isinstance(value, str) and value in (allowed or (value,)):
        return value
    return None
