"""A mailbox on a POP3 server as a source; a message is called by the name that lasts (UIDL).

The protocol knows bytes and nothing else: no labels but that it is in the inbox, no flags, no time
of receipt. Mail stays on the server unless somebody deletes it, and that only where it is sure to
be elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from gmailkit.clock import SYSTEM_CLOCK
from gmailkit.errors import CannotDo, GmailKitError, NotFound, Refused, Unreachable
from gmailkit.mime.parse import parse_headers
from gmailkit.model.content import Content
from gmailkit.model.item import Can, Item, Ref
from gmailkit.query.context import Context
from gmailkit.query.imap import Depth, depth
from gmailkit.query.tree import Everything, Node
from gmailkit.record.taken import Taken
from gmailkit.stores.matching import is_match_of, matching
from gmailkit.stores.protocol import Begun, Facts, Fetched
from gmailkit.transport.again import TRIES
from gmailkit.transport.pop3.session import Session
from gmailkit.zones import LOCAL

RECENT = "recent:"  # before a name at Gmail: the mail of 30 days, whoever took it already
_LINES = 50  # of a text that is only listed
_PART = 100  # messages; who serves fewer than these in a session has no more
_INBOX = frozenset({"INBOX"})


class Pop3Store:
    """`taken` knows what earlier runs took for the target that `go_to` names, which is then left
    out; None gives all that is offered.

    The session is open, and closed with the store. Raises what it raises: Unreachable, TryLater
    (somebody else reads the mailbox), CannotDo (a server without names that last).
    """

    can = Can.BYTES | Can.DELETE

    def __init__(
        self, session: Session, *, taken: Taken | None = None, context: Context | None = None
    ) -> None:
        self.session = session
        self.name = session.server.url
        self._taken = taken
        self._context = context
        self._target = ""
        self._unsettled = set[Ref]()  # what was read, and nobody has said yet that it came anywhere
        self._labels = frozenset[str]() if session.server.is_google else _INBOX

    def __enter__(self) -> Pop3Store:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._taken and self._unsettled:
            self.session.hang_up()  # Gmail offers what was read again only where no QUIT was said
        self.session.__exit__(kind, error, trace)

    def close(self) -> None:
        self.__exit__(None, None, None)

    @property
    def notes(self) -> tuple[str, ...]:
        server = self.session.server
        if not (server.is_google or server.is_here):  # there the sandbox may be
            return ()
        return (
            "Of POP3 one sees what the server offers now. Gmail offers mail from the day that its"
            " settings name (all of it: gmailkit settings pop on --mail all), and a few hundred"
            " messages at a time.",
        )

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        """In the order of the server. Some serve a few hundred at a time: behind the last one they
        are asked anew, until nothing else comes.
        """
        every = self._every()
        if wanted is None or isinstance(wanted, Everything):
            return every
        if depth(wanted) is Depth.MAIL:
            # All are listed before one is read: Gmail offers no message again that was read in a
            # session which has ended, and listing ends some.
            return matching(self, list(every), wanted, self._asked())
        return (ref for ref in every if self._is_match(ref, wanted))

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref in refs:
            try:
                content = self._content(ref)
            except NotFound as error:
                yield ref, error
                continue
            self._unsettled.add(ref)
            yield ref, Item(content=content, labels=self._labels)
            del content  # one is held, and good for who wants one alone

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        offered = self.session.offered()
        for ref in refs:
            if ref in offered:
                yield ref, Facts(offered[ref].size, self._labels | {"UNREAD"})

    def skim(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Begun | GmailKitError]]:
        """By TOP, which marks nothing as read; a server without it gives them whole."""
        for ref in refs:
            try:
                head = self.session.head(ref, _LINES)
                item = Item(content=Content.of(head), labels=self._labels)
                yield ref, Begun(item, self.session.offered()[ref].size)
            except NotFound as error:
                yield ref, error
            except CannotDo:
                for _, got in self.fetch([ref]):
                    yield ref, Begun(got, got.content.size) if isinstance(got, Item) else got

    def go_to(self, target: str, *, since: float = 0.0) -> None:
        """Its mail is for that place from now on; what came up to `since` is not there any more."""
        self._target = target
        if self._taken and since:
            self._taken.give_all_back(self.name, target, since)

    def settle(self, refs: Iterable[Ref], *, sure: bool) -> None:
        """They were taken, so the next run leaves them out; `sure`: they were found in the target,
        byte for byte.
        """
        if self._taken:
            settled = list(refs)
            note = self._taken.verify if sure else self._taken.note
            note(self.name, self._target, settled)
            self._unsettled.difference_update(settled)

    def left(self) -> int:
        """In a new session: Gmail offers the next part once the last one was read."""
        self.session.commit()
        before = self._taken.names(self.name, self._target) if self._taken else frozenset()
        return sum(name not in before for name in self.session.offered())

    def due(self, days: float) -> list[Ref]:
        """Those that are still offered and have been in the target for so many days."""
        sure = self._taken.sure_for(self.name, self._target, days) if self._taken else frozenset()
        return [Ref(name) for name in self.session.offered() if name in sure]

    def remove(self, refs: Iterable[Ref]) -> None:
        """From the server, for good; all of them or, where the connection is lost, none. Raises
        Refused for one that is not sure to be in the target.
        """
        wanted = list(refs)
        sure = self._taken.sure_for(self.name, self._target, 0) if self._taken else frozenset()
        if missing := [ref for ref in wanted if ref not in sure]:
            raise Refused(
                f"{missing[0]} was not found in the target yet, so it stays on the server.",
                hint="Copy it first; what is copied and verified may be deleted.",
            )
        self._mark(wanted)
        # Before they go: a name is free then (RFC 1939 section 7), and what bears it next was not
        # taken. Gmail gives none twice, and offers what was deleted once more (RECENT).
        if self._taken and not self.session.server.is_google:
            self._taken.forget(self.name, wanted)
        self.session.commit()

    def _mark(self, refs: list[Ref]) -> None:
        """All over one connection: what was marked over another, which was lost, is not any more.
        Raises Unreachable where none lasts so long.
        """
        for _ in range(TRIES):
            before = self.session.connections
            for ref in refs:
                with suppress(NotFound):  # somebody was faster, or it bears the mark
                    self.session.delete(ref)
            if self.session.connections == before:
                return
        self.session.hang_up()
        raise Unreachable(
            f"{self.name} breaks off before all is marked for deletion, so nothing is deleted.",
            hint="All was copied. Run the same command again, and what is due goes then.",
        )

    def _every(self) -> Iterator[Ref]:
        before = self._taken.names(self.name, self._target) if self._taken else frozenset()
        given = set[str]()
        while True:
            new = [name for name in self.session.offered() if name not in given]
            if not new:
                break
            for name in new:
                given.add(name)
                if name not in before:
                    yield Ref(name)
            if len(new) < _PART:
                break
            self.session.commit()  # the next part is offered to the next session
        # What somebody deleted has left its name free (RFC 1939 section 7). Gmail gives none twice.
        if self._taken and not self.session.server.is_google and (gone := before - given):
            self._taken.forget(self.name, gone)

    def _content(self, ref: Ref) -> Content:
        try:
            return self.session.content(ref)
        except NotFound:
            self.session.commit()  # it may be among those that the next session offers
            return self.session.content(ref)

    def _is_match(self, ref: Ref, wanted: Node) -> bool:
        """By the header; one that cannot be read is a match, since nobody knows."""
        try:
            head = self.session.head(ref)
        except NotFound:
            return False
        except CannotDo:
            return next(matching(self, [ref], wanted, self._asked()), None) is not None
        except GmailKitError:
            return True
        size = self.session.offered()[ref].size
        item = Item(content=Content.of(head), labels=self._labels)
        return is_match_of(parse_headers(head), item, size, wanted, self._asked())

    def _asked(self) -> Context:
        me = frozenset([self.session.user.removeprefix(RECENT)])
        return self._context or Context(SYSTEM_CLOCK.now(), me=me, zone=LOCAL)
