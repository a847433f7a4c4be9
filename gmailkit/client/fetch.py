"""Many ids, a few at a time, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TypeVar

from gmailkit.client.messages import Messages
from gmailkit.model.content import Content
from gmailkit.model.message import Message
from gmailkit.wire.http import IN_FLIGHT

HELD = 64 << 20  # bytes of messages in memory, of all that are in flight or wait their turn

K = TypeVar("K")
T = TypeVar("T")
ID = TypeVar("ID", bound=str)


def fetch_raw(
    messages: Messages, ids: Iterable[ID], *, in_flight: int = IN_FLIGHT
) -> Generator[tuple[ID, Future[tuple[Message, Content]]], None, None]:
    """`messages.get_raw` of each id, as `fetch` does it, bounded in bytes as well as in number.

    Each message has an equal share of HELD; what is larger waits on disk.
    """
    get = partial(messages.get_raw, in_memory=HELD // in_flight)
    return fetch(ids, get, in_flight=in_flight)


def fetch(
    keys: Iterable[K], get: Callable[[K], T], *, in_flight: int = IN_FLIGHT
) -> Generator[tuple[K, Future[T]], None, None]:
    """`get(key)` for each key, `in_flight` at once, results in the order of the keys.

    Each result is a finished future: `.result()` gives it or raises what `get` raised, so the
    caller decides per message. No more than `in_flight` results are held, whatever the number of
    keys. Closing the iterator drops what has not begun, and does not wait for
    what has: a Ctrl-C must not hang on a slow answer.
    """
    coming = iter(keys)
    pool = ThreadPoolExecutor(in_flight, thread_name_prefix="gmailkit-fetch")
    try:
        waiting = deque((key, pool.submit(get, key)) for key in islice(coming, in_flight))
        while waiting:
            key, future = waiting.popleft()
            future.exception()  # waits
            yield key, future
            del future  # the result may be large
            waiting.extend((key, pool.submit(get, key)) for key in islice(coming, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
