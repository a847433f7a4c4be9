"""A backup run: what history or a listing tells is noted, what is new is read, newest first.

The place in history from which the next run goes on is remembered before anything is listed, and
noted when all up to there is saved: so what changes while a run works is told to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gmailkit.backup.crypt.given import Identity
from gmailkit.backup.events import Run
from gmailkit.backup.folder import Backup
from gmailkit.backup.marker import MARKER
from gmailkit.backup.storage import DISK, Storage
from gmailkit.client.client import Client
from gmailkit.clock import Clock
from gmailkit.errors import (
    BackupLocked,
    BudgetSpent,
    CannotWrite,
    Failure,
    GmailKitError,
    PartialError,
)
from gmailkit.model.counted import count_text
from gmailkit.services.backup.account import Account
from gmailkit.services.backup.changed import take_changed
from gmailkit.services.backup.choice import Choice
from gmailkit.services.backup.chosen import take_chosen
from gmailkit.services.backup.everything import take_everything
from gmailkit.services.backup.following import Following
from gmailkit.services.backup.least import advice
from gmailkit.services.backup.reading import Reading
from gmailkit.services.backup.report import BackupReport, Progress
from gmailkit.services.backup.settings import settings
from gmailkit.services.backup.wanted import Wanted
from gmailkit.services.backup.work import Place, Work
from gmailkit.services.labels import LabelNames
from gmailkit.stores.backup import FollowedTarget
from gmailkit.stores.gmail import GmailSource
from gmailkit.stores.gmail.bodies import Bodies
from gmailkit.wire.methods import find

SETTINGS_EVERY = timedelta(days=1)
RECONCILED_EVERY = timedelta(days=7)


def backup(
    client: Client,
    address: str,
    path: Path,
    choice: Choice | None = None,
    *,
    bodies: Bodies | None = None,
    identity: Identity = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    storage: Storage = DISK,
    clock: Clock,
) -> BackupReport:
    """Save messages, and what became of those that are saved.

    They come by the API alone, or as `bodies` gives them (`planning.Ways`). Stopped at any point,
    it keeps what it had saved; the next run goes on. Raises NotFound for an unknown label,
    QueryError, what `Backup.open` raises, TimeSpent and BudgetSpent when they are, and PartialError
    when some messages could not be read, or when Gmail and the backup differ and nobody knows why
    (all others are saved).
    """
    choice = choice or Choice()
    is_over = choice.ends(clock)
    # Where a backup is begun, nothing is made before Gmail has answered.
    begun = (path / MARKER).exists()
    names = LabelNames.coming(client) if begun else LabelNames.of(client)
    wanted = Wanted.of(client, names, choice.label, choice.query, every=choice.every)
    whose = address.casefold()  # one mailbox, however its address was spelt this time
    with Backup.open(
        path,
        write=True,
        create=True,
        account=whose,
        identity=identity,
        storage=storage,
        clock=clock,
    ) as folder:
        account = Account(folder, whose, names)
        before = account.last_run or Run(account=account.address, mode="")
        following = Following(client, account, wanted.hidden)
        reading = Reading(
            GmailSource(
                client,
                address,
                bodies=bodies,
                names=names,
                stubborn=before.unread,
                is_over=is_over,
            ),
            FollowedTarget(folder, whose, names),
            account,
            price=find("messages.get").price(client.prices),
            stubborn=before.unread,
            is_over=is_over,
            tell=on_progress,
        )
        work = Work(client, names, account, wanted, choice, following, reading, clock)
        try:
            _do(work, before)
        except (CannotWrite, BackupLocked):
            raise
        except GmailKitError as error:
            account.end(_summed_up(work, before, stopped=error.message))
            if isinstance(error, BudgetSpent):
                error.hint = advice(work) or error.hint
            raise
        account.end(_summed_up(work, before))
        report = _report(work, path, folder)
        _complain(work, before)
    return report


def _do(work: Work, before: Run) -> None:
    account, names = work.account, work.names
    cursor = account.cursor
    history = 0 if cursor else _now(work)  # first: it tells what such a run takes
    if work.choice.settings or _is_due(before.settings_at, SETTINGS_EVERY, work.clock):
        _take_settings(work)
    told = work.following.by_history(int(cursor.history)) if cursor else None
    history = told.history if told else history or _now(work)
    account.folder.flush()
    labels = names.labels  # waited for here at the latest: what their call raised is told
    if work.read_settings or not account.folder.blind:  # who is blind cannot tell if they changed
        work.following.relabelled += account.take_labels(labels)
    place = Place(cursor, told, history)
    due = _is_due(before.reconciled_at, RECONCILED_EVERY, work.clock)
    compare = work.choice.reconcile or due or before.unexplained
    if work.wanted.covers == "known":
        take_chosen(work, place)
    elif place.covers(work.wanted) and not compare:
        take_changed(work, place, retry=before.unread)
    else:
        take_everything(work, place)


def _now(work: Work) -> int:
    """The place in history, and how many messages there are."""
    profile = work.client.get_profile()
    work.messages = profile.messages_total
    return profile.history_id


def _take_settings(work: Work) -> None:
    for name, value in settings(work.client):
        if isinstance(value, GmailKitError):
            work.notes.append(f"The setting {name} was not given: {value.message}")
        elif work.account.take_setting(name, value):
            work.settings.append(name)
    work.read_settings = True


def _is_due(last: str, every: timedelta, clock: Clock) -> bool:
    """Also when the last time lies ahead: then a clock was wrong."""
    if not last:
        return True
    passed = clock.now() - datetime.fromisoformat(last).timestamp()
    return not 0 <= passed < every.total_seconds()


def _summed_up(work: Work, before: Run, *, stopped: str = "") -> Run:
    now = datetime.fromtimestamp(work.clock.now(), UTC).isoformat(timespec="seconds")
    reading, reconciled = work.reading, work.reconciled
    return Run(
        account=work.account.address,
        mode=work.mode,
        choice=work.choice.told,
        wanted=work.present + reading.tried,
        saved=reading.fetched,
        gone=work.following.deleted,
        relabelled=work.following.relabelled,
        unexplained=reconciled.unexplained if reconciled else before.unexplained,
        reconciled=reconciled is not None,
        unread=work.unread(before.unread),
        settings_at=now if work.read_settings else before.settings_at,
        reconciled_at=now if reconciled else before.reconciled_at,
        stopped=stopped,
    )


def _report(work: Work, path: Path, folder: Backup) -> BackupReport:
    reading = work.reading
    return BackupReport(
        path=path,
        account=work.account.address,
        mode=work.mode,
        wanted=work.present + reading.tried,
        present=work.present,
        fetched=reading.fetched,
        gone=tuple(reading.absent()),
        deleted=work.following.deleted,
        relabelled=work.following.relabelled,
        left_out=work.left_out,
        let_go=work.let_go,
        settings=tuple(work.settings),
        reconciled=work.reconciled,
        bytes=reading.bytes,
        by_imap=reading.unproven,
        notes=(*folder.notes, *work.notes),
    )


def _complain(work: Work, before: Run) -> None:
    """PartialError for what is not as it should be, though the run came to its end."""
    compared = work.reconciled
    unread = [*work.reading.failed().values()]
    if work.mode == "incremental":
        why = "An earlier run could not read it."
        unread += [Failure(id, why) for id in work.left(before.unread)]
    if unread:
        raise PartialError(
            f"{count_text(len(unread), 'message')} could not be read; "
            f"{count_text(work.reading.fetched, 'was', 'were')} saved.",
            done=work.reading.fetched,
            failed=unread,
            hint="Run the same command again: only what is missing is read.",
        )
    if compared and compared.unexplained:
        raise PartialError(
            f"Gmail holds {compared.gmail:,} messages, the backup {compared.backup:,}; why "
            f"{len(compared.unexplained):,} differ cannot be told.",
            done=work.reading.fetched,
            failed=compared.differ,
            hint="Run the same command again: if they still differ, open one of them in Gmail.",
        )
