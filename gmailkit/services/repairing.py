"""Damage of a backup mended: what Gmail still has is fetched and saved again, further on.

No byte that was written changes. Which messages lay in a damaged frame is written down first, so
that a run that is killed, and an index that is made anew, forget none of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from gmailkit.backup.check import Progress, Report, verify
from gmailkit.backup.crypt.given import GIVEN, BackupKey, Identity, key_of
from gmailkit.backup.events import Damaged, Gone, Labels, stamped
from gmailkit.backup.folder import Backup, rebuild
from gmailkit.backup.known_damage import KnownDamage
from gmailkit.backup.layout import Layout
from gmailkit.backup.packs import Entry
from gmailkit.backup.readable import sound_events
from gmailkit.backup.record import Same
from gmailkit.backup.report import Hole
from gmailkit.backup.storage import DISK, Storage
from gmailkit.backup.stream import EVENTS, MESSAGES
from gmailkit.clock import SYSTEM_CLOCK, Clock
from gmailkit.errors import Failure
from gmailkit.model.ids import MessageId
from gmailkit.services.connect import Connection
from gmailkit.services.mending import Bytes, Mending, lost_bytes, unrecorded
from gmailkit.services.quota import Estimate, estimate
from gmailkit.wire.methods import find

OnMended = Callable[[int, int], None]  # messages done, messages in all


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """What verify found, and what is to be fetched from Gmail by `account` ("" for nobody) for
    `units`, in `seconds` at least (None: nobody knows): `wanted` bytes, each of one message of the
    account or of several equal ones, others' too. Of those that are `forgotten` no more is known
    than that they were saved. `unrecorded` messages are not fetched: their bytes are whole, and
    stand in the records of others.

    `others` are how many more messages of other accounts are damaged or missing: each is repaired
    by who is signed in there. `unknown` bytes hold nobody knows what: nothing can be asked for.
    """

    path: Path
    account: str
    report: Report
    wanted: tuple[Bytes, ...]
    unrecorded: tuple[Entry, ...]
    forgotten: tuple[MessageId, ...]
    others: dict[str, int]
    unknown: int
    units: int
    seconds: float | None
    key: BackupKey = field(default=GIVEN, repr=False)

    @property
    def ids(self) -> tuple[MessageId, ...]:
        """All that is to be fetched: of equal messages the first, and the others in need alone."""
        first = (MessageId(each.of(self.account)[0].id) for each in self.wanted)
        return (*first, *self.forgotten)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """What came of it: `mended` messages are whole again; of those `changed` are not, to the byte,
    what was saved: Gmail gives them so now. `lost` are those that Gmail has no more, `failed` could
    not be read this time; both stay damaged, and `others` of other accounts. `notes` tell what else
    was made anew.
    """

    plan: RepairPlan
    mended: int
    changed: tuple[MessageId, ...]
    lost: tuple[MessageId, ...]
    failed: tuple[Failure, ...]
    others: dict[str, int]
    notes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing stays damaged."""
        return not (self.lost or self.failed or self.others or self.plan.unknown)


def plan_repair(
    connect: Callable[[], Connection],
    path: Path,
    *,
    identity: Identity = None,
    on_progress: Progress | None = None,
) -> RepairPlan:
    """Verify the backup in full, and say what a repair would do. Gmail is not asked yet, and nobody
    has to be signed in unless a message is to be fetched.

    Raises as `verify` does, and KeyNeeded for an encrypted one that cannot be read.
    """
    key = key_of(identity)
    Layout.of(path, DISK, key)
    report = verify(path, identity=key, on_progress=on_progress)
    harmed = _harmed(report)
    stamped = {(each.account, each.id) for each in report.harmed}
    bare = [each for each in report.missing if (each.account, each.id) not in stamped]
    lost = lost_bytes(report, harmed)
    connection = connect() if lost or bare else None
    account = connection.address if connection else ""
    wanted = tuple(each for each in lost if each.of(account))
    forgotten = tuple(MessageId(each.id) for each in bare if each.account == account)
    elsewhere = [each for some in lost if not some.of(account) for each in some.messages]
    whose = [each.account for each in elsewhere] + [each.account for each in bare]
    cost = _cost(connection, len(wanted) + len(forgotten)) if connection else Estimate(0, None)
    return RepairPlan(
        path=path,
        account=account,
        report=report,
        wanted=wanted,
        unrecorded=unrecorded(report, harmed),
        forgotten=forgotten,
        others=dict(Counter(each for each in whose if each != account)),
        unknown=_unknown(report),
        units=cost.units,
        seconds=cost.seconds,
        key=key,
    )


def _cost(connection: Connection, count: int) -> Estimate:
    return estimate(connection, count * find("messages.get").price(connection.client.prices))


def repair(
    connect: Callable[[], Connection],
    plan: RepairPlan,
    *,
    clock: Clock = SYSTEM_CLOCK,
    storage: Storage = DISK,
    on_progress: OnMended = lambda done, total: None,
) -> Repaired:
    """Carry the plan out; stopped at any point, the next repair goes on.

    Raises what `Backup.open` and `Backup.add` raise.
    """
    with Backup.open(
        plan.path, write=True, identity=plan.key, storage=storage, clock=clock
    ) as folder:
        notes = folder.notes
        harmed = plan.report.harmed
        # What their file has lost is forgotten by who opens it, what became of them since too.
        forgotten = any(folder.find(each.account, each.id) is None for each in harmed)
        _note_damage(folder, plan)
        run = Mending(folder, plan.account)
        run.record_again(plan.unrecorded)
        if plan.ids:
            client, total = connect().client, len(plan.ids)
            for done in run.fetch(client, plan.wanted):
                on_progress(min(done, total), total)
            for done in run.save(client, plan.forgotten):
                on_progress(len(plan.wanted) + done, total)
    if forgotten or _needs_new_index(plan.report):
        notes += rebuild(plan.path, identity=plan.key, storage=storage, clock=clock)
        notes += ("The index was made anew.",)
    return Repaired(
        plan=plan,
        mended=run.mended,
        changed=tuple(run.changed),
        lost=tuple(run.lost),
        failed=tuple(run.failed),
        others=dict(Counter(plan.others) + Counter(each.account for each in run.left)),
        notes=notes,
    )


def _note_damage(folder: Backup, plan: RepairPlan) -> None:
    """Before anything is mended: what lay where. Events that are lost but that the index still
    tells are written again; where it does not, what changed then is not known any more.
    """
    report = plan.report
    files = [each for each in report.holes if each.stream == EVENTS.folder]
    if files and not report.index_is_wrong:
        _note_again(folder, plan.key)
    known = KnownDamage.of(Layout.of(plan.path, DISK, plan.key).events, None)
    account = plan.account or next(iter(folder.accounts()), "")
    for entries in _by_frame(_harmed(report)):
        frames = known.frames.get((MESSAGES.folder, entries[0].pack), {})
        held = {Same(each.account, each.id) for each in entries}
        lost = [*entries, *(each for each in report.bereft if each.same in held)]
        told = all((each.account, each.id) in known.messages for each in lost)
        if entries[0].offset not in frames or not told:
            folder.note(_damaged(account, entries[0], lost))
    for hole in files:
        folder.note(
            Damaged(
                account=account,
                stream=hole.stream,
                number=hole.number,
                offset=hole.offset,
                length=hole.length,
                messages={},
            )
        )
    folder.flush()


def _damaged(account: str, frame: Entry, lost: list[Entry]) -> Damaged:
    """Of the messages that lay in a frame, that of one of them, or stood there word for word."""
    messages: dict[str, tuple[str, ...]] = {}
    for each in lost:
        messages[each.account] = (*messages.get(each.account, ()), each.id)
    return Damaged(
        account=account,
        stream=MESSAGES.folder,
        number=frame.pack,
        offset=frame.offset,
        length=frame.frame_length,
        messages=messages,
    )


def _note_again(folder: Backup, key: BackupKey) -> None:
    """Every change that the index knows and no sound event tells, in the order of time."""
    told = {
        (each.account, each.id, each.at_ms)
        for each in sound_events(Layout.of(folder.path, DISK, key).events)
        if isinstance(each, Labels | Gone)
    }
    untold = []
    for entry in folder.entries():
        for state in folder.label_states(entry.account, entry.id)[1:]:
            if (entry.account, entry.id, state.since_ms) not in told:
                untold.append((state.since_ms, entry.account, entry.id, state.labels))
    for since, account, id, labels in sorted(untold, key=lambda each: each[:3]):
        at = stamped(since)
        if labels is None:
            folder.note(Gone(account=account, id=id, at=at))
        else:
            folder.note(Labels(account=account, id=id, labels=labels, at=at))
    folder.flush()


def _needs_new_index(report: Report) -> bool:
    """Messages of a lost pack come back without what became of them: only all events tell that."""
    files = any(each.stream == EVENTS.folder for each in report.holes)
    return bool(report.index_is_wrong or report.missing or files)


def _harmed(report: Report) -> tuple[Entry, ...]:
    """The messages of frames that are damaged or gone. By an index that is wrong itself others
    seem to be missing: the packs hold those, and a new index finds them.
    """
    if not report.index_is_wrong:
        return report.harmed
    return tuple(each for each in report.harmed if any(_lies_in(each, h) for h in report.holes))


def _unknown(report: Report) -> int:
    """Bytes of packs that are no readable frame, nor one of which the messages are known."""
    holes = [each for each in report.holes if each.stream == MESSAGES.folder]
    frames = {
        (*_frame(each), each.frame_length)
        for each in _harmed(report)
        if any(_lies_in(each, hole) for hole in holes)
    }
    return max(0, sum(each.length for each in holes) - sum(length for _, _, length in frames))


def _lies_in(entry: Entry, hole: Hole) -> bool:
    inside = hole.offset <= entry.offset < hole.offset + hole.length
    return (hole.stream, hole.number) == (MESSAGES.folder, entry.pack) and inside


def _by_frame(entries: tuple[Entry, ...]) -> list[list[Entry]]:
    ordered = sorted(entries, key=lambda each: (*_frame(each), each.position))
    return [list(group) for _, group in groupby(ordered, _frame)]


def _frame(entry: Entry) -> tuple[int, int]:
    return entry.pack, entry.offset
