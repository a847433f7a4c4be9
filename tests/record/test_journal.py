"""The journal of changes: whose turn it is."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from gmailkit.errors import Conflict
from gmailkit.record.journal import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(lambda: tmp_path, by="gmailkit star")) as found:
        yield found


def test_who_waits_longer_than_a_second_says_for_whom_once(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told, inside = Event(), Event()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.set()

    def wait() -> None:
        with closing(Journal(lambda: tmp_path, by="Python")) as other, other.alone():
            inside.set()

    log = logging.getLogger("gmailkit.record.book")
    log.addHandler(handler := Handler())
    try:
        with journal.alone():
            waiting = Thread(target=wait)
            waiting.start()
            assert told.wait(60)
            assert not inside.is_set()
        waiting.join(60)
    finally:
        log.removeHandler(handler)
    assert inside.is_set()
    said = [each.getMessage() for each in caplog.records]
    assert said == [f"Waiting for another run: gmailkit star (process {os.getpid()})."]


def test_a_change_within_a_change_is_an_error_and_no_wait_for_ever(journal: Journal) -> None:
    with journal.alone(), pytest.raises(Conflict, match="same thread"), journal.alone():
        pass
    with journal.alone():
        pass
