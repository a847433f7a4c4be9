"""What the rules would have done to the mail of a backup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from pathlib import Path

from gmailkit.backup.accounts import one_account
from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import BackupDamaged
from gmailkit.mime.parse import parse
from gmailkit.model.mail import Mail
from gmailkit.model.shape import from_millis
from gmailkit.query.document import Document
from gmailkit.query.labels import is_system
from gmailkit.query.match import Context, matches
from gmailkit.query.tree import Node
from gmailkit.rules.nodes import node_of
from gmailkit.rules.rule import Rule, Rules, contradictions
from gmailkit.services.rules.files import read_file
from gmailkit.services.rules.run import since_node
from gmailkit.stores.matching import LOOKED_AT
from gmailkit.zones import LOCAL

LAST_YEAR = "1y"
SENDERS = 10
_NOT_RECEIVED = frozenset(("SENT", "DRAFT", "CHAT"))
OnProgress = Callable[[int, int], None]


@dataclass(slots=True)
class Caught:
    """What a rule caught: how many messages, the last one, and when that came."""

    rule: str
    count: int = 0
    last: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fight:
    """Two rules that want different things of `count` messages; `example` is the id of one."""

    one: str
    other: str
    why: str
    count: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """`looked` messages were received; `free` of them no rule catches, and `senders` sent most of
    those. `unknown` are rules that only Gmail understands; `damaged` are ids that cannot be read.
    """

    looked: int
    caught: tuple[Caught, ...]
    fights: tuple[Fight, ...]
    free: int
    senders: tuple[tuple[str, int], ...]
    unknown: tuple[str, ...]
    damaged: tuple[str, ...]


def backtest(
    rules: Path,
    folder: Path,
    *,
    account: str = "",
    since: str = LAST_YEAR,
    identity: Identity = None,
    clock: Clock = SYSTEM_CLOCK,
    on_progress: OnProgress = lambda done, total: None,
) -> Backtest:
    """Have the rules meet the mail that was received since a day (2026-01-31) or for an age (1y).

    Nobody is asked, one message at a time is held. Labels are those it bore when it was saved.
    Rules are one person's: `account` says whose mail, where the backup holds that of several.

    Raises UsageError for a file that is none of rules or where nobody of several is named, NotFound
    for who has no mail there, QueryError for `since`, NoBackup.
    """
    found = read_file(rules)
    tally = _Tally(found)
    within, now = since_node(since), clock.now()
    damaged = []
    with Backup.open(folder, identity=identity) as backup:
        whose = one_account(backup, account)
        own = (entry for entry in backup.entries() if entry.account == whose)
        entries = list(_received(own, within, now))
        for done, entry in enumerate(entries):
            on_progress(done, len(entries))
            try:
                with backup.content(entry) as content:
                    mail = parse(content.part(0, LOOKED_AT))
            except BackupDamaged:
                damaged.append(entry.id)
                continue
            document = document_of_entry(entry, mail, entry.length)
            context = Context(now=now, me=frozenset([entry.account]), zone=LOCAL)
            tally.take(entry.id, document, context)
        on_progress(len(entries), len(entries))
    return tally.result(tuple(damaged))


@dataclass
class _Tally:
    rules: Rules
    looked: int = 0
    free: int = 0
    senders: Counter[str] = field(default_factory=Counter)
    fought: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes = [(rule, node_of(rule)) for rule in self.rules.all]
        self.caught = {rule.name: Caught(rule.name) for rule, node in self.nodes if node}
        self.why = {
            (one.name, other.name): why
            for one, other in combinations(self.rules.all, 2)
            if (why := contradictions(one.action, other.action))
        }

    def take(self, id: str, document: Document, context: Context) -> None:
        met = [rule for rule, node in self.nodes if _meets(node, document, context)]
        self.looked += 1
        if not met:
            self.free += 1
            sender = document.mail.sender
            self.senders[sender.email.casefold() if sender else ""] += 1
        for rule in met:
            self._count(rule, id, document)
        for one, other in combinations(met, 2):
            if (names := (one.name, other.name)) in self.why:
                self.fought[names] = self.fought.get(names, (0, ""))[0] + 1, id

    def _count(self, rule: Rule, id: str, document: Document) -> None:
        caught = self.caught[rule.name]
        when = from_millis(int(document.date * 1000))
        caught.count += 1
        if caught.when is None or when >= caught.when:
            caught.last, caught.when = id, when

    def result(self, damaged: tuple[str, ...]) -> Backtest:
        fights = (
            Fight(*names, "; ".join(self.why[names]), count, example)
            for names, (count, example) in self.fought.items()
        )
        return Backtest(
            looked=self.looked,
            caught=tuple(self.caught.values()),
            fights=tuple(sorted(fights, key=lambda fight: -fight.count)),
            free=self.free,
            senders=tuple(self.senders.most_common(SENDERS)),
            unknown=tuple(rule.name for rule, node in self.nodes if node is None),
            damaged=damaged,
        )


def _meets(node: Node | None, document: Document, context: Context) -> bool:
    return node is not None and matches(node, document, context=context)


def _received(saved: Iterable[Entry], within: Node | None, now: float) -> Iterator[Entry]:
    """What came from others, or from oneself into the inbox."""
    for entry in saved:
        labels = entry.labels.keys()
        received = _NOT_RECEIVED.isdisjoint(labels) or "INBOX" in labels
        if received and is_within(entry, within, now):
            yield entry


def is_within(entry: Entry, within: Node | None, now: float) -> bool:
    """Whether it came in the time that `within` means."""
    dated = Document.of(Mail(), labels=(), date=entry.date_ms / 1000, size=0)
    return _meets(within, dated, Context(now=now, zone=LOCAL)) if within else True


def document_of_entry(entry: Entry, mail: Mail, size: int) -> Document:
    """A message of a backup as rules see it."""
    labels = [id if is_system(id) else name for id, name in entry.labels.items()]
    return Document.of(mail, labels=labels, date=entry.date_ms / 1000, size=size)
