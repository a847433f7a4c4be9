"""Partial responses: the `fields` parameter, such as `messages(id,labelIds),nextPageToken`.

Google's "Partial response" guide: `/` and `( )` go into objects and through lists, `*` is any name.
"""

from __future__ import annotations

import re

from gmailkit.sandbox.refusal import Refusal
from gmailkit.sandbox.shapes import shapes

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[*/,()]")

_MOST_DEEP = 100  # no answer of Gmail's is nearly as deep

Mask = dict[str, "Mask"]  # an empty mask takes everything below


def read(fields: str, shape: str) -> Mask:
    """What `fields` names of an answer of that `shape` ("" for any); "" takes all.

    Refuses 400 what is no mask, and a field that the answer does not have.
    """
    mask = _Reader(fields).mask() if fields else {}
    if shape and (unknown := _unknown(mask, shape)):
        raise _wrong(unknown)
    return mask


def select(said: dict[str, object], mask: Mask) -> dict[str, object]:
    kept = _apply(said, mask)
    return kept if isinstance(kept, dict) else {}


def _unknown(mask: Mask, shape: str) -> str:
    """The first field of `mask` that no object of `shape` has; "" if there is none."""
    known = shapes().get(shape, {})
    for name, inner in mask.items():
        below = [held for field, held in known.items() if name in ("*", field)]
        found = [_unknown(inner, held) for held in below]
        if not below or all(found):
            return f"{name}/{found[0]}" if found else name
    return ""


def _apply(said: object, mask: Mask) -> object:
    if not mask:
        return said
    if isinstance(said, list):
        return [_apply(item, mask) for item in said]
    if not isinstance(said, dict):
        return said
    if "*" in mask:
        return {name: _apply(value, mask.get(name, mask["*"])) for name, value in said.items()}
    # Leaves are most of all: a list of 500 messages has 1,000.
    return {
        name: _apply(value, mask[name]) if mask[name] else value
        for name, value in said.items()
        if name in mask
    }


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.findall(text)
        deep = sum(token in ("/", "(") for token in self._tokens)
        if "".join(self._tokens) != text or deep > _MOST_DEEP:
            raise _wrong(self._text)

    def mask(self) -> Mask:
        read = self._list()
        if self._tokens:
            raise _wrong(self._text)
        return read

    def _list(self) -> Mask:
        read: Mask = {}
        while True:
            name, inner = self._item()
            read[name] = {**read[name], **inner} if name in read else inner
            if self._tokens[:1] != [","]:
                return read
            self._tokens.pop(0)

    def _item(self) -> tuple[str, Mask]:
        name = self._tokens.pop(0) if self._tokens else ""
        if name in ("", "/", ",", "(", ")"):
            raise _wrong(self._text)
        following = self._tokens[0] if self._tokens else ""
        if following == "/":
            self._tokens.pop(0)
            return name, dict([self._item()])
        if following == "(":
            self._tokens.pop(0)
            inner = self._list()
            if self._tokens[:1] != [")"]:
                raise _wrong(self._text)
            self._tokens.pop(0)
            return name, inner
        return name, {}


def _wrong(selection: str) -> Refusal:
    return Refusal(
        400,
        f"Invalid field selection {selection}",
        reason="invalidParameter",
        location={"location": "fields", "locationType": "parameter"},
    )
