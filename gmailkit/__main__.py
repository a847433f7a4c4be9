"""`gmailkit` and `python -m gmailkit`."""

from __future__ import annotations

import contextlib
import os
import sys
import threading


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):  # answered before anything heavy is loaded
        from gmailkit import __version__

        sys.stdout.write(f"gmailkit {__version__}\n")
        return
    from gmailkit.cli.app import run

    _leave(run(sys.argv[1:]))


def _leave(code: int) -> None:
    """End now. Python would wait for a worker that sleeps before its next try, maybe minutes."""
    if any(thread.name.startswith("gmailkit-fetch") for thread in threading.enumerate()):
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
