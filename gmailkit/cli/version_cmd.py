"""`gmailkit version`."""

from __future__ import annotations

import typer

from gmailkit import __version__
from gmailkit.cli.command import command
from gmailkit.cli.state import State

LIBRARIES = ("google-api-python-client", "google-auth", "requests", "typer", "msgspec")


@command
def version(ctx: typer.Context) -> None:
    """Print the version.

    With --json also those of Python, SQLite and the main libraries.

    Examples:
      gmailkit version
      gmailkit version --json

    Needs: nothing; works offline.
    """
    out = State.of(ctx).out
    if out.json:
        out.document(_all())
    else:
        out.line(f"gmailkit {__version__}")


def _all() -> dict[str, object]:
    import platform
    import sqlite3
    from importlib.metadata import version as installed

    return {
        "gmailkit": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: installed(name) for name in LIBRARIES},
    }
