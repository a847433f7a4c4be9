"""Copying messages from Gmail into a backup folder: what is there already is not read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gmailkit.backup.folder import Backup
from gmailkit.backup.record import Record
from gmailkit.backup.storage import DISK, Storage
from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.clock import Clock
from gmailkit.errors import (
    CannotDo,
    Failure,
    GmailKitError,
    NotFound,
    PartialError,
    Refused,
    ServerFault,
    UsageError,
)
from gmailkit.model.content import IN_MEMORY, Content
from gmailkit.model.ids import LabelId, MessageId
from gmailkit.model.message import Message
from gmailkit.model.shape import to_millis
from gmailkit.services.asking import Asked, asked, find_refs
from gmailkit.services.labels import LabelNames
from gmailkit.wire.methods import find

HIDDEN = (LabelId("SPAM"), LabelId("TRASH"))  # left out of a listing unless named
GIVE_UP_AFTER = 10  # failures in a row: it is the service then, not the messages


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` messages of this run, `bytes` of mail so far; reading the others costs
    `units`. The first one comes before anything is read.
    """

    done: int
    total: int
    bytes: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a run did. `wanted` messages matched, `present` were saved before, `fetched` are new.

    `gone` were deleted between listing and reading. `left_out` counts the messages that matched
    but lie in Spam or Trash, which are taken only when named. `bytes` is the mail fetched by this
    run, `notes` what opening the folder mended after an earlier stop.
    """

    path: Path
    account: str
    wanted: int
    present: int
    fetched: int
    gone: tuple[MessageId, ...]
    left_out: int
    bytes: int
    notes: tuple[str, ...] = ()


def backup(
    client: Client,
    address: str,
    path: Path,
    *,
    label: Iterable[str] = (),
    query: str = "",
    on_progress: Callable[[Progress], None] | None = None,
    storage: Storage = DISK,
    clock: Clock,
) -> BackupReport:
    """Save every message that carries one of `label` and matches `query`, newest first.

    Stopped at any point, it keeps what it had saved; the next run goes on. Raises NotFound for an
    unknown label, QueryError, what `Backup.open` raises, and PartialError when some messages could
    not be read (the others are saved).
    """
    matching = asked(client, query)
    address = address.casefold()  # one mailbox, however its address was spelt this time
    names = LabelNames.of(client)
    labels = [names.get(name).id for name in label]
    with Backup.open(path, write=True, create=True, storage=storage, clock=clock) as folder:
        ids = _wanted(client, matching, labels)
        known = folder.known(address)
        run = _Run(client, address, names, folder)
        new = [id for id in ids if id not in known]
        for step in run.save(new):
            if on_progress:
                on_progress(step)
    run.complain()
    return BackupReport(
        path=path,
        account=address,
        wanted=len(ids),
        present=len(ids) - len(new),
        fetched=run.fetched,
        gone=tuple(run.gone),
        left_out=_left_out(client, matching, labels, ids),
        bytes=run.bytes,
        notes=tuple(folder.notes),
    )


def _wanted(client: Client, matching: Asked, labels: list[LabelId]) -> list[MessageId]:
    """Ids of what is to be saved: any of `labels`, and what matches; each id once."""
    filters: list[list[LabelId]] = [[label] for label in labels] or [[]]
    found: dict[MessageId, None] = {}
    for wanted in filters:
        hidden = any(id in HIDDEN for id in wanted)
        listing = find_refs(client, matching, label_ids=wanted, include_spam_trash=hidden)
        found.update((ref.id, None) for ref in listing)
    return list(found)


def _left_out(
    client: Client, matching: Asked, labels: list[LabelId], taken: list[MessageId]
) -> int:
    """How many that match lie in Spam and Trash and were not taken."""
    filters: list[list[LabelId]] = [[label] for label in labels] or [[]]
    found = {
        ref.id
        for wanted in filters
        for hidden in HIDDEN
        for ref in find_refs(client, matching, label_ids=[*wanted, hidden], include_spam_trash=True)
    }
    return len(found.difference(taken))


class _Run:
    """The loop of one run and its counts."""

    def __init__(self, client: Client, address: str, names: LabelNames, folder: Backup) -> None:
        self._client = client
        self._address = address
        self._names = names
        self._folder = folder
        self._failed: list[Failure] = []
        self._in_a_row = 0
        self.fetched = 0
        self.bytes = 0
        self.gone: list[MessageId] = []

    def save(self, ids: list[MessageId]) -> Iterator[Progress]:
        price = find("messages.get").price(self._client.prices)
        yield Progress(0, len(ids), 0, len(ids) * price)
        with closing(fetch_raw(self._client.messages, ids)) as coming:
            for done, (id, result) in enumerate(coming, start=1):
                try:
                    self._add(*result.result())
                except NotFound:
                    self.gone.append(id)
                except (CannotDo, Refused, ServerFault, UsageError) as error:
                    self._note(id, error)  # chats, for one, are refused by some accounts
                yield Progress(done, len(ids), self.bytes, (len(ids) - done) * price)
        self._folder.flush()

    def complain(self) -> None:
        if self._failed:
            raise PartialError(
                f"{len(self._failed)} messages could not be read; {self.fetched} were saved.",
                done=self.fetched,
                failed=self._failed,
                hint="Run the same command again: only what is missing is read.",
            )

    def _add(self, message: Message, content: Content) -> None:
        large = content.size > IN_MEMORY
        with content:
            new = self._folder.add(
                Record(
                    account=self._address,
                    id=message.id,
                    thread=message.thread_id,
                    date_ms=to_millis(message.date),
                    labels={id: self._names.name(id) for id in message.label_ids},
                    raw=b"" if large else content.bytes,
                    content=content if large else None,
                )
            )
        self.fetched += new
        self.bytes += content.size
        self._in_a_row = 0

    def _note(self, id: MessageId, error: GmailKitError) -> None:
        self._failed.append(Failure.of(id, error))
        self._in_a_row += 1
        if self._in_a_row >= GIVE_UP_AFTER:
            raise error
