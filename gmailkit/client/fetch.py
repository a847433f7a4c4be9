"""Many ids, a few at a time, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from gmailkit.wire.http import IN_FLIGHT

K = TypeVar("K")
T = TypeVar("T")


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
