"""Texts that stand in an option, a file or standard input."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from gmailkit.cli.state import State
from gmailkit.errors import UsageError


def text(state: State, given: str | None, file: Path | None) -> str | None:
    """What --body or --body-file say, "-" being standard input; None when neither was given."""
    if given is not None and file is not None:
        raise UsageError("The text is given twice.", hint="Use --body or --body-file.")
    if file is not None:
        return stdin(state) if str(file) == "-" else _read(file)
    return stdin(state) if given == "-" else given


def html(state: State, given: str) -> str:
    """What --html says: HTML itself (it begins with <), a file, or "-" for standard input."""
    if given == "-":
        return stdin(state)
    return _read(Path(given)) if _is_file(given) else given


def folder_of(given: str) -> Path | None:
    """Where the pictures are looked for that --html shows: beside its file."""
    return Path(given).parent if given != "-" and _is_file(given) else None


def stdin(state: State) -> str:
    """All of standard input; the person at a terminal is told how to end it."""
    if sys.stdin.isatty():
        if state.no_input:
            raise UsageError("The message has no text.", hint="Give it with --body or --body-file.")
        state.out.say("Text, then Ctrl-D on a line of its own:")
    return _decode(sys.stdin.buffer.read(), "Standard input")


def stdin_bytes(state: State) -> bytes:
    """All of standard input, whatever it is."""
    if sys.stdin.isatty():
        raise UsageError(
            "Standard input is this terminal, not a file.", hint="Pipe it in: date | gmailkit ..."
        )
    return sys.stdin.buffer.read()


def piped_bytes() -> int:
    """How many wait in the pipe that is standard input; never waits for any. 0 where it is none."""
    if os.name != "posix":
        return 0
    import fcntl
    import struct
    import termios

    try:
        descriptor = sys.stdin.fileno()
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return 0
        (count,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))
    except (OSError, ValueError, AttributeError):  # it is closed, or none of the system's
        return 0
    return int(count)


def _is_file(html: str) -> bool:
    return bool(html) and not html.lstrip().startswith("<")


def _read(path: Path) -> str:
    try:
        return _decode(path.read_bytes(), str(path))
    except OSError as error:
        message = f"Cannot read {path}: {error.strerror}."
        raise UsageError(message, hint="Check the path.") from error


def _decode(content: bytes, what: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            f"{what} is not text in UTF-8.", hint="Convert it, or attach it with --attach."
        ) from None
