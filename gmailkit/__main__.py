"""`gmailkit` and `python -m gmailkit`."""

from __future__ import annotations

import sys


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-V"]):  # answered before anything heavy is loaded
        from gmailkit import __version__

        sys.stdout.write(f"gmailkit {__version__}\n")
        return
    from gmailkit.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
