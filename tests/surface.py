"""What Google's discovery document and our wrappers disagree about.

The rules are mechanical: a method's wrapper hangs where its name says, in snake_case; a parameter
is an argument of its name (or a field of the object that is the body); a schema is a shape of its
name. The few exceptions stand at the top.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any, Literal, cast, get_args, get_origin

import msgspec

import gmailkit.model
from discovery import (
    Document,
    methods,
    parameters,
    python_name,
    schema_of,
    words,
    wrapper_path,
)
from gmailkit.client.client import Client
from gmailkit.model.shape import Shape
from gmailkit.wire.methods import METHODS

# What the naming rules do not say.
# No methods of Google's: raw JSON, `get` that decodes, many `get` in one request.
OURS = {"call", "request", "messages.get_raw", "labels.get_many"}
RENAMED = {"MessagePart": "Part", "MessagePartBody": "PartBody", "MessagePartHeader": "Header"}
LISTED = {"ListMessagesResponse.messages"}  # `MessageRef`, two of Message's fields, fills these
DEPRECATED = {"WatchRequest.labelFilterAction"}  # read, but not offered for writing
# Properties of a body that only answers fill (the document marks few of them).
ANSWERED = {
    "Draft": {"id", "message"},  # what may be written of a message stands in its place
    "Message": {"id", "historyId", "internalDate", "payload", "sizeEstimate", "snippet"},
    "Label": {"id", "type", "messagesTotal", "messagesUnread", "threadsTotal", "threadsUnread"},
    "SendAs": {"sendAsEmail", "isPrimary", "verificationStatus"},  # the address is in the path
    "Filter": {"id"},
    "ForwardingAddress": {"verificationStatus"},
    "Delegate": {"verificationStatus"},
    "SmimeInfo": {"id", "expiration", "isDefault", "issuerCn", "pem"},
}
# Gmail ignores or refuses labels in these.
UNLABELLED = {"messages.send", "drafts.create", "drafts.update", "drafts.send"}


def shapes() -> dict[str, type[Shape]]:
    for module in pkgutil.iter_modules(gmailkit.model.__path__):
        importlib.import_module(f"gmailkit.model.{module.name}")
    found: dict[str, type[Shape]] = {}
    waiting = Shape.__subclasses__()
    while waiting:
        shape = waiting.pop()
        found[shape.__name__] = shape
        waiting += shape.__subclasses__()
    return found


SHAPES = shapes()
CLIENT = Client(cast(Any, None))  # nothing is called


def shape_of(schema: str) -> type[Shape] | None:
    return SHAPES.get(RENAMED.get(schema) or re.sub(r"^List(.+)Response$", r"\1Page", schema))


def wrapper_of(method: str) -> Callable[..., object] | None:
    found: object = CLIENT
    for step in wrapper_path(method).split("."):
        found = getattr(found, step, None)
    return found if callable(found) else None


def hints(wrapper: Callable[..., object]) -> dict[str, Any]:
    """Types of the arguments."""
    found = typing.get_type_hints(wrapper, include_extras=True)
    return {name: hint for name, hint in found.items() if name != "return"}


def literals(hint: object) -> frozenset[str]:
    """The words of every Literal anywhere in a type."""
    if get_origin(hint) is Literal:
        return frozenset(get_args(hint))
    inner = (*get_args(hint), *getattr(hint, "__metadata__", ()))
    return frozenset().union(*map(literals, inner))


def fields(shape: type[Shape]) -> dict[str, object]:
    """Name on the wire to type."""
    found = typing.get_type_hints(shape, include_extras=True)
    return {field.encode_name: found[field.name] for field in msgspec.structs.fields(shape)}


def complaints(document: Document) -> list[str]:
    """What the document and our wrappers disagree about; nothing when they are equal."""
    return [*_methods(document), *_schemas(document)]


def _methods(document: Document) -> Iterator[str]:
    known = dict(methods(document))
    for name, method in known.items():
        if name not in METHODS:
            yield f"{name} has no price"
        if wrapper := wrapper_of(name):
            yield from _parameters(name, method, hints(wrapper))
            yield from _body(document, name, method, hints(wrapper))
        else:
            yield f"{name} has no wrapper"
    yield from (f"{name} has a price, but Google lacks it" for name in METHODS.keys() - known)
    ours = set(_wrappers(CLIENT)) - set(map(wrapper_path, known)) - OURS
    yield from (f"{name} is a wrapper of nothing" for name in ours)


def _parameters(name: str, method: Document, arguments: dict[str, Any]) -> Iterator[str]:
    whole = _whole(method, arguments)
    for parameter, described in parameters(method):
        inside = fields(whole) if whole else {}
        hint = arguments.get(python_name(parameter), inside.get(parameter))
        if hint is None:
            yield f"{name} lacks the parameter {parameter}"
        elif missing := words(described) - literals(hint):
            yield f"{name} lacks {parameter}={', '.join(sorted(missing))}"


def _body(
    document: Document, name: str, method: Document, arguments: dict[str, Any]
) -> Iterator[str]:
    """Each property that may be written is an argument, unless the whole object is one."""
    schema = schema_of(method.get("request", {}))
    if not schema or _whole(method, arguments):
        return
    for body in ("Draft", "Message") if schema == "Draft" else (schema,):
        properties = document["schemas"][body].get("properties", {})
        for each in properties.keys() - ANSWERED.get(body, set()):
            described, hint = properties[each], arguments.get(python_name(each))
            if described.get("readOnly") or f"{body}.{each}" in DEPRECATED:
                continue
            if each == "labelIds" and name in UNLABELLED:
                continue
            if hint is None:
                yield f"{name} cannot write {body}.{each}"
            elif missing := words(described) - literals(hint):
                yield f"{name} lacks {each}={', '.join(sorted(missing))}"


def _whole(method: Document, arguments: dict[str, Any]) -> type[Shape] | None:
    shape = shape_of(schema_of(method.get("request", {})))
    return shape if shape in arguments.values() else None


def _wrappers(node: object, path: str = "") -> Iterator[str]:
    """Every public method below `node`."""
    for name, _ in inspect.getmembers(node, inspect.ismethod):
        if not name.startswith("_"):
            yield f"{path}{name}"
    for name, below in vars(node).items():
        if not name.startswith("_") and hasattr(below, "__dict__"):
            yield from _wrappers(below, f"{path}{name}.")


def _schemas(document: Document) -> Iterator[str]:
    for schema, described in document["schemas"].items():
        properties = described.get("properties", {})
        if not properties:
            continue
        shape = shape_of(schema)
        if shape is None:
            yield f"{schema} has no shape"
            continue
        ours = fields(shape)
        yield from (f"{schema} lacks {name}" for name in properties.keys() - ours.keys())
        yield from (f"{schema}.{name} is not Google's" for name in ours.keys() - properties.keys())
        for name in properties.keys() & ours.keys():
            if missing := words(properties[name]) - literals(ours[name]):
                yield f"{schema} lacks {name}={', '.join(sorted(missing))}"
