"""Conversations by References and In-Reply-To alone, as mail programs without Gmail's ids make them
(jwz.org/doc/threading.html, steps 1 to 4; subjects are not looked at).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from itertools import pairwise
from re import findall


@dataclass(eq=False)
class Container:
    id: str
    message: Message | None = None
    parent: Container | None = None
    children: list[Container] = field(default_factory=list)

    def holds(self, other: Container) -> bool:
        return other is self or any(child.holds(other) for child in self.children)

    def take(self, child: Container) -> None:
        if child is self or child.holds(self):
            return
        if child.parent:
            child.parent.children.remove(child)
        child.parent = self
        self.children.append(child)

    @property
    def messages(self) -> int:
        return (self.message is not None) + sum(child.messages for child in self.children)

    @property
    def depth(self) -> int:
        return 1 + max((child.depth for child in self.children), default=0)


def threads(raws: Iterable[bytes]) -> list[Container]:
    """The roots, those that hold no message left out."""
    table: dict[str, Container] = {}

    def container(id: str) -> Container:
        return table.setdefault(id, Container(id))

    for raw in raws:
        message = message_from_bytes(raw)
        this = container(findall("<[^>]+>", message["Message-ID"])[0])
        this.message = message
        named = findall("<[^>]+>", message["References"] or "")
        named = named or findall("<[^>]+>", message["In-Reply-To"] or "")[:1]
        chain = [container(each) for each in named]
        for earlier, later in pairwise(chain):
            if later.parent is None:
                earlier.take(later)
        if chain:
            chain[-1].take(this)
    return [each for each in table.values() if each.parent is None and each.messages]
