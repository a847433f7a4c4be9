"""Messages read from Gmail into the backup, a few at a time, newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from itertools import chain

from gmailkit.backup.record import Record
from gmailkit.client.client import Client
from gmailkit.errors import (
    BudgetSpent,
    CannotDo,
    Failure,
    GmailKitError,
    NotFound,
    Refused,
    ServerFault,
    TimeSpent,
    UsageError,
)
from gmailkit.model.content import IN_MEMORY
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.shape import to_millis
from gmailkit.services.backup.account import Account
from gmailkit.services.backup.bodies import Bodies, Body
from gmailkit.services.backup.matrix import Ids
from gmailkit.services.backup.report import Progress
from gmailkit.services.labels import LabelNames
from gmailkit.wire.methods import find

GIVE_UP_AFTER = 10  # failures in a row: it is the service then, not the messages
_DRAFT = LabelId("DRAFT")


class Reading:
    """Reads what it is told to, in one round or several; what became of it all stands here.

    `failed` could not be read, `absent` were not there; so many were `tried`, these included, and
    `drafts` tells whether one was among the others. The `stubborn` have failed before: they come
    last, and that they do so again tells nothing of the service; `again` are those of them that
    were tried.
    """

    def __init__(
        self,
        client: Client,
        account: Account,
        names: LabelNames,
        *,
        bodies: Bodies,
        stubborn: Collection[str],
        is_over: Callable[[], bool],
        tell: Callable[[Progress], None],
    ) -> None:
        self._bodies = bodies
        self._account = account
        self._names = names
        self._stubborn = frozenset(stubborn)
        self._is_over = is_over
        self._tell = tell
        self._price = find("messages.get").price(client.prices)
        self._in_a_row = 0
        self._stop: BudgetSpent | None = None
        self._done = 0
        self._total = 0
        self.failed: dict[MessageId, Failure] = {}
        self.absent: dict[MessageId, None] = {}
        self.again: set[MessageId] = set()
        self.tried = 0
        self.drafts = False
        self.fetched = 0
        self.unproven = 0
        self.bytes = 0

    def read(self, ids: Collection[MessageId]) -> None:
        """Save these. When the time or the units are spent nothing more is begun, what is under way
        is waited for and saved, and TimeSpent or BudgetSpent raised. Raises the service's error
        when ten in a row fail.
        """
        self._total += len(ids)
        self._progress()
        done = self._done
        with closing(self._bodies.fetch(self._in_order(ids), self._may)) as coming:
            for id, result in coming:
                self._take(id, result)
        self._account.folder.flush()
        if self._stop:
            raise self._stop
        if self._done - done < len(ids):
            left = self._total - self._done
            raise TimeSpent(
                f"The time of this run is over: {self.fetched:,} messages were saved, "
                f"{left:,} are left.",
                hint="Run the same command again: it goes on where it stopped.",
            )

    def _in_order(self, ids: Collection[MessageId]) -> Collection[MessageId]:
        if self._stubborn.isdisjoint(ids):
            return ids
        return Ids(
            chain(
                (id for id in ids if id not in self._stubborn),
                (id for id in ids if id in self._stubborn),
            )
        )

    def _may(self) -> bool:
        return not (self._stop or self._is_over())

    def _take(self, id: MessageId, result: Callable[[], Body]) -> None:
        again = id in self.absent
        try:
            self._add(result())
        except BudgetSpent as error:
            self._stop = error
            return
        except NotFound:
            self.absent[id] = None
        except (CannotDo, Refused, ServerFault, UsageError) as error:
            self._note(id, error)  # chats, for one, are refused by some accounts
        self.tried += not again
        if id in self._stubborn:
            self.again.add(id)
        self._done += 1
        self._progress()

    def _progress(self) -> None:
        left = (self._total - self._done) * self._price
        self._tell(Progress(self._done, self._total, self.bytes, left))

    def _add(self, body: Body) -> None:
        message, content = body.message, body.content
        large = content.size > IN_MEMORY
        with content:
            new = self._account.folder.add(
                Record(
                    account=self._account.address,
                    id=message.id,
                    thread=message.thread_id,
                    date_ms=to_millis(message.date),
                    labels={id: self._names.name(id) for id in message.label_ids},
                    raw=b"" if large else content.bytes,
                    content=content if large else None,
                    origin=body.origin,
                )
            )
        self.failed.pop(message.id, None)
        self.absent.pop(message.id, None)
        self.drafts |= _DRAFT in message.label_ids
        self.fetched += new
        self.unproven += new and bool(body.origin)
        self.bytes += content.size
        self._in_a_row = 0

    def _note(self, id: MessageId, error: GmailKitError) -> None:
        self.failed[id] = Failure.of(id, error)
        self._in_a_row += id not in self._stubborn
        if self._in_a_row >= GIVE_UP_AFTER:
            raise error
