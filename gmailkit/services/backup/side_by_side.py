"""The API and IMAP at the same time, each within its own limit: the API from the newest message on,
IMAP from the oldest, until they meet.

What IMAP does not give as it should, the API is asked for. A way that ends (the bandwidth of the
day, the units of the run, a server that refuses) leaves what it had begun to the other.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from functools import partial
from queue import Full, Queue

from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.errors import GmailKitError
from gmailkit.model.ids import MessageId
from gmailkit.services.backup.by_imap import AT_MOST, TOGETHER, ByImap
from gmailkit.services.backup.pool import Pool
from gmailkit.stores.gmail.bodies import Body, Came, May, body, is_of_a_message

_WAITING = 16  # messages that have come and are not taken yet
_LOOK = 0.2  # seconds between two looks whether anybody still waits for them
_MOMENT = 2.0
_NAMES = {"api": "Gmail's API", "imap": "Gmail's IMAP"}
_log = logging.getLogger(__name__)


class SideBySide:
    """Both ways; with `alone` IMAP, and then the API for what that does not give."""

    def __init__(self, client: Client, imap: ByImap, *, alone: bool = False) -> None:
        self._messages = client.messages
        self._imap = imap
        self._alone = alone

    def fetch(self, ids: Iterable[MessageId], may: May) -> Generator[Came, None, None]:
        self._imap.list_labels()
        pool, run = Pool(ids, may), _Run()
        by_imap = partial(self._by_imap, run, pool)
        by_api = partial(self._by_api, run, pool)
        try:
            if self._alone:
                yield from run.brought({"imap": by_imap})
                if not run.ended:
                    yield from run.brought({"api": partial(by_api, pool.for_api())})
            else:
                yield from run.brought({"api": partial(by_api, pool.newest()), "imap": by_imap})
                if "api" not in run.ended:  # what the other left after this one had ended
                    yield from run.brought({"api": partial(by_api, pool.newest())})
                elif "imap" not in run.ended:
                    yield from run.brought({"imap": by_imap})
        finally:
            run.stop()
        if len(pool) and run.ended and may():
            raise run.ended.get("api") or run.ended["imap"]

    def _by_api(self, run: _Run, pool: Pool, ids: Iterator[MessageId]) -> None:
        ended: list[GmailKitError] = []

        def while_it_works() -> Iterator[MessageId]:
            for id in ids:
                yield id
                if ended:
                    return

        with closing(fetch_raw(self._messages, while_it_works())) as coming:
            for id, result in coming:
                error = result.exception()
                if isinstance(error, GmailKitError) and not is_of_a_message(error):
                    pool.give_back([id])
                    ended.append(error)
                else:
                    run.take(id, partial(body, result.result))
        if ended:
            raise ended[0]

    def _by_imap(self, run: _Run, pool: Pool) -> None:
        while some := pool.oldest(self._imap.size, most=TOGETHER, bytes=AT_MOST):
            left = dict.fromkeys(some)
            try:
                for id, came in self._imap.bodies(some):
                    if came is None:
                        pool.leave_to_api(id)
                    else:
                        run.take(id, came.itself)
                    del left[id]
            finally:
                pool.give_back(left)


class _Stopped(Exception):
    """Nobody waits any more."""


class _Run:
    """Threads of several ways, and what they bring. `ended`: which could not go on, and why."""

    def __init__(self) -> None:
        self.ended: dict[str, GmailKitError] = {}
        self._came: Queue[Came | str] = Queue(maxsize=_WAITING)  # or the name of a way at its end
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._broken: list[BaseException] = []

    def brought(self, ways: Mapping[str, Callable[[], None]]) -> Iterator[Came]:
        for name, way in ways.items():
            # Python joins the threads of its own executor when it exits, however long they take.
            thread = threading.Thread(target=self._go, args=(name, way, ways), daemon=True)
            self._threads.append(thread)
            thread.start()
        running = len(ways)
        while running:
            came = self._came.get()
            if isinstance(came, str):
                running -= 1
            else:
                yield came
            if self._broken:
                raise self._broken[0]

    def take(self, id: MessageId, result: Callable[[], Body]) -> None:
        self._put((id, result))

    def stop(self) -> None:
        """What is under way is waited for a moment: a Ctrl-C must not hang on a slow answer."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(_MOMENT)

    def _go(self, name: str, way: Callable[[], None], ways: Collection[str]) -> None:
        try:
            way()
        except _Stopped:
            return
        except GmailKitError as error:
            self.ended[name] = error
            if other := next((other for other in ways if other not in self.ended), ""):
                _log.warning("%s ended: %s %s goes on.", _NAMES[name], error.message, _NAMES[other])
        except BaseException as error:  # noqa: BLE001 - raised where the messages are asked for
            self._broken.append(error)
        with suppress(_Stopped):
            self._put(name)

    def _put(self, came: Came | str) -> None:
        while not self._stopped.is_set():
            try:
                self._came.put(came, timeout=_LOOK)
            except Full:
                continue
            return
        raise _Stopped
