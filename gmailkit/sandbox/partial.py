"""Partial responses: the `fields` parameter, such as `messages/id,nextPageToken,payload(headers)`.

Google's "Partial response" guide: `/` and `( )` go into objects and through lists, `*` is any name.
"""

from __future__ import annotations

import re

from gmailkit.sandbox.refusal import Refusal

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[*/,()]")

_MOST_DEEP = 100  # no answer of Gmail's is nearly as deep

Mask = dict[str, "Mask"]  # an empty mask takes everything below


def select(said: dict[str, object], fields: str) -> dict[str, object]:
    """`said` with what `fields` names; "" and "*" take all. Refuses 400 what is no mask."""
    if not fields:
        return said
    mask = _Reader(fields).mask()
    kept = _apply(said, mask)
    return kept if isinstance(kept, dict) else {}


def _apply(said: object, mask: Mask) -> object:
    if not mask:
        return said
    if isinstance(said, list):
        return [_apply(item, mask) for item in said]
    if not isinstance(said, dict):
        return said
    return {
        name: _apply(value, mask[name] if name in mask else mask["*"])
        for name, value in said.items()
        if name in mask or "*" in mask
    }


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.findall(text)
        deep = sum(token in ("/", "(") for token in self._tokens)
        if "".join(self._tokens) != text or deep > _MOST_DEEP:
            raise self._wrong()

    def mask(self) -> Mask:
        read = self._list()
        if self._tokens:
            raise self._wrong()
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
            raise self._wrong()
        following = self._tokens[0] if self._tokens else ""
        if following == "/":
            self._tokens.pop(0)
            return name, dict([self._item()])
        if following == "(":
            self._tokens.pop(0)
            inner = self._list()
            if self._tokens[:1] != [")"]:
                raise self._wrong()
            self._tokens.pop(0)
            return name, inner
        return name, {}

    def _wrong(self) -> Refusal:
        return Refusal(400, f"Invalid field selection {self._text}", reason="invalidParameter")
