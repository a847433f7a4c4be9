"""What a backup tells: while it runs, and at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from gmailkit.errors import Failure
from gmailkit.model.ids import MessageId

Mode = Literal["full", "incremental", "partial"]


class Progress(msgspec.Struct, frozen=True):
    """`done` of `total` messages of this run, `bytes` of mail so far; reading the others costs
    `units`. The first one comes before anything is read.
    """

    done: int
    total: int
    bytes: int
    units: int


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """Gmail compared with the backup, message by message and label by label: so many each of them
    holds. `mended` counts what history had not told of and was put right: messages read, labels
    and deletions noted. `differ` are the messages that still differ, each with its reason,
    `unexplained` those of them for which there is none.
    """

    gmail: int
    backup: int
    mended: int = 0
    differ: tuple[Failure, ...] = ()
    unexplained: tuple[MessageId, ...] = ()


class BackupReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did.

    `mode`: "full" (Gmail was listed), "incremental" (its history told what changed) or "partial"
    (a choice of messages). `wanted` messages matched, `present` were saved before, `fetched` are
    new. `gone` were deleted between listing and reading, `deleted` were saved and Gmail has them
    no more, `relabelled` bear other labels than before. `left_out` counts the messages that matched
    but lie in Spam or Trash, which are taken only when named; None where nobody counted. `let_go`:
    so many that matched were left out by a compaction.
    `settings` names those that were saved because they had changed. `bytes` is the mail fetched by
    this run, of which so many messages came `by_imap` and are unproven; `notes` what opening the
    folder mended after an earlier stop, and what Gmail did not give.
    """

    path: Path
    account: str
    mode: Mode = "full"
    wanted: int
    present: int
    fetched: int
    gone: tuple[MessageId, ...] = ()
    deleted: int = 0
    relabelled: int = 0
    left_out: int | None = None
    let_go: int = 0
    settings: tuple[str, ...] = ()
    reconciled: Reconciled | None = None
    bytes: int = 0
    by_imap: int = 0
    notes: tuple[str, ...] = ()
