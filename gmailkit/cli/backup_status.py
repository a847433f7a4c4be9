"""`gmailkit backup status`."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.command import command
from gmailkit.cli.state import State
from gmailkit.errors import GmailKitError

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.record.verified import Matched
    from gmailkit.services.backup.status import AccountStatus, BackupStatus

_COVERS = {
    "all": "all mail",
    "mail": "all mail but Spam and Trash",
    "known": "a choice of messages",
    "": "not known: the next run lists",
}


@command
def status(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The backup folder.")],
    stale: Annotated[
        str, typer.Option("--stale", metavar="TIME", help="Older than that is too old: 12h, 7d.")
    ] = "2d",
) -> None:
    """Say how a backup is: last runs, last full verify, what it lacks, what to do next.

    Exits with 1 when it cannot be relied on: the last complete run is too old, messages could not
    be read, something differs from Gmail for no known reason, or the last verify found damage.

    Examples:
      gmailkit backup status mail.backup
      gmailkit backup status mail.backup --stale 12h --json

    Needs: nothing; works offline.
    """
    from gmailkit.compose.when import seconds
    from gmailkit.config import Settings
    from gmailkit.services.backup.status import backup_status

    state = State.of(ctx)
    age = timedelta(seconds=seconds(stale))
    practice = state.settings().home if state.sandbox else None
    found = backup_status(
        Settings.load().home, folder, sign_ins=practice, stale=age, clock=state.clock
    )
    if state.out.json:
        state.out.document(_facts(found))
    else:
        _show(state.out, found)
    if not found.ok:
        first = next(each for each in found.troubles if each.failing)
        raise GmailKitError(f"{name_of(folder)} needs attention: {first.what}", hint=first.fix)


def _facts(found: BackupStatus) -> dict[str, object]:
    checked = found.verified
    return {
        "ok": found.ok,
        "path": name_of(found.path),
        "accounts": [_facts_of(each) for each in found.accounts],
        "mail": found.mail,
        "disk": found.disk,
        "shared": found.shared,
        "shared_bytes": found.shared_bytes,
        "verified": checked
        and {
            "at": checked.at,
            "ok": checked.ok,
            "messages": checked.messages,
            "repaired": checked.repaired,
        },
        "troubles": [
            {"what": each.what, "fix": each.fix, "failing": each.failing} for each in found.troubles
        ],
    }


def _facts_of(each: AccountStatus) -> dict[str, object]:
    return {
        "account": each.address,
        "messages": each.messages,
        "gone": each.gone,
        "covers": each.covers,
        "choices": each.choices,
        "let_go": each.let_go,
        "unverified": each.unverified,
        "complete": each.complete,
        "tried": each.tried,
        "stopped": each.stopped,
        "reconciled": each.reconciled,
        "matched": each.matched
        and {"at": each.matched.at, "same": each.matched.same, "of": each.matched.of},
        "unread": each.unread,
        "unexplained": each.unexplained,
        "signed_in": each.signed_in,
        "may_sign_in": each.may_sign_in,
        "practice": each.practice,
    }


def _show(out: Output, found: BackupStatus) -> None:
    for each in found.accounts:
        count = screen.count_text(each.messages, "message")
        out.row("account", each.address, f"{count}, {each.gone:,} of them gone from Gmail")
        out.row("covers", each.address, _covers(each))
        out.row("last complete run", each.address, _when(each.complete))
        if each.tried != each.complete:
            out.row("last try", each.address, _when(each.tried))
        out.row("compared with Gmail", each.address, _when(each.reconciled))
        if each.matched:
            out.row("bytes compared", each.address, _matched(each.matched))
        if each.signed_in:
            where = " (the practice mailbox)" if each.practice else ""
            out.row("signed in since", each.address, _when(each.signed_in) + where)
    if unproven := sum(each.unverified for each in found.accounts):
        count = screen.count_text(unproven, "message")
        out.row("from elsewhere", count, "never compared with Gmail")
    out.row("size", screen.bytes_text(found.mail), f"{screen.bytes_text(found.disk)} on disk")
    if found.shared:
        equal = screen.count_text(found.shared, "equal message")
        out.row("kept once", screen.bytes_text(found.shared_bytes), f"{equal}, with others")
    checked = found.verified
    out.row("full verify", _when(checked.at if checked else None))
    for trouble in found.troubles:
        out.row("! " + screen.visible(trouble.what), out.to_paste(trouble.fix))
    if found.ok:
        well = "It can be relied on, but see what stands after the !."
        out.say(well if found.troubles else "All is well.")


def _covers(account: AccountStatus) -> str:
    if account.covers == "known" and account.complete is None:
        return "what a first run that has not ended has saved"
    if account.covers == "known" and account.choices:
        return f"a choice of messages: {', '.join(account.choices)}"
    but = f", {account.let_go:,} left out that a compaction let go" if account.let_go else ""
    return _COVERS[account.covers] + but


def _matched(last: Matched) -> str:
    how = ", all alike" if last.ok else " alike; something differed or was lacking"
    return f"{_when(last.at)}, {screen.count_text(last.same, 'message')} of {last.of:,}{how}"


def _when(time: datetime | None) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M") if time else "never"
