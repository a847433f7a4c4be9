"""`SavedMailbox`: the mail of one account in a backup, with the verbs of `Gmail`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gmailkit.backup.accounts import one_account
from gmailkit.backup.crypt.given import Identity, key_of
from gmailkit.backup.folder import Backup
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.model.content import Content
from gmailkit.model.conversation import Conversation
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import LabelId, MessageId, ThreadId
from gmailkit.model.letter import Letter
from gmailkit.model.mail import Mail
from gmailkit.model.shape import from_millis
from gmailkit.paths import Home
from gmailkit.services.offline.opening import Finding, OnProgress
from gmailkit.services.offline.searching import Searching
from gmailkit.services.offline.verbs import OfflineVerbs

if TYPE_CHECKING:
    from gmailkit.query.builder import Q
    from gmailkit.services.days import When
    from gmailkit.services.stats.model import Stats


class SavedMailbox(Searching, OfflineVerbs):
    """The mail of an `account` in a backup; make one with `open_backup`. Use it as a context
    manager, from one thread.

    The first search makes the search database, later ones take in what the backup has new, and
    `notes` says what there is to say about it. Nothing of the backup itself is changed.

    >>> with open_backup("mail.backup") as mail:
    ...     for message in mail.search("from:billing has:attachment", limit=20):
    ...         print(message.date, message.sender, message.subject)
    """

    def close(self) -> None:
        self._resources.close()

    def __enter__(self) -> SavedMailbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, message: str | Envelope) -> Mail:
        """The whole message, attachments included. NotFound, BackupDamaged."""
        return _parse(self.raw(message))

    def raw(self, message: str | Envelope) -> bytes:
        """The exact bytes (RFC 5322)."""
        return self._backup.read(self._entry(_id(message))).raw

    def content(self, message: str | Envelope) -> Content:
        """The same, not held in memory where it is large; close it, or use it in a `with`."""
        return self._backup.content(self._entry(_id(message)))

    def thread_of(self, id: str) -> ThreadId:
        """The conversation a message is in; a thread id is that of itself. NotFound for neither."""
        if entry := self._backup.find(self.address, id):
            return ThreadId(entry.thread)
        if self._database.thread(self.address, id):
            return ThreadId(id)
        raise self._no_message(id)

    def messages_of(
        self, query: str | Q | None = None, *, ids: Iterable[str] | None = None
    ) -> tuple[MessageId, ...]:
        """The ids of all messages of the conversations that a query finds, or of `ids`; those in
        Trash and Spam left out, unless they are all.
        """
        threads = map(self.thread_of, ids or ()) if query is None else self.conversation_ids(query)
        every = (
            each
            for thread in dict.fromkeys(threads)
            for each in reversed(self._in_view(self._database.thread(self.address, thread)))
        )
        return tuple(dict.fromkeys(MessageId(each.id) for each in every))

    def read_conversation(self, thread: str | Conversation) -> Iterator[Letter]:
        """Its messages, whole, oldest first; what lies in Trash or Spam is left out, unless all
        does. Raises NotFound, and BackupDamaged for one that cannot be read.
        """
        id = thread if isinstance(thread, str) else thread.id
        messages = self._database.thread(self.address, id)
        if not messages:
            raise self._no_message(id)
        return (self.letter(each.id) for each in self._in_view(messages))

    def letter(self, id: str) -> Letter:
        """A message with when it came and its labels."""
        entry = self._entry(id)
        return Letter(
            id=MessageId(id),
            date=from_millis(entry.date_ms),
            labels=tuple(map(LabelId, entry.labels)),
            mail=_parse(self._backup.read(entry).raw),
        )

    def stats(
        self,
        query: str | Q = "",
        *,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> Stats:
        """As `Gmail.stats`, of all its mail (`gmailkit.stats`)."""
        from gmailkit.services.stats.saved import stats

        return stats(
            self.path,
            query=str(query),
            account=self.address,
            as_of=self.as_of,
            on_progress=on_progress,
        )


def open_backup(
    path: str | Path,
    *,
    account: str = "",
    as_of: When | None = None,
    identity: Identity = None,
    home: Home | None = None,
    clock: Clock = SYSTEM_CLOCK,
    on_progress: OnProgress = lambda done, total: None,
) -> SavedMailbox:
    """The mail of a backup, found and read offline; `account` says whose, where it holds several.

    `as_of`, a day ("2026-03-01", a date) or a moment, is the mail as it was known to be then, with
    the labels of then. `identity` opens it as in `Backup.open`. `on_progress` hears how
    many of how many messages were made searchable.

    Raises NoBackup, KeyNeeded, UsageError where one of several accounts has to be named, NotFound
    for one that is not there.
    """
    folder, identity = Path(path).expanduser(), key_of(identity)
    with ExitStack() as resources:
        backup = now = resources.enter_context(Backup.open(folder, identity=identity))
        moment = _moment(as_of, clock)
        if moment:
            backup = resources.enter_context(Backup.open(folder, as_of=moment, identity=identity))
        whose = one_account(now, account)
        where = home or Home.find(os.environ)

        def finding() -> Finding:
            past = backup if moment else None
            return Finding.of(now, where, past=past, on_progress=on_progress)

        kept = resources.pop_all()
        return SavedMailbox(backup, whose, finding, as_of=moment, clock=clock, resources=kept)


def _id(message: str | Envelope) -> str:
    return message if isinstance(message, str) else message.id


def _parse(raw: bytes) -> Mail:
    from gmailkit.mime.parse import parse

    return parse(raw)


def _moment(as_of: When | None, clock: Clock) -> datetime | None:
    if as_of is None:
        return None
    from gmailkit.services.days import as_of as moment_of

    return moment_of(as_of, clock=clock)
