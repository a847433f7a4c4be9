"""Many ids, a few at a time, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from functools import partial
from itertools import islice
from queue import SimpleQueue
from threading import Thread
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
    tasks: SimpleQueue[tuple[K, Future[T]] | None] = SimpleQueue()
    waiting = deque(_put(tasks, key) for key in islice(coming, in_flight))
    workers = len(waiting)
    try:
        for _ in range(workers):
            # Python joins the threads of its own executor when it exits, however long they take.
            Thread(target=_work, args=(tasks, get), name="gmailkit-fetch", daemon=True).start()
        while waiting:
            key, future = waiting.popleft()
            future.exception()  # waits
            yield key, future
            del future  # the result may be large
            waiting.extend(_put(tasks, key) for key in islice(coming, 1))
    finally:
        for _, future in waiting:
            future.cancel()
        for _ in range(workers):
            tasks.put(None)


def begun(get: Callable[[], T]) -> Future[T]:
    """`get()`, under way in a thread that nobody waits for at the end."""
    future = Future[T]()
    work = partial(_do, None, future, lambda _: get())
    Thread(target=work, name="gmailkit-begun", daemon=True).start()
    return future


def _put(tasks: SimpleQueue[tuple[K, Future[T]] | None], key: K) -> tuple[K, Future[T]]:
    task = key, Future[T]()
    tasks.put(task)
    return task


def _work(tasks: SimpleQueue[tuple[K, Future[T]] | None], get: Callable[[K], T]) -> None:
    while (task := tasks.get()) is not None:
        _do(*task, get)
        del task  # the result may be large


def _do(key: K, future: Future[T], get: Callable[[K], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(get(key))
    except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
        future.set_exception(error)
    finally:
        del future  # else the error would hold it, and it the error
