"""Our wrappers against Google's discovery document, both ways.

A new revision of the document that brings a method, a parameter, an enum value or a field makes
the first test red, and so does one that takes something away.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import msgspec
import pytest

from discovery import Document, google, methods, python_name, words
from gmailkit.model.shape import read, to_json
from gmailkit.wire.methods import METHODS, narrowest
from surface import LISTED, SHAPES, complaints, shape_of, wrapper_of


def test_the_surface_is_googles() -> None:
    assert complaints(google()) == []


def test_there_are_as_many_methods_as_the_facts_count() -> None:
    assert len(list(methods(google()))) == 79


def users(document: Document, *path: str) -> Document:
    node = document["resources"]["users"]
    for step in path:
        node = node["resources"][step]
    return cast(Document, node["methods"])


def add_method(document: Document) -> None:
    users(document, "messages")["snooze"] = copy.deepcopy(users(document, "messages")["trash"])


def remove_method(document: Document) -> None:
    del users(document, "settings", "filters")["get"]


def add_parameter(document: Document) -> None:
    users(document, "threads")["list"]["parameters"]["sortOrder"] = {"type": "string"}


def add_word_of_parameter(document: Document) -> None:
    users(document, "messages")["get"]["parameters"]["format"]["enum"].append("tiny")


def add_word_of_repeated_parameter(document: Document) -> None:
    users(document, "history")["list"]["parameters"]["historyTypes"]["enum"].append("starAdded")


def add_word_of_property(document: Document) -> None:
    document["schemas"]["PopSettings"]["properties"]["disposition"]["enum"].append("shred")


def add_property(document: Document) -> None:
    document["schemas"]["Message"]["properties"]["mood"] = {"type": "string"}


def add_property_of_request(document: Document) -> None:
    document["schemas"]["ModifyThreadRequest"]["properties"]["mute"] = {"type": "boolean"}


def remove_property(document: Document) -> None:
    del document["schemas"]["Profile"]["properties"]["threadsTotal"]


def add_property_of_draft(document: Document) -> None:
    document["schemas"]["Draft"]["properties"]["sendTime"] = {"type": "string"}


def add_schema(document: Document) -> None:
    document["schemas"]["Mood"] = {"properties": {"colour": {"type": "string"}}}


CHANGES = [
    (add_method, {"messages.snooze has no price", "messages.snooze has no wrapper"}),
    (
        remove_method,
        {
            "settings.filters.get has a price, but Google lacks it",
            "settings.filters.get is a wrapper of nothing",
        },
    ),
    (add_parameter, {"threads.list lacks the parameter sortOrder"}),
    (add_word_of_parameter, {"messages.get lacks format=tiny"}),
    (add_word_of_repeated_parameter, {"history.list lacks historyTypes=starAdded"}),
    (add_word_of_property, {"PopSettings lacks disposition=shred"}),
    (
        add_property,
        {
            "Message lacks mood",
            *(f"drafts.{name} cannot write Message.mood" for name in ("create", "update", "send")),
            *(
                f"messages.{name} cannot write Message.mood"
                for name in ("insert", "import", "send")
            ),
        },
    ),
    (
        add_property_of_request,
        {
            "ModifyThreadRequest lacks mute",
            "threads.modify cannot write ModifyThreadRequest.mute",
        },
    ),
    (
        add_property_of_draft,
        {
            "Draft lacks sendTime",
            *(
                f"drafts.{name} cannot write Draft.sendTime"
                for name in ("create", "update", "send")
            ),
        },
    ),
    (remove_property, {"Profile.threadsTotal is not Google's"}),
    (add_schema, {"Mood has no shape"}),
]


@pytest.mark.parametrize(
    ("change", "seen"), CHANGES, ids=[change.__name__ for change, _ in CHANGES]
)
def test_a_new_revision_of_the_document_is_seen(
    change: Callable[[Document], None], seen: set[str]
) -> None:
    document = google()
    change(document)
    assert set(complaints(document)) == seen


# Every word that Google documents can be read, and every field of every answer.

TIME = "2026-11-25T10:00:00Z"


def sample(document: Document, described: Document, depth: int = 0) -> object:
    """A value of the kind described, with every field set; three levels of what nests itself."""
    if described.get("type") == "array":
        return [sample(document, described["items"], depth)]
    if schema := described.get("$ref"):
        properties = document["schemas"][schema]["properties"]
        return {
            name: sample(document, inner, depth + 1)
            for name, inner in properties.items()
            if f"{schema}.{name}" not in LISTED and (depth < 4 or "$ref" not in str(inner))
        }
    if enum := described.get("enum"):
        return enum[-1]
    match described["type"], described.get("format"):
        case "boolean", _:
            return True
        case "integer", _:
            return 12
        case "string", "int64" | "uint64":
            return "1700000000123"
        case "string", "google-datetime":
            return TIME
    return "text"


def plain(value: object) -> object:
    """64-bit numbers are strings or numbers, times milliseconds or not: all as strings."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return "1795600800000" if value == TIME else str(value)


SCHEMAS = [name for name, described in google()["schemas"].items() if described.get("properties")]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_field_is_read_and_written_as_google_spells_it(schema: str) -> None:
    document = google()
    answer = sample(document, {"$ref": schema})
    shape = shape_of(schema)
    assert shape is not None
    decoded = msgspec.json.Decoder(shape, strict=False, dec_hook=read).decode(
        msgspec.json.encode(answer)
    )
    assert plain(to_json(decoded)) == plain(answer)
    assert answer, "a schema without a field proves nothing"


WITH_WORDS = [
    (schema, name)
    for schema, described in google()["schemas"].items()
    for name, inner in described.get("properties", {}).items()
    if words(inner)
]


@pytest.mark.parametrize(("schema", "name"), WITH_WORDS, ids=[".".join(row) for row in WITH_WORDS])
def test_a_word_of_a_later_day_is_read_as_it_is(schema: str, name: str) -> None:
    document = google()
    answer = {**cast(dict[str, object], sample(document, {"$ref": schema})), name: "brandNew"}
    shape = shape_of(schema)
    assert shape is not None
    decoded = msgspec.convert(answer, shape, strict=False, dec_hook=read)
    assert getattr(decoded, python_name(name)) == "brandNew"


def test_every_shape_is_immutable() -> None:
    assert [name for name, shape in SHAPES.items() if not shape.__struct_config__.frozen] == []


def test_every_time_is_an_aware_datetime() -> None:
    times = [
        (schema, name)
        for schema, described in google()["schemas"].items()
        for name, inner in described.get("properties", {}).items()
        if "epoch" in inner.get("description", "") or inner.get("format") == "google-datetime"
    ]
    assert len(times) == 6
    for schema, name in times:
        shape = shape_of(schema)
        assert shape is not None
        answer = sample(google(), {"$ref": schema})
        decoded = msgspec.convert(answer, shape, strict=False, dec_hook=read)
        assert getattr(decoded, python_name(name)).utcoffset() == timedelta(0)


# What a docstring says of price and scope is what the tables say.


@pytest.mark.parametrize("name", METHODS)
def test_the_docstring_ends_with_price_and_narrowest_scope(name: str) -> None:
    method, wrapper = METHODS[name], wrapper_of(name)
    scopes = dict(methods(google()))[name]["scopes"]
    units = f"{method.new} unit{'s' if method.new != 1 else ''}"
    before = f" (old: {method.old})" if method.old != method.new else ""
    assert wrapper is not None
    last = (inspect.getdoc(wrapper) or "").splitlines()[-1]
    assert last == f"{units}{before}; {narrowest(scopes)}."
