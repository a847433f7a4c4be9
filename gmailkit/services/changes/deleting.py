"""Deleting for good: only what lies in Trash, and what is safe in a backup, unless that is waived.

Nobody can bring it back, so everything is looked at once more just before: whether each message
still lies in Trash, and whether its bytes in the backup are those that Gmail holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from gmailkit.backup.crypt.given import GIVEN, BackupKey, Identity, key_of
from gmailkit.backup.folder import Backup
from gmailkit.backup.packs import Entry
from gmailkit.backup.place import name_of
from gmailkit.client.client import Client
from gmailkit.client.fetch import fetch_raw
from gmailkit.client.messages import BATCH
from gmailkit.errors import (
    BackupDamaged,
    Conflict,
    Failure,
    GmailKitError,
    NotFound,
    PartialError,
    UsageError,
    to_type,
)
from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId
from gmailkit.query.parse import parse
from gmailkit.query.tree import Everything
from gmailkit.record.journal import Step, Touched
from gmailkit.services.changes.make import OnProgress
from gmailkit.services.changes.plan import Facts, looked_at
from gmailkit.services.changes.states import TRASH
from gmailkit.services.connect import Connection
from gmailkit.services.search import find_ids
from gmailkit.services.whole import whole_conversations
from gmailkit.wire.methods import find

_METHOD = "messages.batchDelete"
_NAMED = 5  # ids in a sentence
_LACKING = "it is not in the backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionPlan:
    """What would be deleted for good: exactly `ids`.

    `backup` is the folder in which each of them has to be safe; None: none is asked for. `units`
    include the reading of all of them where there is one. `why` is the search.
    """

    ids: tuple[MessageId, ...]
    sample: tuple[Envelope, ...]
    facts: Facts
    units: int
    backup: Path | None
    why: str = ""
    key: BackupKey = field(default=GIVEN, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What was deleted; `number` is that of the journal, which keeps the ids."""

    count: int
    number: int


def plan_delete(
    connection: Connection,
    *,
    query: str | None = None,
    ids: Iterable[str] = (),
    backup: Path | None,
    threads: bool = False,
    identity: Identity = None,
) -> DeletionPlan:
    """What would be deleted; nothing is. A `query` is searched in Trash; `ids` have to lie there.
    With `threads` all in Trash that is of the same conversations.

    Raises Refused where the sign-in does not allow it, Conflict for ids that do not lie in Trash,
    UsageError for a query that leaves nothing out, PartialError that names messages which the
    backup lacks, and what `Backup.open` raises.
    """
    connection.check_allowed(_METHOD)
    client, key = connection.client, key_of(identity)
    searched = None if query is None else _in_trash(query)
    if threads:
        whole = whole_conversations(connection, query=searched, ids=ids, within=TRASH)
        _check_in_trash(client, (*whole.ids, *map(MessageId, whole.gone)))
        chosen = whole.ids
    elif searched is None:
        chosen = tuple(dict.fromkeys(map(MessageId, ids)))
        _check_in_trash(client, chosen)
    else:
        chosen = tuple(dict.fromkeys(find_ids(client, searched)))
    if backup and chosen:
        with Backup.open(backup, identity=key) as folder:
            known = folder.known(connection.address.casefold())
        _check_safe(
            backup, len(chosen), [Failure(id, _LACKING) for id in chosen if id not in known]
        )
    sample, facts = looked_at(connection, chosen)
    units = ceil(len(chosen) / BATCH) * find(_METHOD).price(client.prices)
    if backup:
        units += len(chosen) * find("messages.get").price(client.prices)
    return DeletionPlan(
        ids=chosen,
        sample=sample,
        facts=facts,
        units=units,
        backup=backup,
        why=query or "",
        key=key,
    )


def delete_forever(
    connection: Connection,
    plan: DeletionPlan,
    *,
    on_progress: OnProgress = lambda done, total: None,
) -> Deletion:
    """Delete them, in calls of 1,000; written in the journal before. `on_progress` counts those
    that are compared with the backup.

    Nothing is deleted unless all of them lie in Trash still (Conflict) and, with a backup, the
    bytes there are read back, hashed and equal to those that Gmail gives (PartialError names each
    message of which that is not so).
    """
    client, journal = connection.client, connection.journal
    with journal.alone():
        _check_in_trash(client, plan.ids)
        if plan.backup:
            failed = list(_unsafe(connection, plan, plan.backup, on_progress))
            _check_safe(plan.backup, len(plan.ids), failed)
            _check_in_trash(client, plan.ids)  # the reading may have taken hours
        change = journal.begin(
            f"delete {len(plan.ids):,} messages for good",
            why=plan.why,
            touched=(Touched(id, 0, frozenset({TRASH})) for id in plan.ids),
            steps=[Step()],
            watched=[TRASH],
            for_good=True,
        )
        journal.end(change.number)  # how far it came, Gmail alone knows
        done = 0
        try:
            while some := plan.ids[done : done + BATCH]:
                client.unrecorded.messages.batch_delete(some)
                done += len(some)
        except (GmailKitError, KeyboardInterrupt) as error:
            said = f"Of {len(plan.ids):,} at least {done:,} are deleted"
            if isinstance(error, GmailKitError):
                error.hint = f"{error.hint} {said}.".strip()
            else:
                error.add_note(f"{said}; run the same command to go on")
            raise
    return Deletion(count=len(plan.ids), number=change.number)


def _in_trash(query: str) -> str:
    if isinstance(parse(query), Everything):
        raise UsageError(
            "That query means everything in Trash.",
            hint="If you do mean all of it, say so: in:trash.",
        )
    return f"in:trash ({query})"


def _check_in_trash(client: Client, ids: Collection[MessageId]) -> None:
    there = {ref.id for ref in client.messages.list(label_ids=[TRASH], include_spam_trash=True)}
    if elsewhere := [id for id in ids if id not in there]:
        named = ", ".join(elsewhere[:_NAMED])
        more = f" and {len(elsewhere) - _NAMED:,} more" if len(elsewhere) > _NAMED else ""
        raise Conflict(
            f"Not in Trash, or not there at all: {named}{more}. Nothing was deleted.",
            hint="Only what lies in Trash is deleted for good; to move it there: gmailkit trash.",
        )


def _unsafe(
    connection: Connection, plan: DeletionPlan, path: Path, on_progress: OnProgress
) -> Iterator[Failure]:
    """Those whose bytes in the backup cannot be read back, or are not those that Gmail holds."""
    whose, ids = connection.address.casefold(), plan.ids
    on_progress(0, len(ids))
    with (
        Backup.open(path, identity=plan.key) as folder,
        closing(fetch_raw(connection.client.messages, ids)) as coming,
    ):
        for done, (id, result) in enumerate(coming, start=1):
            try:
                with result.result()[1] as content:
                    held = content.digest
                entry = folder.find(whose, id)
                if entry is None:
                    yield Failure(id, _LACKING)
                elif _saved(folder, entry) != held:
                    yield Failure(id, "the backup holds other bytes than Gmail does")
            except (BackupDamaged, NotFound) as error:
                yield Failure(id, error.message)
            on_progress(done, len(ids))


def _saved(folder: Backup, entry: Entry) -> str:
    with folder.content(entry) as content:
        return content.digest


def _check_safe(path: Path, total: int, failed: list[Failure]) -> None:
    if failed:
        raise PartialError(
            f"{len(failed):,} of {total:,} messages are not safe in {name_of(path)}; nothing was "
            "deleted.",
            done=0,
            failed=failed,
            hint=f"Save them first ({to_type('backup', name_of(path), '--label', 'TRASH')}), or "
            "leave them out: give the others by --id.",
        )
