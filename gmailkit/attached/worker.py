"""The process in which documents of strangers are read: `python -m gmailkit.attached.worker`.

It may take so much memory and so long for each, and can be ended at any time. A question is four
bytes of length and a `Question`, an answer four bytes and an `Answer`.
"""

from __future__ import annotations

import signal
import struct
import sys
from contextlib import suppress
from types import FrameType
from typing import IO

import msgspec

from gmailkit.attached.documents import Unreadable, load, pieces
from gmailkit.attached.kinds import Kind

SECONDS = 5.0  # for a file
MEMORY = 512 << 20  # bytes that it may hold
ADDRESSES = 1536 << 20
MOST_TEXT = 500_000  # characters of a file that are kept
NEEDS_EXTRA = "without gmailkit[text]"
LENGTH = struct.Struct(">I")


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


def read(stream: IO[bytes]) -> bytes | None:
    """One message; None when there is no more."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    content = stream.read(LENGTH.unpack(head)[0])
    return content if len(content) == LENGTH.unpack(head)[0] else None


def write(stream: IO[bytes], content: bytes) -> None:
    stream.write(LENGTH.pack(len(content)))
    stream.write(content)
    stream.flush()


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
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))


if __name__ == "__main__":
    main()
