"""`gmailkit delete`: for good, out of Trash."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.ask import ask, can_ask
from gmailkit.cli.choose import choose
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Ids, Most, Query, Yes, listed
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.state import UNCHANGED, State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.services.changes.deleting import DeletionPlan


@command
def delete(
    ctx: typer.Context,
    query: Query = None,
    ids: Ids = None,
    forever: Annotated[
        bool, typer.Option("--forever", help="Say that they shall be gone for good.")
    ] = False,
    backup: Annotated[
        Path | None,
        typer.Option("--backup", metavar="DIR", help="The backup in which each has to be safe."),
    ] = None,
    without_backup: Annotated[
        bool, typer.Option("--without-backup", help="Delete them though nothing is left of them.")
    ] = False,
    most: Most = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Delete messages in Trash for good, once they are safe in a backup.

    The QUERY is searched in Trash; rows and ids have to lie there. Each message is read from Gmail
    and from the backup and compared; where one differs or is missing, nothing is deleted. The
    number has to be typed; a script says --yes and --max. Undo cannot bring them back.

    Examples:
      gmailkit delete 'older_than:7d' --forever --backup mail.backup --dry-run
      gmailkit delete in:trash --forever --backup mail.backup --yes --max 200

    Needs: mail.google.com (gmailkit login --for full).
    """
    state = State.of(ctx)
    state.on_stop = UNCHANGED
    out = state.out
    _check(forever or dry_run, backup, without_backup)
    gmail = state.gmail()
    chosen = choose(state, gmail, query, ids)
    plan = gmail.plan_delete(chosen.query, ids=chosen.ids, backup=backup)
    preview = "\n".join(_preview(gmail.address, plan))
    if dry_run or not plan.ids:
        _result(state, plan, None, preview)
        return
    out.before_asking(preview)
    _agree(state, plan, most=most, yes=yes)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.delete_forever(plan, on_progress=counting(line))
    _result(state, plan, done.number, preview)


def _check(meant: bool, backup: Path | None, without_backup: bool) -> None:
    if not meant:
        raise UsageError(
            "What is deleted is gone for good; nobody can bring it back.",
            hint="If that is meant, add --forever. gmailkit trash only moves to Trash.",
        )
    if (backup is None) != without_backup:
        raise UsageError(
            "Say where the messages are safe, or that they need not be.",
            hint="--backup DIR, made before by: gmailkit backup DIR --label TRASH. "
            "Or --without-backup.",
        )


def _agree(state: State, plan: DeletionPlan, *, most: int | None, yes: bool) -> None:
    count = len(plan.ids)
    words = screen.count_text(count, "message")
    if most is not None and count > most:
        raise UsageError(f"{words} are more than {most:,}; nothing was deleted.")
    if yes and most is not None:
        return
    if yes or not can_ask(state):
        raise UsageError(
            f"This needs a yes and a number: delete {words} of {state.gmail().address} for good?",
            hint=f"In a script say both: --yes --max {count}. Or --dry-run to look first.",
        )
    answer = ask(state, f"Delete {words} for good? Type {count} to do it: ")
    if answer.strip().replace(",", "") != str(count):
        state.out.say("Nothing was deleted.")
        raise typer.Exit(1)


def _preview(account: str, plan: DeletionPlan) -> list[str]:
    safe = f"safe in {plan.backup}" if plan.backup else "WITHOUT a backup"
    head = f"{screen.count_text(len(plan.ids), 'message')} of {account}: delete for good, {safe}"
    return [
        screen.visible(head),
        *listed(plan.ids, plan.sample),
        f"  about {screen.bytes_text(plan.facts.size)}; {plan.units:,} units; no undo",
    ]


def _result(state: State, plan: DeletionPlan, number: int | None, preview: str) -> None:
    out, account, done = state.out, state.gmail().address, number is not None
    if out.json:
        backup = str(plan.backup) if plan.backup else None
        more = {"count": len(plan.ids), "units": plan.units, "backup": backup, "ids": plan.ids}
        out.document({"account": account, "done": done, "change": number, **more})
    elif done:
        count = screen.count_text(len(plan.ids), "message")
        out.line(f"{count} of {account}: deleted for good. Change {number} keeps the ids.")
    elif plan.ids:
        out.line(preview)
        out.say("Dry run: nothing was deleted.")
    else:
        out.say(f"Nothing in the Trash of {account} matches: nothing to do.")
