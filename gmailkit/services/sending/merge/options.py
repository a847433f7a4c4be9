"""How a merge is to be done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gmailkit.errors import UsageError
from gmailkit.record.ledger import Way

TableFormat = Literal["csv", "tsv", "jsonl", "xlsx"]
DAY_LIMIT = 500  # recipients in 24 hours that Gmail lets a gmail.com account write to


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOptions:
    """What the caller may choose.

    way           as in `send`: None (by drafts, where the sign-in may), "fast" or "smtp"; what an
                  earlier run began by another way is brought to an end by that one
    rate          messages a minute at most; None: as fast as the quota lets them
    limit         messages in this run at most
    only_failed   rows alone that were tried before and not sent
    day_limit     recipients in 24 hours at most, all of the ledger counted
    allow_empty   an empty cell is meant
    attach_from   more folders that attachments and pictures may lie in
    receipts      the file to write; None: none
    table_format  what the table is, whatever its name ends in
    keep_table    keep a copy of it in the account's state folder until all of it was sent, since it
                  cannot be had again
    """

    way: Way | None = None
    rate: float | None = None
    limit: int | None = None
    only_failed: bool = False
    day_limit: int = DAY_LIMIT
    allow_empty: bool = False
    attach_from: tuple[Path, ...] = ()
    receipts: Path | None = None
    table_format: TableFormat | None = None
    keep_table: bool = False

    def __post_init__(self) -> None:
        for name in ("rate", "limit", "day_limit"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"A {name.replace('_', ' ')} of {value} sends nothing.")
