"""`gmailkit delete`: for good, out of Trash."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm_by_number
from gmailkit.cli.choose import choose
from gmailkit.cli.command import command
from gmailkit.cli.plan import How, Which, listed
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.state import UNCHANGED, State
from gmailkit.errors import UsageError

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.changes.deleting import DeletionPlan


@command
def delete(
    ctx: typer.Context,
    which: Which,
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
    *,
    how: How,
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
    _check(forever or how.dry_run, backup, without_backup)
    gmail = state.gmail()
    chosen = choose(state, gmail, which)
    chosen.check_kept((), ())
    plan = gmail.plan_delete(chosen.query, ids=chosen.ids, backup=backup, threads=chosen.threads)
    preview = "\n".join(_preview(gmail.address, plan))
    if how.dry_run or not plan.ids:
        _result(out, gmail.address, plan, None, preview)
        return
    out.before_asking(preview)
    _agree(state, gmail.address, plan, how)
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.delete_forever(plan, on_progress=counting(line))
    _result(out, gmail.address, plan, done.number, preview)


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


def _agree(state: State, account: str, plan: DeletionPlan, how: How) -> None:
    most, yes = how.most, how.yes
    count = len(plan.ids)
    words = screen.count_text(count, "message")
    if most is not None and count > most:
        raise UsageError(f"{words} are more than {most:,}; nothing was deleted.")
    if yes and most is not None:
        return
    if yes or not can_ask(state):
        raise UsageError(
            f"This needs a yes and a number: delete {words} of {account} for good?",
            hint=f"In a script say both: --yes --max {count}. Or --dry-run to look first.",
        )
    question = f"Delete {words} for good?"
    confirm_by_number(state, question, count, nothing="Nothing was deleted.")


def _preview(account: str, plan: DeletionPlan) -> list[str]:
    safe = f"safe in {name_of(plan.backup)}" if plan.backup else "WITHOUT a backup"
    head = f"{screen.count_text(len(plan.ids), 'message')} of {account}: delete for good, {safe}"
    return [
        screen.visible(head),
        *listed(plan.ids, plan.sample),
        f"  about {screen.bytes_text(plan.facts.size)}; {plan.units:,} units; no undo",
    ]


def _result(
    out: Output, account: str, plan: DeletionPlan, number: int | None, preview: str
) -> None:
    done = number is not None
    if out.json:
        backup = name_of(plan.backup) if plan.backup else None
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
