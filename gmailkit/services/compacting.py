"""A backup written anew without what its owner lets go; the old one is not touched.

The new one is verified in full, and only then is a backup by the name that was asked for. So a run
that was killed leaves no backup of that name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from gmailkit.backup.check import Report, verify
from gmailkit.backup.crypt.beginning import begin_like
from gmailkit.backup.crypt.given import GIVEN, BackupKey, Identity, key_of
from gmailkit.backup.draft import Draft, drafted, must_be_new
from gmailkit.backup.events import Compacted, Cursor, Damaged, Gone, Labels, LetGo, Run
from gmailkit.backup.folder import Backup
from gmailkit.backup.layout import Layout
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import name_of, url_of
from gmailkit.backup.readable import sound_events
from gmailkit.backup.record import Record
from gmailkit.backup.shelf import shelf_of
from gmailkit.backup.storage import DISK, Storage, reading
from gmailkit.backup.stream import EVENTS, STREAMS
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import BackupDamaged, Conflict, Failure, UsageError, to_type
from gmailkit.model.content import IN_MEMORY, Content
from gmailkit.model.shape import to_millis
from gmailkit.query.match import Context
from gmailkit.query.parse import parse
from gmailkit.query.tree import Node
from gmailkit.stores.backup import item_of
from gmailkit.stores.matching import is_match
from gmailkit.zones import LOCAL

_IN_AN_EVENT = 1_000  # ids of messages that were let go

Key = tuple[str, str]
OnCompacted = Callable[[int, int], None]  # messages done, messages in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What may go: messages that match the search `drop`, and those that Gmail has had no more
    since before `gone_before`; but never one that matches the search `keep`. Searches are Gmail's,
    over the labels as last known; Spam and Trash only where they name them.
    """

    drop: str = ""
    gone_before: datetime | None = None
    keep: str = ""

    def told(self) -> dict[str, str]:
        """The rules that were given, as they are written down."""
        before = self.gone_before.isoformat() if self.gone_before else ""
        said = {"drop": self.drop, "drop_gone_before": before, "keep": self.keep}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactPlan:
    """What would be left out of the backup at `path`: `dropped` (account, id), by the rules, and
    `damaged` messages, which cannot be read. `bytes` are of mail.
    """

    path: Path
    target: Path
    rules: Retention
    kept: int
    kept_bytes: int
    dropped: frozenset[Key]
    dropped_bytes: int
    damaged: tuple[Failure, ...]
    unreadable: frozenset[Key]
    state: tuple[tuple[str, int], ...]  # the files of its streams and their sizes
    key: BackupKey = field(default=GIVEN, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """What came of it: the new backup at `path` is whole. `bytes` are those of the files of
    messages and events, before and after."""

    plan: CompactPlan
    messages: int
    before: int
    after: int
    head: str


def plan_compact(
    path: Path,
    target: Path,
    rules: Retention,
    *,
    identity: Identity = None,
    clock: Clock = SYSTEM_CLOCK,
    on_progress: OnCompacted = lambda done, total: None,
) -> CompactPlan:
    """Read every message and say what would go. Nothing is changed.

    Raises what `Backup.open` raises, QueryError, Conflict where `target` is taken, and UsageError.
    """
    _check_target(path, target)
    judge, key = _Judge(rules, clock), key_of(identity)
    damaged: dict[Key, Failure] = {}
    dropped: dict[Key, int] = {}
    kept = kept_bytes = 0
    with Backup.open(path, identity=key) as folder:
        state = _state(path)
        total = sum(len(folder.known(account)) for account in folder.accounts())
        for done, entry in enumerate(folder.entries(), start=1):
            try:
                drops = judge.drops(folder, entry)
            except BackupDamaged as error:
                damaged[entry.account, entry.id] = Failure(entry.id, error.message)
            else:
                if drops:
                    dropped[entry.account, entry.id] = entry.length
                else:
                    kept, kept_bytes = kept + 1, kept_bytes + entry.length
            on_progress(done, total)
    return CompactPlan(
        path=path,
        target=target,
        rules=rules,
        kept=kept,
        kept_bytes=kept_bytes,
        dropped=frozenset(dropped),
        dropped_bytes=sum(dropped.values()),
        damaged=tuple(damaged.values()),
        unreadable=frozenset(damaged),
        state=state,
        key=key,
    )


def compact(
    plan: CompactPlan,
    *,
    storage: Storage = DISK,
    clock: Clock = SYSTEM_CLOCK,
    on_progress: OnCompacted = lambda done, total: None,
) -> Compaction:
    """Write the new backup and verify every byte of it; what the plan calls damaged is left
    out.

    Killed at any point it leaves no backup at the target; the same again begins anew. Raises
    Conflict when the old backup has changed meanwhile, BackupDamaged, CannotWrite.
    """
    _check_target(plan.path, plan.target)
    with drafted(plan.target, storage, clock) as draft:
        draft.clear()
        before = verify(plan.path, identity=plan.key)
        if any(hole.stream == EVENTS.folder for hole in before.holes):
            raise BackupDamaged(
                f"{name_of(plan.path)} has damaged events: what became of some messages would be "
                "lost.",
                hint=f"First: {to_type('repair', name_of(plan.path))}",
            )
        _must_be_unchanged(plan)
        _must_know_all(plan, before)
        begin_like(plan.path, draft.place, plan.key, storage=storage, clock=clock)
        with (
            Backup.open(plan.path, identity=plan.key) as old,
            Backup.open(
                draft.place, create=True, identity=plan.key, storage=storage, clock=clock
            ) as new,
        ):
            _copy(plan, old, new, (before.head, before.events_head), on_progress)
        _must_be_unchanged(plan)
        found = _verified(plan, draft)
        draft.finish()
    return Compaction(
        plan=plan,
        messages=found.messages,
        before=sum(size for _, size in plan.state),
        after=sum(size for _, size in _state(plan.target)),
        head=found.head,
    )


def _verified(plan: CompactPlan, draft: Draft) -> Report:
    """Raises BackupDamaged."""
    found = verify(draft.place, identity=plan.key)
    if not found.ok or found.messages != plan.kept:
        what = next(iter(found.problems), f"It holds {found.messages:,} of {plan.kept:,} messages.")
        raise BackupDamaged(
            f"The new backup {name_of(draft.place)} is not whole. {what}",
            hint="Check the disk, then run the same command again. The old one was not touched.",
        )
    return found


class _Judge:
    """Whether a message goes."""

    def __init__(self, rules: Retention, clock: Clock) -> None:
        self._drop = parse(rules.drop) if rules.drop.strip() else None
        self._keep = parse(rules.keep) if rules.keep.strip() else None
        self._before = to_millis(rules.gone_before) if rules.gone_before else None
        self._now = clock.now()

    def drops(self, folder: Backup, entry: Entry) -> bool:
        """Each message is read: one that is damaged is known before anything is written."""
        content = folder.content(entry)
        with closing(content):
            item = item_of(entry, content)
            context = Context(now=self._now, me=frozenset([entry.account]), zone=LOCAL)

            def matches(wanted: Node | None) -> bool:
                return wanted is not None and is_match(item, wanted, context)

            long_gone = (
                self._before is not None and entry.gone is not None and entry.gone < self._before
            )
            return (long_gone or matches(self._drop)) and not matches(self._keep)


def _copy(
    plan: CompactPlan, old: Backup, new: Backup, heads: tuple[str, str], on_progress: OnCompacted
) -> None:
    """Messages as they were saved, in their order; then what became of them."""
    accounts, kept = old.accounts(), set[Key]()
    if accounts:
        new.note(
            Compacted(
                account=accounts[0],
                head=heads[0],
                events_head=heads[1],
                kept=plan.kept,
                dropped=len(plan.dropped),
                rules=plan.rules.told(),
            )
        )
        _let_go(plan, old, new)
        new.flush()
    for entry in old.entries():
        key = (entry.account, entry.id)
        if key in plan.dropped or key in plan.unreadable:
            continue
        first = next(iter(old.label_states(*key)), None)
        labels = first.labels if first and first.labels is not None else entry.labels
        with closing(old.content(entry)) as content:
            new.add(_record(entry, labels, content))
        kept.add(key)
        on_progress(len(kept), plan.kept)
    left = {account for account, _ in plan.unreadable}
    cursors = {each: old.latest(each, Cursor) for each in accounts if each not in left}
    for event in sound_events(Layout.of(plan.path, DISK, plan.key).events):
        if isinstance(event, Labels | Gone) and (event.account, event.id) not in kept:
            continue
        if isinstance(event, Damaged | Compacted):
            continue  # of files that are not here
        if isinstance(event, Cursor) and event != cursors.get(event.account):
            continue  # one that does not count any more: something was lost since
        if isinstance(event, Run):
            event = msgspec.structs.replace(event, packs_head="")  # that of the new one
        new.note(event)


def _let_go(plan: CompactPlan, old: Backup, new: Backup) -> None:
    """So that no later run takes for forgotten what was left out. What Gmail has no more is not
    among them: were it there again, that would have been a mistake.
    """
    for account in old.accounts():
        ids = [
            each.id
            for each in old.entries()
            if each.account == account and each.gone is None and (account, each.id) in plan.dropped
        ]
        for start in range(0, len(ids), _IN_AN_EVENT):
            some = tuple(ids[start : start + _IN_AN_EVENT])
            new.note(LetGo(account=account, ids=some))


def _record(entry: Entry, labels: Mapping[str, str], content: Content) -> Record:
    """The message as it was saved."""
    large = content.size > IN_MEMORY
    return Record(
        account=entry.account,
        id=entry.id,
        thread=entry.thread,
        date_ms=entry.date_ms,
        labels=labels,
        raw=b"" if large else content.bytes,
        content=content if large else None,
        saved=entry.saved,
        origin=entry.origin,
    )


def _check_target(path: Path, target: Path) -> None:
    must_be_new(target)
    url, whole = url_of(path), url_of(target)
    if url or whole:
        inside = f"{whole}/".startswith(f"{url}/")
    else:
        inside = path.resolve() in target.absolute().resolve().parents
    if inside:
        raise UsageError(
            f"{name_of(target)} lies in the backup itself.", hint="Name a place beside it."
        )


def _must_know_all(plan: CompactPlan, found: Report) -> None:
    """A run that was killed may have saved more than the index tells; the plan is by the index."""
    planned = plan.kept + len(plan.dropped)
    if found.messages != planned:
        mends = "repair" if found.index_is_wrong else "backup"
        raise BackupDamaged(
            f"{name_of(plan.path)} holds {found.messages:,} whole messages, and its index tells of "
            f"{planned:,}.",
            hint="What is saved there has to be taken in first: "
            f"{to_type(mends, name_of(plan.path))}",
        )


def _must_be_unchanged(plan: CompactPlan) -> None:
    if _state(plan.path) != plan.state:
        raise Conflict(
            f"{name_of(plan.path)} has changed meanwhile.",
            hint="Let the other run finish, then run the same command again.",
        )


def _state(path: Path) -> tuple[tuple[str, int], ...]:
    shelf = shelf_of(path, DISK)
    with reading(path):
        return tuple(sorted(each for one in STREAMS for each in shelf.sizes(one.folder).items()))
