"""Where log lines go: stderr, or the file of --log-file; redacted in every case."""

from __future__ import annotations

import logging
import os
from typing import TextIO

from gmailkit.cli import moving, screen
from gmailkit.cli.state import State
from gmailkit.errors import CannotWrite
from gmailkit.paths import PRIVATE_FILE
from gmailkit.secret import RedactingFormatter

LINE = "gmailkit: %(message)s"
FULL_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _Formatter(RedactingFormatter):
    """Without secrets, and without what could steer the terminal it is read on."""

    def format(self, record: logging.LogRecord) -> str:
        return screen.visible_text(super().format(record))


class _Handler(logging.StreamHandler[TextIO]):
    """To the terminal on which progress may move."""

    def emit(self, record: logging.LogRecord) -> None:
        with moving.wiped():
            super().emit(record)


def start_log(state: State) -> None:
    """Warnings always, more with -v, everything (other libraries too) with --debug."""
    handler = _handler(state)
    full = state.debug or state.verbose > 1 or state.log_file is not None
    handler.setFormatter(_Formatter(FULL_LINE if full else LINE))
    if not state.debug:
        handler.addFilter(logging.Filter("gmailkit"))
    root = logging.getLogger()
    root.addHandler(handler)
    state.closing.callback(root.removeHandler, handler)
    _set_level(state, logging.getLogger("gmailkit"), _level(state))
    if state.debug:
        _set_level(state, root, logging.DEBUG)
    logging.captureWarnings(True)  # else Python prints them by itself, unredacted
    state.closing.callback(logging.captureWarnings, False)


def _set_level(state: State, logger: logging.Logger, level: int) -> None:
    state.closing.callback(logger.setLevel, logger.level)
    logger.setLevel(level)


def _level(state: State) -> int:
    if state.debug or state.verbose > 1:
        return logging.DEBUG
    if state.verbose or state.log_file:
        return logging.INFO
    return logging.ERROR if state.quiet else logging.WARNING


def _handler(state: State) -> logging.Handler:
    if state.log_file is None:
        return _Handler()
    try:
        descriptor = os.open(state.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    except OSError as error:
        raise CannotWrite(
            f"Cannot write the log {state.log_file}: {error.strerror}.",
            path=state.log_file,
            hint="Name another file with --log-file.",
        ) from error
    stream = os.fdopen(descriptor, "a", encoding="utf-8")
    state.closing.callback(stream.close)
    return logging.StreamHandler(stream)
