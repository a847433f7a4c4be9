"""Which of two ways to the same end costs fewer quota units; at a tie the one with fewer calls.

All such choices stand here, made from the price tables of `wire.methods`.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from gmailkit.client.listing import PAGE
from gmailkit.client.messages import BATCH
from gmailkit.wire.methods import Prices, find


def modify_by_batch(count: int, prices: Prices) -> bool:
    """Labels of `count` messages (1,000 at most): by one batchModify, or by a modify each?

    By batch from 10 on. A batch does not tell which messages were gone.
    """
    return _price("messages.batchModify", prices) <= count * _price("messages.modify", prices)


def modify_units(count: int, prices: Prices) -> int:
    """What a change of the labels of `count` messages costs: full batches, the rest as is best."""
    full, rest = divmod(count, BATCH)
    batch, single = _price("messages.batchModify", prices), _price("messages.modify", prices)
    return full * batch + (batch if modify_by_batch(rest, prices) else rest * single)


def trash_by_label(count: int, prices: Prices) -> bool:
    """Into Trash: by adding its label (the effect is the same), or by a `messages.trash` each?

    By label, always.
    """
    return modify_units(count, prices) <= count * _price("messages.trash", prices)


def read_by_thread(messages_in_thread: int, prices: Prices) -> bool:
    """So many messages of one thread: by one threads.get, or by a messages.get each?

    By thread from 2 on. It gives headers or parsed bodies, never exact bytes: a list can be read
    so, a backup cannot.
    """
    each = _price("messages.get", prices)
    return _price("threads.get", prices) <= messages_in_thread * each


def mates_by_listing(threads: int, messages: int, prices: Prices) -> bool:
    """The messages of so many threads: by one listing of all of `messages`, or by a threads.get
    each?
    """
    pages = max(1, ceil(messages / PAGE))
    return pages * _price("messages.list", prices) <= threads * _price("threads.get", prices)


def label_matrix_by_listing(messages: int, carrying: Iterable[int], prices: Prices) -> bool:
    """Which labels each of `messages` has: by a listing of all and one of each label (`carrying`
    is how many each has), or by a messages.get each?

    By listing, but for a handful of messages with many labels.
    """
    read = messages * _price("messages.get", prices)
    return label_matrix_units(messages, carrying, prices) <= read


def label_matrix_units(messages: int, carrying: Iterable[int], prices: Prices) -> int:
    """What it costs to list all of `messages` and those of each label (`carrying`)."""
    pages = sum(max(1, ceil(count / PAGE)) for count in (messages, *carrying))
    return pages * _price("messages.list", prices)


def state_by_listing(messages: int, carrying: Iterable[int], prices: Prices) -> bool:
    """Which of some labels each of `messages` bears: by a listing of each label (`carrying` is how
    many there are of each), or by a messages.get each?
    """
    pages = sum(max(1, ceil(count / PAGE)) for count in carrying)
    return pages * _price("messages.list", prices) <= messages * _price("messages.get", prices)


def states_by_asking(some: int, messages: int, labels: int, prices: Prices) -> bool:
    """The labels of `some` messages of a mailbox of so many `messages` and `labels`: by a
    messages.get each, or by listing all and each label? Each message is taken to bear three.
    """
    carrying = [messages] * 3 + [0] * labels
    return some * _price("messages.get", prices) <= label_matrix_units(messages, carrying, prices)


def _price(method: str, prices: Prices) -> int:
    return find(method).price(prices)
