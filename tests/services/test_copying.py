"""The loop that copies: one message that fails stops no other, and nothing is settled too early."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gmailkit.errors import CannotWrite, UsageError
from gmailkit.model.item import Item, Ref
from gmailkit.record.copies import Copies
from gmailkit.services.copying.run import LogOfCopies, copy
from gmailkit.stores.memory import MemoryStore


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOfCopies]:
    with Copies(lambda: tmp_path) as copies:
        yield LogOfCopies(copies, copies.open("memory:", "memory:", ""))


def mail(count: int) -> MemoryStore:
    return MemoryStore(
        Item.of(f"Subject: {number}\n\nHello.\n".encode()) for number in range(count)
    )


class Choosy(MemoryStore):
    """Cannot read one of what it is given."""

    def add(self, item: Item) -> Ref:
        if b"Subject: 1" in item.content.bytes:
            raise UsageError("The message became shorter while it was being read.")
        return super().add(item)


class Unsafe(MemoryStore):
    """Cannot make sure of anything."""

    def flush(self) -> None:
        raise CannotWrite("Cannot write.", path=Path("x"))


def test_a_message_whose_bytes_end_early_is_named_and_the_others_come(log: LogOfCopies) -> None:
    source, target = mail(3), Choosy()
    refs = list(source.refs())
    copied = copy(source, target, refs, log=log)
    assert (copied.added, [failure.item for failure in copied.failed]) == (2, [refs[1]])
    assert list(log.unsettled(refs)) == [refs[1]]


def test_nothing_is_settled_before_the_target_has_made_sure_of_it(log: LogOfCopies) -> None:
    source = mail(3)
    with pytest.raises(CannotWrite):
        copy(source, Unsafe(), source.refs(), log=log)
    assert len(list(log.unsettled(source.refs()))) == 3
