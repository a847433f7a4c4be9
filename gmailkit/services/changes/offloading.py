"""Room in a mailbox: mail that is safe in a backup goes to Trash, and nothing is ever deleted.

What makes it safe is looked at just before: each message is read out of the backup, and its bytes
are those that were saved. (A message of Gmail never changes its bytes; a draft, which does, stays.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gmailkit.backup.crypt.given import GIVEN, BackupKey, Identity, key_of
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import name_of
from gmailkit.errors import CannotDo, Failure, GmailKitError, PartialError, to_type
from gmailkit.services.changes.make import OnProgress
from gmailkit.services.changes.plan import ChangePlan, apply_change, plan_change
from gmailkit.services.changes.verbs import plan_verb
from gmailkit.services.connect import Connection

_LACKING = "it is not in the backup"
_UNVERIFIED = "its bytes came from elsewhere and were never compared with Gmail's"


@dataclass(frozen=True, slots=True, kw_only=True)
class OffloadPlan:
    """What would go to Trash: the messages of `change`, which are in the backup at `path`, `bytes`
    of mail. `unsaved` match as well and stay, since they are not in it.
    """

    change: ChangePlan
    path: Path
    bytes: int
    unsaved: tuple[str, ...]
    key: BackupKey = field(default=GIVEN, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offloaded:
    """What went to Trash; `number` is that of the journal, for `undo` (None: all lay there)."""

    count: int
    bytes: int
    number: int | None


def plan_offload(
    connection: Connection,
    *,
    query: str | None = None,
    ids: Iterable[str] = (),
    threads: bool = False,
    backup: Path,
    identity: Identity = None,
) -> OffloadPlan:
    """What `offload` would do; nothing is changed, and no message of the backup is read yet.

    Raises as `plan_change` and `Backup.open` do.
    """
    key = key_of(identity)
    with Backup.open(backup, identity=key) as folder:
        plan = plan_verb(connection, "trash", query=query, ids=ids, threads=threads)
        saved = {each.id: each for each in _entries(folder, connection, plan.ids)}
    unsaved = tuple(id for id in plan.ids if id not in saved)
    if unsaved:
        plan = _of(connection, plan, saved)
    size = sum(each.length for each in saved.values())
    return OffloadPlan(
        change=replace(plan, what="offload"), path=backup, bytes=size, unsaved=unsaved, key=key
    )


def offload(
    connection: Connection,
    plan: OffloadPlan,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Offloaded:
    """Read each message of the plan out of the backup, and move to Trash those that are as they
    were saved; recorded before. `on_progress` counts what was read.

    Raises PartialError that names what stays because it is not safe; the others are in Trash.
    """
    failed = [Failure(id, _LACKING) for id in plan.unsaved]
    safe: dict[str, Entry] = {}
    with Backup.open(plan.path, identity=plan.key) as folder:
        wanted = sorted(_entries(folder, connection, plan.change.ids), key=_place)
        lost = set(plan.change.ids) - {each.id for each in wanted}
        failed += [Failure(id, _LACKING) for id in sorted(lost)]
        for done, entry in enumerate(wanted, start=1):
            try:
                folder.content(entry).close()  # its bytes are checked
                if entry.origin:
                    raise CannotDo(_UNVERIFIED)
                safe[entry.id] = entry
            except GmailKitError as error:
                failed.append(Failure.of(entry.id, error))
            on_progress(done, len(wanted))
    if failed and not safe:
        raise _stay(plan, failed)
    change = plan.change
    if len(safe) < len(change.ids):
        change = replace(change, ids=tuple(id for id in change.ids if id in safe))
    try:
        made = apply_change(connection, change)
    except PartialError as error:  # some were deleted meanwhile
        error.failed += tuple(failed)
        raise
    if failed:
        raise _stay(plan, failed, count=made.count, number=made.number)
    size = sum(entry.length for entry in safe.values())
    return Offloaded(count=made.count, bytes=size, number=made.number)


def _entries(folder: Backup, connection: Connection, ids: Collection[str]) -> Iterator[Entry]:
    whose = connection.address.casefold()
    for id in ids:
        if entry := folder.find(whose, id):
            yield entry


def _place(entry: Entry) -> tuple[int, int, int]:
    return entry.pack, entry.offset, entry.position


def _of(connection: Connection, plan: ChangePlan, ids: Collection[str]) -> ChangePlan:
    """The same for some of its messages, with what is told of just these."""
    if not ids:
        return replace(plan, ids=(), sample=())
    found = plan_change(
        connection, ids=[id for id in plan.ids if id in ids], add=plan.add, what=plan.what
    )
    return replace(found, why=plan.why, gone=plan.gone, drafts=plan.drafts)


def _stay(
    plan: OffloadPlan, failed: list[Failure], *, count: int = 0, number: int | None = None
) -> PartialError:
    moved = f"{count:,} were moved to Trash" if count else "nothing was moved"
    what = "1 message is" if len(failed) == 1 else f"{len(failed):,} messages are"
    why = {each.why for each in failed}
    name = name_of(plan.path)
    helps = [to_type("repair", name)] if why - {_LACKING, _UNVERIFIED} else []
    if _LACKING in why:  # a backup saves nothing a second time
        helps.append(to_type("backup", name))
    if _UNVERIFIED in why:
        helps.append(to_type("verify", name, "--against", "gmail"))
    hint = f"First: {', then '.join(helps)}."
    if number:
        hint += f" To take back what was moved: gmailkit undo {number}"
    stay = "stays" if len(failed) == 1 else "stay"
    return PartialError(
        f"{what} not safe in {name_of(plan.path)}, and {stay} in place; {moved}.",
        done=count,
        failed=failed,
        hint=hint,
    )
