"""What `gmailkit sandbox` can be told about quotas and troubles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from gmailkit.sandbox import Limits

Prices = Literal["new", "old"]

# What a user may spend in a minute under each table (reference/quota).
_USUAL = {"new": 6_000, "old": 15_000}

Latency = Annotated[
    int, typer.Option("--latency", metavar="MS", min=0, help="What each answer takes.")
]
Faults = Annotated[
    str,
    typer.Option(
        "--faults",
        metavar="SPEC",
        help="Requests to spoil: FAULT[:METHOD[:TIMES]], separated by commas, such as "
        "503:messages.get:3,drop-after:messages.send,500::20%.",
    ),
]
PriceTable = Annotated[
    Prices | None,
    typer.Option(
        "--prices",
        metavar="TABLE",
        help="Charge units and refuse what is too much: new (since May 2026) or old prices.",
    ),
]
UnitsPerMinute = Annotated[
    int | None,
    typer.Option(
        "--units-per-minute", metavar="N", min=1, help="A user's limit; 6000, or 15000 with old."
    ),
]
Admin = Annotated[bool, typer.Option("--admin", help="Open /__admin__ for tests in any language.")]


def limits_of(prices: Prices | None, units_per_minute: int | None) -> Limits | None:
    """None without either option: nothing is limited."""
    from gmailkit.sandbox import Limits

    if prices is None and units_per_minute is None:
        return None
    table = prices or "new"
    return Limits(prices=table, units_per_minute=units_per_minute or _USUAL[table])
