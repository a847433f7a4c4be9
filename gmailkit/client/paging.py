"""`list` of any resource that Gmail answers in pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from gmailkit.client.listing import Pages
from gmailkit.wire.call import Wire


class Page(Protocol):
    @property
    def next_page_token(self) -> str: ...


P = TypeVar("P", bound=Page)
T = TypeVar("T")


def listed(
    wire: Wire,
    method: str,
    into: type[P],
    items: Callable[[P], Sequence[T]],
    *,
    key: Callable[[T], object],
    limit: int | None,
    page_token: str | None,
    **params: object,
) -> Pages[T]:
    """The `items` of each page, which comes as `into`; an item is known by its `key`."""

    def page(token: str | None) -> tuple[Sequence[T], str]:
        answer = wire.call(method, into, body=None, media=None, page_token=token, **params)
        return items(answer), answer.next_page_token

    return Pages(page, key=key, limit=limit, page_token=page_token)
