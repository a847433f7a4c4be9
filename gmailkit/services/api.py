"""Every method of the Gmail API as data: what it takes, what it needs, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from gmailkit.auth.scopes import short
from gmailkit.errors import UsageError
from gmailkit.model.cse import KaclsKeyMetadata
from gmailkit.model.send_as import SmimeInfo, SmtpMsa
from gmailkit.services.connect import Connection
from gmailkit.wire.discovery import described, no_parameter, properties
from gmailkit.wire.methods import METHODS, Method, narrowest

if TYPE_CHECKING:
    from gmailkit.wire.upload import Media

SECRETS = frozenset(
    field.encode_name
    for kind in (SmtpMsa, SmimeInfo, KaclsKeyMetadata)
    for field in msgspec.structs.fields(kind)
    if field.name in kind.hidden
)
MAIL = frozenset({"raw", "payload", "snippet"})

# Of what Google takes with every method; the others are secrets, or change the form of the answer.
_EVERYWHERE: Mapping[str, Mapping[str, Any]] = {
    "fields": {"type": "string"},
    "quotaUser": {"type": "string"},
}


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """A method: `scopes` by their short names, the least powerful first; any one will do.

    `fields` are those of the body, `parameters` those of path and query.
    """

    method: Method
    http: str
    path: str
    scopes: tuple[str, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    fields: Mapping[str, Mapping[str, Any]]
    takes_body: bool
    takes_media: bool

    @property
    def name(self) -> str:
        return self.method.name

    @property
    def writes(self) -> bool:
        """Whether it may change the mailbox."""
        return self.http != "GET"


def all_methods() -> tuple[MethodFacts, ...]:
    return tuple(map(method, METHODS))


def method(name: str) -> MethodFacts:
    """What there is to know of a method; UsageError names the nearest for one that is not there."""
    said = described(name)
    least = narrowest(said["scopes"])
    others = sorted(set(map(short, said["scopes"])) - {least})
    return MethodFacts(
        method=METHODS[name],
        http=said["httpMethod"],
        path=said["path"].removeprefix("gmail/v1/"),
        scopes=(least, *others),
        parameters={**said.get("parameters", {}), **_EVERYWHERE},
        fields=properties(said["request"]["$ref"]) if "request" in said else {},
        takes_body="request" in said,
        takes_media="mediaUpload" in said,
    )


def change(
    connection: Connection,
    name: str,
    *,
    agree: Callable[[], object],
    body: Mapping[str, object] | None,
    media: Media | None,
    params: Mapping[str, Any],
) -> dict[str, object]:
    """A call that may change the mailbox; `agree` raises to stop it.

    Refused without a question when the sign-in cannot allow it.
    """
    connection.check_allowed(name)
    agree()
    return connection.client.call(name, body=body, media=media, **params)


def masked(given: Any, names: frozenset[str] = SECRETS) -> Any:
    """The same JSON, with "..." for passwords and keys."""
    if isinstance(given, Mapping):
        return {
            key: "..." if key in names else masked(value, names) for key, value in given.items()
        }
    return [masked(each, names) for each in given] if isinstance(given, list) else given


def arguments(facts: MethodFacts, given: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Parameters by Google's names, with values of the kinds that Google wants; "body" holds those
    that are fields of the body.

    A name that comes twice is a list. UsageError for a name the method does not take, for a value
    of the wrong kind, and for one that is missing.
    """
    found: dict[str, object] = {}
    body: dict[str, object] = {}
    for name, value in given:
        key = _known(facts, name)
        if key in facts.parameters:
            _take(facts, found, key, facts.parameters[key], value)
        else:
            _take(facts, body, key, facts.fields[key], value)
    needed = {key for key, kind in facts.parameters.items() if kind.get("required")} - {"userId"}
    if missing := sorted(needed - set(found)):
        raise UsageError(
            f"{facts.name} needs {', '.join(missing)}.",
            hint=f"Add {' '.join(f'{key}=...' for key in missing)}",
        )
    return {**found, "body": body} if body else found


def _take(
    facts: MethodFacts, into: dict[str, object], key: str, kind: Mapping[str, Any], value: object
) -> None:
    if kind.get("repeated") or kind.get("type") == "array":
        more = value if isinstance(value, list) else [value]
        before = into.get(key, [])
        into[key] = [*(before if isinstance(before, list) else []), *more]
    elif key in into:
        raise UsageError(f"{facts.name} takes one {key}.", hint="It is given twice.")
    else:
        into[key] = _of_kind(key, kind, value)


def _known(facts: MethodFacts, name: str) -> str:
    takes = {**facts.fields, **facts.parameters}
    first, *rest = name.split("_")
    for key in (name, first + "".join(map(str.capitalize, rest))):
        if key in takes:
            return key
    raise no_parameter(facts.name, name, takes)


def _of_kind(key: str, kind: Mapping[str, Any], value: object) -> object:
    """A text as the kind it stands for: Google's library takes "false" for true."""
    if "$ref" in kind:
        if not isinstance(value, dict):
            raise UsageError(f"{key} is an object.", hint=f"Write it as {key}:='{{...}}'")
        return value
    if kind["type"] == "boolean":
        words = {"true": True, "false": False}
        if not isinstance(value, bool) and str(value) not in words:
            raise UsageError(f"{key} is true or false, not {value}.")
        return value if isinstance(value, bool) else words[str(value)]
    if kind["type"] == "integer":
        if isinstance(value, bool) or not str(value).isdigit():
            raise UsageError(f"{key} is a whole number, not {value}.")
        return int(str(value))
    if value is None or isinstance(value, list | dict):
        shown = "JSON of another kind" if key in SECRETS else value
        raise UsageError(f"{key} is one text, not {shown}.")
    if "enum" in kind and value not in kind["enum"]:
        raise UsageError(f"{key} is one of {', '.join(kind['enum'])}, not {value}.")
    return str(value)
