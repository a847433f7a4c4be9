"""A run that lists the mailbox: the first one, when history does not reach far enough, and now and
then to compare both.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gmailkit.errors import Failure
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.services.backup.comparing import Compared
from gmailkit.services.backup.matrix import Ids, listed
from gmailkit.services.backup.report import Reconciled
from gmailkit.services.backup.work import Place, Work

ROUNDS = 3  # listings in a run: a later one finds what came while messages were read
_NOT_GIVEN = "Gmail lists it, and answers that there is no such message."
_NOT_LISTED = "Gmail has it, and does not list it."


def take_everything(work: Work, place: Place) -> None:
    """List, read what is not saved, again until nothing is missing; then tell what still differs.

    5 units for each 500 messages and listing. Where history had not told all, or it was told to
    compare, the messages of each label are listed as well: labels are compared too.
    """
    listing = _Listing(work, place, place.history)
    work.reconciled = listing.taken()
    work.gone = listing.gone
    work.take_drafts()
    work.account.go_on_from(listing.history, work.wanted.covers)


class _Listing(msgspec.Struct):
    """`history` is where it goes on: never a place up to which something may not have been told.
    `gone` are messages that history told are deleted, saved or not. Of the `suspected` it should
    have told and did not, up to now.
    """

    work: Work
    place: Place
    history: int
    gone: set[MessageId] = msgspec.field(default_factory=set)
    suspected: set[MessageId] = msgspec.field(default_factory=set)

    def taken(self) -> Reconciled:
        work = self.work
        covered = self.place.covers(work.wanted)
        lost = self.place.told is None and work.account.holds_any()
        cursor = self.place.cursor
        if not lost and (cursor is None or cursor.covers == "known"):
            work.account.go_on_from(self.history, "known")
        thorough = lost or covered
        for number in range(ROUNDS):
            if lost and number:
                self.history = work.client.get_profile().history_id
            found = self._compared(thorough)
            if not number:
                work.present, work.left_out = found.held, found.left_out
                work.let_go = found.let_go
                if covered:
                    self.suspected = {*found.missing, *found.labels, *found.vanished}
            if lost:
                work.following.tell(found.untold)
                work.account.go_on_from(self.history, "known")
            failed = work.reading.failed()
            missing = Ids(id for id in found.missing if id not in self.gone and id not in failed)
            if not missing:
                break
            work.reading.read(missing)
            if number < ROUNDS - 1:
                lost = thorough = not self._followed()
        if self.suspected or work.reading.absent():
            self._followed()
        return self._reconciled(found)

    def _compared(self, thorough: bool) -> Compared:
        work = self.work
        every = {label.id for label in work.names.labels}
        labels: Iterable[LabelId] = every if thorough else work.wanted.hidden
        matrix = listed(work.client, sorted(labels))
        again = lambda: listed(work.client, ())  # noqa: E731
        found = work.following.by_listing(matrix, frozenset(labels), again)
        work.account.folder.flush()
        return found

    def _followed(self) -> bool:
        """Do what changed meanwhile, reading what is new; False where history does not tell."""
        work = self.work
        told = work.following.by_history(self.history)
        if told is None:
            return False
        self.gone |= told.gone
        self.suspected -= told.ids
        work.account.folder.flush()
        work.reading.read([id for id in told.new if work.account.known(id) is None])
        self.history = told.history
        return True

    def _reconciled(self, found: Compared) -> Reconciled:
        failed, account = self.work.reading.failed(), self.work.account
        wanted = [id for id in found.missing if id not in self.gone]
        lacking = [id for id in wanted if account.known(id) is None]
        unlisted = [id for id in found.vanished if self._is_wanted(id)]
        gmail = found.held + len(wanted)
        return Reconciled(
            gmail=gmail,
            backup=gmail - len(lacking) + len(unlisted),
            mended=len(self.suspected),
            differ=(
                *(failed.get(id) or Failure(id, _NOT_GIVEN, True) for id in lacking),
                *(Failure(id, _NOT_LISTED, True) for id in unlisted),
            ),
            unexplained=(*(id for id in lacking if id not in failed), *unlisted),
        )

    def _is_wanted(self, id: MessageId) -> bool:
        known = self.work.account.known(id)
        hidden = self.work.wanted.hidden
        return known is not None and not known.gone and hidden.isdisjoint(known.labels or ())
