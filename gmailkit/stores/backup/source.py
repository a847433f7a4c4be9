"""The messages of one account in a backup folder, as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from gmailkit.backup.accounts import one_account
from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.events import Setting
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import url_of
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import BackupDamaged, NotFound
from gmailkit.model import flags
from gmailkit.model.content import Content
from gmailkit.model.item import KEPT, Can, Item, Ref
from gmailkit.model.shape import EPOCH
from gmailkit.query.match import Context
from gmailkit.query.tree import Node
from gmailkit.stores.matching import matching
from gmailkit.stores.protocol import Facts, Fetched
from gmailkit.zones import LOCAL

OF_USERS = "Label_"  # how the ids of labels begin that are not Gmail's own


class BackupStore:
    """Refs are Gmail's ids, the oldest message first. A search reads every message.

    With several accounts in the folder, UsageError unless one is named.
    """

    can = KEPT | Can.WRITE

    def __init__(
        self,
        path: Path,
        account: str = "",
        *,
        as_of: datetime | None = None,
        identity: Identity = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """`as_of`: the mail as the backup knew it then; this and `identity` as in `Backup.open`."""
        self._clock = clock
        self._folder = Backup.open(path, as_of=as_of, identity=identity)
        try:
            self.account = one_account(self._folder, account)
        except BaseException:
            self._folder.close()
            raise
        self.notes = self._folder.notes
        self.name = f"backup:{url_of(path) or path.resolve()}#{self.account}"

    def refs(self, wanted: Node | None = None) -> Iterator[Ref]:
        found = map(Ref, self._folder.oldest_first(self.account))
        context = Context(now=self._clock.now(), me=frozenset([self.account]), zone=LOCAL)
        return matching(self, found, wanted, context)

    def fetch(self, refs: Iterable[Ref]) -> Iterator[Fetched]:
        for ref in refs:
            entry = self._folder.find(self.account, ref)
            if entry is None:
                yield ref, NotFound(f"Message {ref} is not in the backup.")
                continue
            try:
                yield ref, item_of(entry, self._folder.content(entry))
            except BackupDamaged as error:
                yield ref, error

    def addresses(self) -> tuple[str, ...]:
        """The account's first; its aliases where they were saved."""
        saved = self._folder.latest(self.account, Setting, "send_as")
        aliases = saved.value if saved and isinstance(saved.value, list) else []
        known = (str(each.get("sendAsEmail", "")) for each in aliases if isinstance(each, dict))
        return tuple(dict.fromkeys((self.account, *filter(None, known))))

    def facts(self, ref: Ref) -> tuple[int, frozenset[str]]:
        """Bytes and labels (system labels by id, others by name), without reading the message."""
        entry = self._folder.find(self.account, ref)
        return (entry.length, frozenset(_named(entry.labels))) if entry else (0, frozenset())

    def survey(self, refs: Iterable[Ref]) -> Iterator[tuple[Ref, Facts]]:
        return ((ref, Facts(*self.facts(ref))) for ref in refs)

    def gone(self) -> frozenset[Ref]:
        """Those of which a backup found that Gmail has them no more."""
        return frozenset(map(Ref, self._folder.gone(self.account)))

    def labels(self) -> frozenset[str]:
        """All that its messages bear, as in `facts`. No message is read."""
        own = (each for each in self._folder.entries() if each.account == self.account)
        return frozenset(name for each in own for name in _named(each.labels))

    def close(self) -> None:
        self._folder.close()

    def __enter__(self) -> BackupStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def item_of(entry: Entry, content: Content) -> Item:
    """A saved message, its labels by name where a person gave them one."""
    labels, marks = flags.from_gmail(_named(entry.labels))
    unknown = entry.thread == entry.id and entry.sha256.startswith(entry.id)
    return Item(
        content=content,
        labels=labels,
        flags=marks,
        received=_date(entry.date_ms),
        thread="" if unknown else entry.thread,  # of its own, as `target.py` makes it
    )


def _named(labels: Mapping[str, str]) -> Iterator[str]:
    return (name if id.startswith(OF_USERS) else id for id, name in labels.items())


def _date(millis: int) -> datetime | None:
    """None for what no calendar of ours reaches."""
    try:
        return datetime.fromtimestamp(millis / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return EPOCH if millis < 0 else None
