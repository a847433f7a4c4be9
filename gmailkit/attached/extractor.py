"""Text out of attached files, whatever is in them: in bounded time and memory, or not at all."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from threading import Event, Timer
from typing import Final

import msgspec

from gmailkit.attached.kinds import UTF_16, Kind, kind_of
from gmailkit.attached.pipe import begin, read, write
from gmailkit.attached.worker import MOST_TEXT, SECONDS, Answer, Question
from gmailkit.mime.charset import decode_text
from gmailkit.model.mail import Attachment
from gmailkit.query.page import read_page

MOST_BYTES: Final = 30 << 20  # of a file
PATIENCE: Final = 4 * SECONDS  # what does not heed its own clock is ended
_WORKER: Final = "gmailkit.attached.worker"


class Extractor:
    """Reads one file after another; the process for what needs libraries is begun when it is
    needed, and anew when it has died. Use it as a context manager, from one thread.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(OSError):
                process.kill()
            process.communicate()

    def read(self, attachment: Attachment) -> Answer | None:
        """Its text, or why that was not read; None for a file that holds none."""
        kind = kind_of(attachment)
        if kind is None:
            return None
        if attachment.size > MOST_BYTES:
            return Answer(unread="too large")
        if kind.is_plain:
            return _plain(kind, attachment.content)
        return self._asked(Question(kind, attachment.content))

    def _asked(self, question: Question) -> Answer:
        process = self._running()
        if process is None or process.stdin is None or process.stdout is None:
            return Answer(unread="no process to read it in")
        late = Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = Timer(PATIENCE, end)
        timer.start()
        try:
            write(process.stdin, msgspec.msgpack.encode(question))
            answer = read(process.stdout)
        except OSError:
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            self.close()
            return Answer(unread="took too long" if late.is_set() else "broken")
        return msgspec.msgpack.decode(answer, type=Answer)

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None and sys.executable:
            with suppress(OSError):
                self._process = begin(_WORKER)
        return self._process


def _plain(kind: Kind, content: bytes) -> Answer:
    text = decode_text(content, "utf-16" if content.startswith(UTF_16) else "")
    if kind is Kind.HTML:
        text = read_page(text).text
    return Answer(text[:MOST_TEXT], "too long" if len(text) > MOST_TEXT else "")
