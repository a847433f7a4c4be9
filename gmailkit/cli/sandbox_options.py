"""What `gmailkit sandbox` can be told about quotas and troubles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
RecipientsPerDay = Annotated[
    int | None,
    typer.Option(
        "--recipients-per-day",
        metavar="N",
        min=0,
        help="All of a user's messages together; 500 with the two options before.",
    ),
]


def _port(flag: str, protocol: str) -> Any:
    help = f"Speak {protocol} there too; 0 takes a free port."
    return typer.Option(flag, metavar="N", min=0, max=65535, help=help)


ImapPort = Annotated[int | None, _port("--imap-port", "IMAP")]
Pop3Port = Annotated[int | None, _port("--pop3-port", "POP3")]
SmtpPort = Annotated[int | None, _port("--smtp-port", "SMTP with STARTTLS")]
SmtpsPort = Annotated[int | None, _port("--smtps-port", "SMTP with TLS from the first byte")]
Admin = Annotated[bool, typer.Option("--admin", help="Open /__admin__ for tests in any language.")]


def limits_of(
    prices: Prices | None, units_per_minute: int | None, recipients_per_day: int | None = None
) -> Limits | None:
    """None without any of the options: nothing is limited."""
    from gmailkit.sandbox.limits import NO_LIMITS, Limits

    table = prices or "new"
    usual = Limits(prices=table, units_per_minute=units_per_minute or _USUAL[table])
    paced = prices is not None or units_per_minute is not None
    if recipients_per_day is None:
        return usual if paced else None
    return replace(usual if paced else NO_LIMITS, recipients_per_day=recipients_per_day)
