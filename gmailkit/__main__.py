"""`gmailkit` and `python -m gmailkit`."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from typing import NoReturn


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):  # answered before anything heavy is loaded
        from gmailkit import __version__

        with contextlib.suppress(OSError):  # where nobody reads it, the long way below says so
            sys.stdout.write(f"gmailkit {__version__}\n")
            sys.stdout.flush()
            return
    from gmailkit.cli.app import run

    _leave(run(sys.argv[1:]))


def _leave(code: int) -> NoReturn:
    """End now: everything is closed and written.

    Python would take itself to pieces first. That is a fifth of what a short command takes, and
    it pulls the ground from under threads that still read or write: one that fetches may sleep
    minutes before its next try, so they are not waited for.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
