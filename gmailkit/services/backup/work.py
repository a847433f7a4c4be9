"""What all steps of one run stand on, and what they have done so far."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from gmailkit.backup.events import Cursor
from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.model.ids import MessageId
from gmailkit.services.backup.account import Account
from gmailkit.services.backup.choice import Choice
from gmailkit.services.backup.following import Following, Told
from gmailkit.services.backup.reading import Reading
from gmailkit.services.backup.report import Mode, Reconciled
from gmailkit.services.backup.wanted import WIDTH, Wanted
from gmailkit.services.labels import LabelNames


class Place(msgspec.Struct, frozen=True):
    """Where a run begins: what the backup had remembered of it, what history told since then (None
    where it does not reach so far), and where history goes on from now.
    """

    cursor: Cursor | None
    told: Told | None
    history: int

    def covers(self, wanted: Wanted) -> bool:
        """Whether history has told all that such a run is for."""
        if self.cursor is None or self.told is None:
            return False
        return WIDTH[self.cursor.covers] >= WIDTH[wanted.covers]


class Work(msgspec.Struct):
    """`messages` are those of the mailbox, where it was asked for them."""

    client: Client
    names: LabelNames
    account: Account
    wanted: Wanted
    choice: Choice
    following: Following
    reading: Reading
    clock: Clock
    mode: Mode = "full"
    messages: int | None = None
    present: int = 0
    left_out: int | None = None
    let_go: int = 0
    reconciled: Reconciled | None = None
    gone: set[MessageId] = msgspec.field(default_factory=set)
    read_settings: bool = False
    settings: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)

    def unread(self, before: Collection[str]) -> tuple[str, ...]:
        """What later runs shall try again, those first that this one did not; of those that were
        not there only fresh ones, since Gmail may know a message by its id a moment later than by
        its history. A listing that came to its end proves what there was then, and history which of
        the others are `gone`.
        """
        failed, absent = self.reading.failed(), self.reading.absent()
        fresh = [id for id in absent if id not in before and id not in self.gone]
        if self.reconciled:
            found = (*failed, *self.reconciled.unexplained, *fresh)
            return tuple(dict.fromkeys(found))
        return (*self.left(before), *failed, *fresh)

    def left(self, before: Collection[str]) -> tuple[str, ...]:
        """What earlier runs could not read and this one did not try."""
        if self.reconciled:
            return ()
        tried = self.reading.failed().keys() | self.reading.absent()
        return tuple(x for x in before if x not in tried and self.account.known(x) is None)

    def take_drafts(self) -> None:
        """5 units a page of 500."""
        self.account.take_drafts(self.client.drafts.list())
