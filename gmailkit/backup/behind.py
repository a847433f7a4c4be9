"""Work that is done in turn by a thread of its own, while the next piece is made ready."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

DEPTH = 4  # pieces under way: one at work, the others so that neither side waits for the other


class Behind:
    """Does one job after the other, in the order given, beside the thread that gives them.

    The first that fails is the last that is begun: what it raised, Ctrl-C and the like included, is
    raised by the next `do` or `wait`. Whoever has called `wait` is alone again.
    """

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._jobs: deque[Future[None]] = deque()
        self._failed = threading.Event()
        self._at_work = threading.Lock()

    def do(self, job: Callable[[], None]) -> None:
        """Soon; waits while there is much to do already."""
        if self._thread is None:
            from concurrent.futures import ThreadPoolExecutor  # a run without new mail needs none

            self._thread = ThreadPoolExecutor(1, "gmailkit-pack")
        while len(self._jobs) >= DEPTH or (self._jobs and self._jobs[0].done()):
            self._jobs.popleft().result()
        self._jobs.append(self._thread.submit(self._run, job))

    def wait(self) -> None:
        """Return when all that was given is done."""
        while self._jobs:
            self._jobs.popleft().result()

    def close(self) -> None:
        """Return when nothing is at work any more; what was not begun is left. Ctrl-C has to wait:
        the folder is not let go while somebody writes there.
        """
        interrupted: BaseException | None = None
        while True:
            try:
                self._failed.set()
                with self._at_work:  # (a join that is interrupted takes the thread for ended)
                    break
            except KeyboardInterrupt as error:
                interrupted = error
        if self._thread:
            self._thread.shutdown(wait=False)
        if interrupted:
            raise interrupted

    def _run(self, job: Callable[[], None]) -> None:
        with self._at_work:
            if self._failed.is_set():
                return
            try:
                job()
            except BaseException:
                self._failed.set()
                raise
