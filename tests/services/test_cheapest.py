"""Where one way becomes cheaper than the other, under both price tables."""

from __future__ import annotations

import pytest

from gmailkit.services.cheapest import (
    label_matrix_by_listing,
    mates_by_listing,
    modify_by_batch,
    modify_units,
    read_by_thread,
    trash_by_label,
)
from gmailkit.wire.methods import Prices

BOTH: tuple[Prices, Prices] = ("new", "old")


@pytest.mark.parametrize("prices", BOTH)
@pytest.mark.parametrize(
    ("count", "by_batch"), [(0, False), (1, False), (9, False), (10, True), (1000, True)]
)
def test_labels_go_by_batch_from_ten_messages_on(
    count: int, by_batch: bool, prices: Prices
) -> None:
    assert modify_by_batch(count, prices) is by_batch


@pytest.mark.parametrize("prices", BOTH)
@pytest.mark.parametrize(
    ("count", "units"),
    [(0, 0), (1, 5), (9, 45), (10, 50), (1000, 50), (1001, 55), (1009, 95), (1010, 100)],
)
def test_a_change_of_labels_costs_the_least(count: int, units: int, prices: Prices) -> None:
    assert modify_units(count, prices) == units


@pytest.mark.parametrize("prices", BOTH)
@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 999, 1000, 1001, 1009, 123_456])
def test_trash_goes_by_label_always(count: int, prices: Prices) -> None:
    assert trash_by_label(count, prices)


@pytest.mark.parametrize("prices", BOTH)
@pytest.mark.parametrize(("count", "by_thread"), [(1, False), (2, True), (3, True), (100, True)])
def test_a_thread_is_read_as_one_from_two_messages_on(
    count: int, by_thread: bool, prices: Prices
) -> None:
    assert read_by_thread(count, prices) is by_thread


@pytest.mark.parametrize(
    ("threads", "messages", "new", "old"),
    [
        (1, 4_000, True, False),  # eight pages: 40 units against 40 and 10
        (1, 4_001, False, False),
        (1, 1_000, True, True),
        (100, 400_000, True, False),
        (0, 0, False, False),
    ],
)
def test_the_messages_of_many_conversations_are_listed_and_of_few_are_read(
    threads: int, messages: int, new: bool, old: bool
) -> None:
    assert mates_by_listing(threads, messages, "new") is new
    assert mates_by_listing(threads, messages, "old") is old


@pytest.mark.parametrize(
    ("messages", "carrying", "new", "old"),
    [
        (100_000, [250_000 // 40] * 40, True, True),  # the facts' mailbox: 740 pages
        (1, [], True, True),
        (2, [1], True, True),
        (10, [1] * 39, True, False),  # 40 pages: 200 units against 200 and 50
        (10, [1] * 40, False, False),
        (40, [1] * 39, True, True),
        (40, [1] * 40, True, False),
        (500, [500] * 499, True, True),
        (500, [501] * 499, True, False),
    ],
)
def test_labels_of_a_mailbox_are_read_by_listing_but_for_few_messages(
    messages: int, carrying: list[int], new: bool, old: bool
) -> None:
    assert label_matrix_by_listing(messages, carrying, "new") is new
    assert label_matrix_by_listing(messages, carrying, "old") is old
