"""The loop that copies: one message that fails stops no other, and nothing is settled too early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from gmailkit.errors import CannotWrite, TimeSpent, UsageError
from gmailkit.model.item import Item, Ref
from gmailkit.record.copies import Copies
from gmailkit.services.copying.run import BATCH, BATCH_BYTES, UNDER_WAY, Copied, LogOfCopies, copy
from gmailkit.stores.memory import MemoryStore
from gmailkit.stores.protocol import Fetched


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOfCopies]:
    with Copies(lambda: tmp_path) as copies:
        yield LogOfCopies(copies, copies.open("memory:", "memory:", ""))


def letters(count: int) -> list[Item]:
    return [Item.of(f"Subject: {number}\n\nHello.\n".encode()) for number in range(count)]


def mail(count: int) -> MemoryStore:
    return MemoryStore(letters(count))


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
    with pytest.raises(CannotWrite, match="; 0 messages were copied, 3 are left"):
        copy(source, Unsafe(), source.refs(), log=log, total=3)
    assert len(list(log.unsettled(source.refs()))) == 3


class Ahead(MemoryStore):
    """Has some messages under way before it gives the first."""

    IN_FLIGHT = 5
    calls = 0
    began = 0

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        self.calls += 1
        coming, begun = iter(refs), list[Ref]()
        while True:
            while len(begun) < self.IN_FLIGHT and (ref := next(coming, None)):
                self.began += 1
                begun.append(ref)
            if not begun:
                return
            yield from super().fetch([begun.pop(0)])


class Watched(MemoryStore):
    """Counts what is not safe yet, and says how much was made safe at once."""

    def __init__(self) -> None:
        super().__init__()
        self.unsafe: list[Item] = []
        self.made_safe: list[int] = []

    def add(self, item: Item) -> Ref:
        self.unsafe.append(item)
        return super().add(item)

    def flush(self) -> None:
        self.made_safe.append(len(self.unsafe))
        self.unsafe.clear()


class Full(Watched):
    """A disk that is full at the third message, and says of any later attempt that it failed."""

    def add(self, item: Item) -> Ref:
        if len(self.unsafe) == 2:
            raise CannotWrite("The disk is full.", path=Path("x"))
        return super().add(item)

    def flush(self) -> None:
        raise CannotWrite("Writing failed before.", path=Path("x"))


def test_a_source_is_asked_once_for_all_so_that_it_may_read_ahead(log: LogOfCopies) -> None:
    source, target = Ahead(letters(3 * BATCH)), Watched()
    assert copy(source, target, source.refs(), log=log).added == 3 * BATCH
    assert source.calls == 1
    assert target.made_safe == [BATCH, BATCH, BATCH]


def test_large_messages_are_made_safe_before_there_are_many() -> None:
    large = [Item.of(b"%d" % n + b"x" * (BATCH_BYTES // 2)) for n in range(5)]
    target = Watched()
    copy(source := MemoryStore(large), target, source.refs())
    assert target.made_safe == [2, 2, 1]


def test_when_its_time_is_over_what_is_under_way_comes_and_the_next_copy_goes_on(
    log: LogOfCopies,
) -> None:
    source, target, copied = Ahead(letters(40)), Watched(), Copied()
    refs = list(source.refs())
    over = lambda: source.began >= 20  # noqa: E731
    with pytest.raises(TimeSpent, match="20 messages were copied, 20 are left"):
        copy(source, target, refs, log=log, total=40, copied=copied, is_over=over)
    assert (copied.added, target.unsafe) == (20, [])
    assert list(log.unsettled(refs)) == refs[20:]
    assert copy(source, target, refs, log=log, total=40, copied=copied).added == 40


def test_a_source_that_began_too_much_is_left_when_the_time_is_over() -> None:
    class Eager(MemoryStore):
        def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
            yield from super().fetch(list(refs))

    source, copied = Eager(letters(4 * UNDER_WAY)), Copied()
    with pytest.raises(TimeSpent):
        copy(
            source,
            Watched(),
            source.refs(),
            total=4 * UNDER_WAY,
            copied=copied,
            is_over=lambda: copied.added >= UNDER_WAY,
        )
    assert copied.added == 2 * UNDER_WAY - 1


def test_time_that_is_over_with_the_last_message_is_no_matter() -> None:
    source = Ahead(letters(3))
    assert copy(source, Watched(), source.refs(), is_over=lambda: source.began >= 3).added == 3


def test_what_broke_first_is_told_and_not_what_came_of_it() -> None:
    source = mail(5)
    with pytest.raises(CannotWrite, match="The disk is full; 0 messages were copied, 5 are left"):
        copy(source, Full(), source.refs(), total=5)
