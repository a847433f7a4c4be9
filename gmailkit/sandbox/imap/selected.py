"""The folder that a session has selected, as far as its client has been told of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence as Several

from gmailkit.sandbox.imap import answer, grammar
from gmailkit.sandbox.imap.flags import Marks, marks
from gmailkit.sandbox.imap.folders import Folder
from gmailkit.sandbox.state.folders import Numbered, Numbers
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.users import User


class Selected:
    """`uids` stand in the order of their sequence numbers. `most`: so many of the newest messages
    are shown, 0 for all.
    """

    def __init__(
        self, state: State, user: User, folder: Folder, *, read_only: bool, most: int
    ) -> None:
        self._state = state
        self._user = user
        self._most = most
        self.folder = folder
        self.read_only = read_only
        self.gone = False
        self.heard_until = 0
        self.numbers = self._look()
        self.told = state.history.last(user.n)
        self.uids = state.folders.uids(self.numbers.n, newest=most)

    def sequence_number(self, uid: int) -> int:
        """0 for one that the client does not know."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else 0

    def choose(self, sequence: grammar.Sequence, *, by_uid: bool) -> list[int]:
        """UIDs. Raises Misspelt for a sequence number beyond the last message."""
        if by_uid:
            return grammar.chosen(sequence, self.uids, self.uids[-1] if self.uids else 1)
        last = len(self.uids)
        if any(high > last for _, high in grammar.bounds(sequence, max(last, 1))):
            raise answer.Misspelt("Invalid messageset")
        numbers = grammar.chosen(sequence, list(range(1, last + 1)), last)
        return [self.uids[number - 1] for number in numbers]

    def messages(self, uids: Several[int]) -> list[Numbered]:
        """Those that are still there."""
        return list(self._state.folders.messages(self.numbers.n, uids))

    def marks(self, found: Several[Numbered]) -> dict[int, Marks]:
        """By UID."""
        return marks(self._state, found)

    def knows_all(self) -> bool:
        """Whether nothing has changed since the client was told last."""
        return self._state.history.last(self._user.n) == self.told

    def heard(self) -> None:
        """Flags and labels up to now are no news; what came or went still is."""
        self.heard_until = self._state.history.last(self._user.n)

    def news(self, *, expunges: bool) -> tuple[list[bytes], list[int]]:
        """What the client has to hear, and the UIDs of messages whose flags or labels moved.

        Without `expunges` what has gone is told another time (RFC 3501 section 7.4.1).
        """
        last = self._state.history.last(self._user.n)
        if last == self.told and not self.gone:
            return [], []
        numbers = self._look()
        if numbers.n != self.numbers.n:
            raise answer.Close("The folder was renumbered")
        lines = self._expunged() if expunges else []
        new = self.numbers.next_uid
        came = self._state.folders.uids(numbers.n, first=new)
        self.uids += came
        if came or lines:
            lines.append(b"* %d EXISTS\r\n" % len(self.uids))
        since = max(self.told, self.heard_until)
        changed = self._state.folders.changed(self._user.n, numbers.n, since)
        self.gone = not expunges and self._lost()
        self.numbers, self.told = numbers, last
        return lines, [uid for uid in changed if uid < new and self.sequence_number(uid)]

    def _lost(self) -> bool:
        """Whether messages that the client knows have left."""
        below = self.uids[-1] + 1 if self.uids else 0
        first = self.uids[0] if self.uids else 0
        return self._state.folders.count(self.numbers.n, first=first, below=below) < len(self.uids)

    def _expunged(self) -> list[bytes]:
        """From the last to the first, so that no number moves before it is told."""
        if not self._lost():
            return []
        there = set(self._state.folders.uids(self.numbers.n))
        places = [place for place, uid in enumerate(self.uids, 1) if uid not in there]
        self.uids = [uid for uid in self.uids if uid in there]
        return [b"* %d EXPUNGE\r\n" % place for place in reversed(places)]

    def _look(self) -> Numbers:
        return self._state.folders.numbers(self._user.n, self.folder.label)
