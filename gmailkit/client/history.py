"""`users.history` of the Gmail API: what changed since a sync (guide "Synchronize clients")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gmailkit.client.listing import PAGE, Pages
from gmailkit.clock import Clock
from gmailkit.model.history import History, HistoryPage, HistoryType
from gmailkit.model.ids import LabelId
from gmailkit.wire.call import Wire

# Gmail now and then gives a page that has a successor but no records. It is a hiccup, not "no
# changes": the same page, asked for again a little later, has them.
PAUSES = (1.0, 2.0, 4.0)


class Changes(Pages[History]):
    """Records, oldest first. `history_id` is where the next sync starts.

    None until the iteration has come to its end, and for ever when it was cut: a cursor that is
    stored earlier would lose what was not given yet. `gap`: a page stayed without its records,
    however often it was asked for, so something may have changed that was not told.
    """

    def __init__(
        self,
        page: Callable[[str | None], HistoryPage],
        *,
        limit: int | None,
        page_token: str | None,
    ) -> None:
        self.history_id: int | None = None
        self.gap = False
        self._latest: int | None = None

        def records(token: str | None) -> tuple[Sequence[History], str]:
            answer = page(token)
            self._latest = answer.history_id
            self.gap |= not answer.history and bool(answer.next_page_token)
            return answer.history, answer.next_page_token

        # Two records may share an id: only one that is the same in all was given already.
        super().__init__(records, key=lambda record: record, limit=limit, page_token=page_token)

    def __next__(self) -> History:
        try:
            return super().__next__()
        except StopIteration:
            self.history_id = None if self.cut else self._latest
            raise


class MailboxHistory:
    def __init__(self, wire: Wire, *, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock

    def list(
        self,
        start_history_id: int,
        *,
        history_types: Iterable[HistoryType] = (),
        label_id: LabelId | None = None,
        max_results: int = PAGE,
        page_token: str | None = None,
        limit: int | None = None,
    ) -> Changes:
        """What changed after `start_history_id` (of a profile, a message, or the sync before).

        All kinds of change without `history_types`. `label_id` looks at messages that carry the
        label now, so it misses that the label was taken off: leave it out to sync. Records may
        repeat themselves between syncs. NotFound when Gmail keeps the history no longer (after a
        week, sometimes after hours): the mailbox must then be read anew. 500 records a page.
        2 units; gmail.metadata.
        """
        kinds = list(history_types) or None

        def page(token: str | None) -> HistoryPage:
            return self._wire.call(
                "history.list",
                HistoryPage,
                start_history_id=str(start_history_id),
                history_types=kinds,
                label_id=label_id,
                max_results=max_results,
                page_token=token,
            )

        return Changes(lambda token: self._whole(page, token), limit=limit, page_token=page_token)

    def _whole(self, page: Callable[[str | None], HistoryPage], token: str | None) -> HistoryPage:
        """The page; asked for again while it claims a successor and has nothing itself."""
        answer = page(token)
        for seconds in PAUSES:
            if answer.history or not answer.next_page_token:
                break
            self._clock.sleep(seconds)
            answer = page(token)
        return answer
