"""Several processes that read messages, while this one writes what they found."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue

import msgspec

from gmailkit.attached.pipe import begin, read, write
from gmailkit.mime.parse import parse_headers
from gmailkit.query.document import Document
from gmailkit.query.row import row_of
from gmailkit.services.offline.rows import Done, Job

WORTH_IT = 2_000  # messages; fewer are read before the processes have begun
MOST = 4
_AT_ONCE = 100
_BYTES_AT_ONCE = 2 << 20
_AHEAD, _BYTES_AHEAD = 24, 16 << 20  # batches; they have work while what they read is written
_WORKER = "gmailkit.services.offline.worker"
_DONE = tuple[Done, ...]


def read_by_others(jobs: Iterable[Job]) -> Iterator[Done]:
    """What they read, in the order of the jobs; a few megabytes of them are on their way.

    A message that no process survives is kept with its header alone.
    """
    count = min(max((os.cpu_count() or 1) - 1, 1), MOST)
    free: SimpleQueue[_Reader] = SimpleQueue()
    readers = [_Reader() for _ in range(count)]
    for reader in readers:
        free.put(reader)

    def work(some: Sequence[Job]) -> Sequence[Done]:
        reader = free.get()
        try:
            return reader.read(some)
        finally:
            free.put(reader)

    under_way: deque[tuple[int, Future[Sequence[Done]]]] = deque()
    size = 0
    pool = ThreadPoolExecutor(count)
    try:
        for some in _batches(jobs):
            under_way.append((sum(len(job.raw) for job in some), pool.submit(work, some)))
            size += under_way[-1][0]
            while len(under_way) > (_AHEAD if size < _BYTES_AHEAD else 2 * count):
                taken, done = under_way.popleft()
                size -= taken
                yield from done.result()
        while under_way:
            yield from under_way.popleft()[1].result()
    finally:
        for reader in readers:
            reader.close()
        pool.shutdown(cancel_futures=True)


def _batches(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    some: list[Job] = []
    size = 0
    for job in jobs:
        some.append(job)
        size += len(job.raw)
        if len(some) >= _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


class _Reader:
    """One process, begun when it is needed, and anew when it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def read(self, jobs: Sequence[Job]) -> Sequence[Done]:
        done = self._asked(jobs)
        if done is None:  # one of them ended it
            return [done for job in jobs for done in self._asked([job]) or [_header_of(job)]]
        return done

    def close(self) -> None:
        self._closed = True
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):  # what could not be written any more
                    if stream:
                        stream.close()

    def _asked(self, jobs: Sequence[Job]) -> Sequence[Done] | None:
        if self._closed:
            return None
        process = self._process = self._process or begin(_WORKER)
        try:
            assert process.stdin  # noqa: S101 - for the type checker
            assert process.stdout  # noqa: S101
            write(process.stdin, msgspec.msgpack.encode(tuple(jobs)))
            answer = read(process.stdout)
        except (OSError, ValueError):
            answer = None
        if answer is None:
            self._end()
            return None
        return msgspec.msgpack.decode(answer, type=_DONE)


def _header_of(job: Job) -> Done:
    mail = parse_headers(job.raw)
    document = Document.of(mail, labels=(), date=job.date, size=len(job.raw))
    return Done(job.key, row_of(document), (("", "in a message that cannot be taken apart"),))
