"""New messages brought into the backup: a copy from Gmail, newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from gmailkit.errors import Failure, ServerFault
from gmailkit.model.counted import count_text
from gmailkit.model.ids import MessageId
from gmailkit.model.item import Item, Ref
from gmailkit.services.backup.account import Account
from gmailkit.services.backup.report import Progress
from gmailkit.services.copying.run import Copied, Passed, copy
from gmailkit.stores.protocol import Source, Target


class Reading:
    """Brings what it is told to, in one round or several; what became of it all stands here.

    A message costs `price` units. The `stubborn` have failed before, and come last. `drafts` tells
    whether one was among those that came, and so many are `unproven`.
    """

    def __init__(
        self,
        source: Source,
        target: Target,
        account: Account,
        *,
        price: int,
        stubborn: Collection[str],
        is_over: Callable[[], bool],
        tell: Callable[[Progress], None],
    ) -> None:
        self._source = source
        self._target = target
        self._account = account
        self._price = price
        self._stubborn = frozenset(stubborn)
        self._is_over = is_over
        self._tell = tell
        self._total = 0
        self._copied = Copied()
        self.drafts = False
        self.unproven = 0

    def read(self, ids: Collection[MessageId]) -> None:
        """Save these. Raises what `copy` and the stores raise: TimeSpent and BudgetSpent when they
        are, after what was under way is saved; ServerFault where some did not come, and nobody said
        why: then the place in history stays.
        """
        self._total += len(ids)
        self._passed(Passed(self._copied.looked_at, self._total, self._copied.bytes))
        copy(
            self._source,
            self._target,
            self._in_order(ids),
            total=self._total,
            copied=self._copied,
            is_over=self._is_over,
            on_added=self._added,
            on_passed=self._passed,
        )
        if lost := self._total - self._copied.looked_at:
            raise ServerFault(
                f"{count_text(lost, 'message')} did not come.",
                hint="Run the same command again: only what is missing is read.",
            )

    @property
    def fetched(self) -> int:
        return self._copied.added

    @property
    def bytes(self) -> int:
        return self._copied.bytes

    @property
    def tried(self) -> int:
        """How many messages, whatever became of them."""
        return self.fetched + self._copied.present + len(self.failed().keys() | self.absent())

    def failed(self) -> dict[str, Failure]:
        """What could not be read, and did not come in a later round."""
        every = (*self._copied.failed, *self._copied.refused)
        return {each.item: each for each in every if self._is_missing(each.item)}

    def absent(self) -> dict[MessageId, None]:
        """What was not there."""
        ids = map(MessageId, self._copied.gone)
        return dict.fromkeys(id for id in ids if self._is_missing(id))

    def _is_missing(self, id: str) -> bool:
        return self._account.known(id) is None

    def _in_order(self, ids: Collection[MessageId]) -> Iterator[Ref]:
        yield from (Ref(id) for id in ids if id not in self._stubborn)
        yield from (Ref(id) for id in ids if id in self._stubborn)

    def _added(self, came: Ref, item: Item) -> None:
        self.drafts |= "draft" in item.flags
        self.unproven += bool(item.origin)

    def _passed(self, passed: Passed) -> None:
        left = (passed.total - passed.done) * self._price
        self._tell(Progress(passed.done, passed.total, passed.bytes, left))
