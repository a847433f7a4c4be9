"""How a backup is: when it was made and checked last, what it lacks, what to do next. Offline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from gmailkit.auth.accounts import Accounts
from gmailkit.auth.keep import keep_for
from gmailkit.backup.crypt.account import hashed
from gmailkit.backup.crypt.given import BackupKey, Identity
from gmailkit.backup.events import Cursor, Run
from gmailkit.backup.folder import Backup
from gmailkit.backup.place import folder_of, name_of
from gmailkit.clock import Clock
from gmailkit.errors import GmailKitError, to_type
from gmailkit.model.counted import count_text
from gmailkit.paths import Home
from gmailkit.record import verified
from gmailkit.record.verified import Matched, Verified

STALE = timedelta(days=2)
VERIFY_EVERY = timedelta(days=30)


class AccountStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One account's part. `messages` are saved, `gone` of them Gmail has no more; times are aware,
    None for never. `complete` was the last run that came to its end and, where any such looked at
    all mail, did so too; `tried` the last one of all, which `stopped` for that reason. `covers`:
    "all" mail, all "mail" but Spam and Trash, a choice ("known", by `choices` as they were typed),
    or "" where only the next run will tell; but for `let_go` messages that compactions left
    out. `unverified` came from elsewhere and were never compared with Gmail's. `matched` is what
    came of the last comparison of bytes with Gmail's. `unread` could not be read, `unexplained` are
    differences from Gmail. `signed_in` is when the present sign-in was made, `may_sign_in`
    whether this machine holds one that works; in the `practice` mailbox, where only that has one.
    """

    address: str
    messages: int
    gone: int
    covers: str
    choices: tuple[str, ...]
    let_go: int
    unverified: int
    complete: datetime | None
    tried: datetime | None
    stopped: str
    reconciled: datetime | None
    matched: Matched | None
    unread: tuple[str, ...]
    unexplained: tuple[str, ...]
    signed_in: datetime | None
    may_sign_in: bool
    practice: bool


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What is not as it should be, and what helps; `failing`: the backup cannot be relied on."""

    what: str
    fix: str
    failing: bool = True


class BackupStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`mail` is the size of all messages as they are, `disk` that of the folder. `shared` messages
    stand word for word in others, so that their `shared_bytes` of mail are kept once alone.
    """

    path: Path
    accounts: tuple[AccountStatus, ...]
    mail: int
    disk: int
    shared: int
    shared_bytes: int
    verified: Verified | None
    troubles: tuple[Trouble, ...]

    @property
    def ok(self) -> bool:
        return not any(each.failing for each in self.troubles)


def saved_so_far(path: Path) -> int:
    """How many messages a backup holds, of all its accounts; nobody is asked for a passphrase.
    Raises what `Backup.open` raises.
    """
    with Backup.look_at(path, identity=BackupKey()) as folder:
        return sum(len(folder.known(account)) for account in folder.accounts())


def backup_status(
    home: Home,
    path: Path,
    *,
    sign_ins: Home | None = None,
    stale: timedelta = STALE,
    identity: Identity = None,
    clock: Clock,
) -> BackupStatus:
    """Nothing is asked, nothing is read but the index and some events. `stale` is the age from
    which the last complete run is too old. Verifies are remembered in `home`; so are sign-ins, or
    in `sign_ins`, that of the practice mailbox. Raises what `Backup.open` raises.
    """
    with Backup.look_at(path, identity=identity) as folder:
        mine = sign_ins or home
        accounts = tuple(
            _account(folder, mine, address, verified.last_match(home, folder_of(path), address))
            for address in _addresses(folder, mine)
        )
        mail = sum(entry.length for entry in folder.entries())
        disk = folder.size()
        shared, shared_bytes = folder.shared()
        fix = to_type("backup", name_of(path))
        troubles = [Trouble(what=note, fix=fix) for note in folder.notes]
        for told in folder.shrunken():
            what = f"{told} is gone, or shorter than it was."
            troubles.append(Trouble(what=what, fix=to_type("repair", name_of(path))))
    checked = verified.last(home, folder_of(path))
    now = _time(clock.now())
    for each in accounts:
        troubles += _troubles_of(each, path, now, stale)
    if not accounts:
        troubles.append(Trouble(what="Nothing is saved yet.", fix=fix))
    troubles += _of_verify(checked, path, now)
    return BackupStatus(
        path=path,
        accounts=accounts,
        mail=mail,
        disk=disk,
        shared=shared,
        shared_bytes=shared_bytes,
        verified=checked,
        troubles=tuple(troubles),
    )


def _addresses(folder: Backup, home: Home) -> Iterator[str]:
    """A backup that cannot be read names none: then those of this machine are looked for in it."""
    if not folder.blind:
        yield from folder.accounts()
        return
    here = (*Accounts(home.of_practice).all(), *Accounts(home).all())
    mine = {hashed(account.address): account.address for account in here}
    yield from (mine.get(each, each) for each in folder.accounts())


def _account(folder: Backup, home: Home, address: str, matched: Matched | None) -> AccountStatus:
    run, cursor = folder.latest(address, Run), folder.latest(address, Cursor)
    ended = [run] if run and _is_whole(run) else _ended(folder, address)
    whole = [each for each in ended if _is_whole(each)]
    complete = max(whole or ended, key=lambda each: each.at, default=None)
    choices = dict.fromkeys(each.choice for each in ended if each.choice and not whole)
    covers = cursor.covers if cursor else ""
    if whole and covers == "known":  # history was lost, and a run for some labels began it anew
        covers = ""
    gone = len(folder.gone(address))
    signed_in, works = _sign_in(home, address)
    practice = not works and _sign_in(home.of_practice, address)[1]
    if practice:
        signed_in, works = _sign_in(home.of_practice, address)
    return AccountStatus(
        address=address,
        messages=folder.count(address) + gone,
        gone=gone,
        covers=covers,
        choices=tuple(choices),
        let_go=len(folder.let_go(address) - folder.known(address)),
        unverified=len(folder.unverified(address)),
        complete=_read(complete.at) if complete else None,
        tried=_read(run.at) if run else None,
        stopped=run.stopped if run else "",
        reconciled=_read(run.reconciled_at) if run and run.reconciled_at else None,
        matched=matched,
        unread=run.unread if run else (),
        unexplained=run.unexplained if run else (),
        signed_in=signed_in,
        may_sign_in=works,
        practice=practice,
    )


def _ended(folder: Backup, address: str) -> list[Run]:
    return [run for run in folder.events(address, Run) if not run.stopped]


def _is_whole(run: Run) -> bool:
    """A run for some labels says nothing of all the rest, where that is kept too."""
    return not run.stopped and run.mode != "partial"


def _sign_in(home: Home, address: str) -> tuple[datetime | None, bool]:
    try:
        account = Accounts(home).get(address)
        if account is None or account.key_file:
            return None, account is not None
        token = keep_for(account.keep, home).load(address)
    except GmailKitError:
        return None, False
    if token is None:
        return None, False
    return _time(token.granted_at), bool(token.refresh_token) and not token.dead


def _troubles_of(
    account: AccountStatus, path: Path, now: datetime, stale: timedelta
) -> Iterator[Trouble]:
    whose, where = account.address, ("--sandbox",) if account.practice else ()
    known = "@" in whose  # else it is the hash of one that this machine does not know
    again = to_type(*where, "backup", name_of(path), *(("--account", whose) if known else ()))
    if account.complete is None:
        yield Trouble(what=f"{whose}: no run has come to its end yet.", fix=again)
    elif now - account.complete > stale:
        days = (now - account.complete).total_seconds() / 86_400
        yield Trouble(what=f"{whose}: the last complete run is {days:.1f} days old.", fix=again)
    if account.stopped:
        yield Trouble(
            what=f"{whose}: the last run stopped. {account.stopped}", fix=again, failing=False
        )
    if account.unread:
        unread = count_text(len(account.unread), "message")
        yield Trouble(what=f"{whose}: {unread} could not be read.", fix=again)
    if account.unexplained:
        unexplained = len(account.unexplained)
        have = count_text(unexplained, "difference from Gmail has", "differences from Gmail have")
        yield Trouble(
            what=f"{whose}: {have} no reason.",
            fix=f"{again} --reconcile",
        )
    if not account.may_sign_in:
        yield Trouble(
            what=f"{whose}: this machine has no sign-in that works.",
            fix=to_type("login", *((whose,) if known else ())),
            failing=False,
        )


def _of_verify(checked: Verified | None, path: Path, now: datetime) -> Iterator[Trouble]:
    fix = to_type("verify", name_of(path))
    if checked is None:
        yield Trouble(what="It was never verified in full here.", fix=fix, failing=False)
    elif checked.repaired:
        what = "It was repaired, and not verified in full since."
        yield Trouble(what=what, fix=fix, failing=False)
    elif checked.slight:
        what = "The last verify found its index or its marker wrong, which a repair makes anew."
        yield Trouble(what=what, fix=to_type("repair", name_of(path)), failing=False)
    elif not checked.ok:
        yield Trouble(what="The last verify found damage.", fix=to_type("repair", name_of(path)))
    elif now - checked.at > VERIFY_EVERY:
        days = (now - checked.at).days
        yield Trouble(what=f"The last full verify is {days} days old.", fix=fix, failing=False)


def _read(at: str) -> datetime:
    return datetime.fromisoformat(at)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
