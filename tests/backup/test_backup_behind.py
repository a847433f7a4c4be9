"""What is packed and written while the next is gathered, or read before its turn: in its order, and
never unseen."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from disks import Watched, message
from gmailkit.backup.behind import DEPTH, Behind
from gmailkit.backup.folder import Backup
from gmailkit.errors import CannotWrite


@pytest.fixture
def behind() -> Iterator[Behind]:
    one = Behind()
    yield one
    one.close()


def test_jobs_are_done_in_their_order_beside_who_gives_them(behind: Behind) -> None:
    done: list[tuple[int, bool]] = []
    here = threading.get_ident()
    for number in range(5 * DEPTH):
        behind.do(lambda n=number: done.append((n, threading.get_ident() == here)))
    behind.wait()
    assert done == [(number, False) for number in range(5 * DEPTH)]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), KeyboardInterrupt()], ids=repr)
def test_what_fails_is_the_last_that_is_begun_and_is_told(
    behind: Behind, error: BaseException
) -> None:
    begun: list[str] = []
    go_on = threading.Event()

    def fail() -> None:
        begun.append("the one that fails")
        go_on.wait()
        raise error

    behind.do(fail)
    behind.do(lambda: begun.append("the next"))
    go_on.set()
    with pytest.raises(type(error)):
        behind.wait()
    behind.do(lambda: begun.append("one more"))
    behind.wait()
    assert begun == ["the one that fails"]


def test_who_has_closed_it_is_alone_whatever_interrupts(behind: Behind) -> None:
    done: list[str] = []
    main = threading.get_ident()

    def job() -> None:
        behind._failed.wait()  # until `close` is called
        signal.pthread_kill(main, signal.SIGINT)
        time.sleep(0.1)
        done.append("to its end")

    behind.do(job)
    with pytest.raises(KeyboardInterrupt):
        behind.close()
    assert done == ["to its end"]


def test_a_frame_that_could_not_be_written_is_told_before_anything_is_called_saved(
    quick_path: Path,
) -> None:
    """Also where many messages were taken meanwhile, and to whoever asks again."""
    written: list[str] = []

    def fail(step: str, path: Path) -> None:
        if step == "write" and path.parent.name == "packs":
            written.append(step)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with (
        pytest.raises(CannotWrite, match="failed before"),
        Backup.open(quick_path, create=True, storage=Watched(fail)) as backup,
    ):
        with pytest.raises(CannotWrite, match="No space left"):
            for number in range(40):
                backup.add(message(number, size=40_000))
            backup.flush()
        backup.flush()
    assert written == ["write"]
