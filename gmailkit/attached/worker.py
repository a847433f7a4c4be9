"""The process in which documents of strangers are read: `python -m gmailkit.attached.worker`.

It may take so much memory and so long for each, and can be ended at any time. Through its pipes go
a `Question` and an `Answer` each.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from types import FrameType

import msgspec

from gmailkit.attached.documents import Unreadable, load, pieces
from gmailkit.attached.kinds import Kind
from gmailkit.attached.pipe import read, write

SECONDS = 5.0  # for a file
MEMORY = 512 << 20  # bytes that it may hold
ADDRESSES = 1536 << 20
MOST_TEXT = 500_000  # characters of a file that are kept
NEEDS_EXTRA = "without gmailkit[text]"


class Question(msgspec.Struct, array_like=True):
    kind: Kind
    content: bytes


class Answer(msgspec.Struct, array_like=True):
    """`unread` says why, where the text is not there or ends before its time."""

    text: str = ""
    unread: str = ""


def main() -> None:
    _limit()
    decoder, encoder = msgspec.msgpack.Decoder(Question), msgspec.msgpack.Encoder()
    while (question := read(sys.stdin.buffer)) is not None:
        answer = _answer(decoder.decode(question))
        write(sys.stdout.buffer, encoder.encode(answer))
        if answer.unread == "too much memory":
            return  # what is left of it is not worth trying


def _answer(question: Question) -> Answer:
    found: list[str] = []
    try:
        load(question.kind)
        with suppress(AttributeError):  # Windows: whoever asked ends it
            signal.signal(signal.SIGALRM, _late)
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
        unread = _read(question, found)
    except _Late:
        unread = "took too long"
    except MemoryError:
        unread = "too much memory"
    except ImportError:
        unread = NEEDS_EXTRA
    except Unreadable as error:
        unread = str(error)
    except (Exception, RecursionError):  # noqa: BLE001 - there is no end to what is broken
        unread = "broken"
    finally:
        with suppress(AttributeError):
            signal.setitimer(signal.ITIMER_REAL, 0)
    return Answer("\n".join(found)[:MOST_TEXT].encode("utf-8", "replace").decode(), unread)


def _read(question: Question, found: list[str]) -> str:
    size = 0
    for piece in pieces(question.kind, question.content):
        found.append(piece)
        size += len(piece)
        if size > MOST_TEXT:
            return "too long"
    return ""


class _Late(BaseException):
    """Not an Exception: libraries catch those."""


def _late(signum: int, frame: FrameType | None) -> None:
    raise _Late


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),  # it writes into its pipe alone
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_AS, ADDRESSES),
    ):
        with suppress(ValueError, OSError):  # it is less already, or unknown to the system
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
