"""What the files of a backup are held against when they are verified."""

from __future__ import annotations

import msgspec

from gmailkit.backup.heads import Heads
from gmailkit.backup.index import Index
from gmailkit.backup.known_damage import KnownDamage
from gmailkit.backup.report import Findings


class Against(msgspec.Struct, frozen=True):
    """The index, None where there is none that can be used; what is known to be damaged; heads that
    somebody kept. What does not agree goes into `found`.
    """

    index: Index | None
    damage: KnownDamage
    heads: Heads
    found: Findings
