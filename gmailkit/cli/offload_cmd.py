"""`gmailkit offload`: to Trash what is safe in a backup."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.backup.place import name_of
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask
from gmailkit.cli.choose import choose
from gmailkit.cli.command import command
from gmailkit.cli.plan import How, Which, agree, listed, say_way_back
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.services.changes.offloading import Offloaded, OffloadPlan


@command
def offload(
    ctx: typer.Context,
    which: Which,
    backup: Annotated[
        Path, typer.Option("--backup", metavar="DIR", help="The backup that holds them.")
    ],
    how: How,
) -> None:
    """Make room: move to Trash what a backup holds, once it was read back from there.

    Each message is read out of the backup first; one that is not in it, or not whole, stays and is
    named, with exit code 3. Nothing is deleted: Gmail does that after 30 days in Trash. For more
    than 100 the number has to be typed.

    Examples:
      gmailkit offload 'larger:10M older_than:2y' --backup mail.backup --dry-run
      gmailkit offload 'category:promotions older_than:1y' --backup mail.backup
      gmailkit restore mail.backup --query 'larger:10M'

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    chosen = choose(state, gmail, which)
    chosen.check_kept((), ())
    plan = gmail.plan_offload(
        chosen.query, ids=chosen.ids, threads=chosen.threads, backup=backup.expanduser()
    )
    ids = plan.change.ids
    if how.dry_run or not (ids or plan.unsaved):
        _result(out, gmail.address, plan, None)
        return
    if ids:
        if how.yes or can_ask(state):
            out.before_asking("\n".join(_preview(gmail.address, plan)))
        agree(state, gmail.address, len(ids), how, away=len(ids))
    with closing(ProgressLine(out, gmail=gmail)) as line:
        done = gmail.offload(plan, on_progress=counting(line))
    _result(out, gmail.address, plan, done)


def _preview(account: str, plan: OffloadPlan) -> list[str]:
    change = plan.change
    count = screen.count_text(len(change.ids), "message")
    lines = [
        f"{count} of {account}, {screen.bytes_text(plan.bytes)}: move to Trash,"
        f" once read back from {name_of(plan.path)}",
        *listed(change.ids, change.sample),
        f"  {change.units:,} units; what is in Trash counts until Gmail deletes it, after 30 days",
    ]
    if plan.unsaved:
        lines.append(f"  not in the backup, so they stay: {len(plan.unsaved):,}")
    if change.drafts:
        lines.append(f"  drafts, which stay: {len(change.drafts):,}")
    return [screen.visible(line) for line in lines]


def _result(out: Output, account: str, plan: OffloadPlan, done: Offloaded | None) -> None:
    if out.json:
        out.document(
            {
                "account": account,
                "done": done is not None,
                "change": done.number if done else None,
                "count": done.count if done else len(plan.change.ids),
                "bytes": done.bytes if done else plan.bytes,
                "units": plan.change.units,
                "backup": name_of(plan.path),
                "ids": plan.change.ids,
                "unsaved": plan.unsaved,
            }
        )
    elif done:
        size = screen.bytes_text(done.bytes)
        count = screen.count_text(done.count, "message")
        out.line(f"{count} of {account}, {size}: moved to Trash, safe in {name_of(plan.path)}.")
        if done.number is not None:
            say_way_back(out, done.number)
    elif plan.change.ids or plan.unsaved:
        for line in _preview(account, plan):
            out.line(line)
        out.say("Dry run: nothing was changed.")
    else:
        out.say(f"No message of {account} matches: nothing to do.")
