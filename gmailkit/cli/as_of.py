"""--as-of: a backup as it was known to be at the end of a day, or at a moment."""

from __future__ import annotations

from typing import Annotated

import typer

AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help='As the backup stood then: 2026-03-01, yesterday, "monday 9:00", "2 days ago", 3h.',
    ),
]
