"""`gmailkit migrate`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.copy_cmd import KEPT, Into, facts, mark_of, moving, time_limit, told
from gmailkit.cli.plan import AtMost, DryRun, Yes, say_way_back
from gmailkit.cli.progress import ProgressLine
from gmailkit.cli.restore_settings import say_renamed
from gmailkit.cli.state import State
from gmailkit.cli.within import places, speak_of

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.cli.views import Json
    from gmailkit.services.migrating import Migrated, Migration
    from gmailkit.services.places import Places


@command
def migrate(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help="The account that is left.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The account that gets all of it.")],
    into: Into,
    rules: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="RULE", help="Labels renamed, as in copy; may be repeated."),
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--spam-and-trash", help="With what lies in Spam and Trash.")
    ] = False,
    at_most: AtMost = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Copy a whole account of Gmail into another one: mail, labels, filters, vacation, signature.

    First it is said what will come, then the mail is copied, then labels get their colours and the
    settings are taken over; what only you can do is listed at the end. What is there already stays,
    the old account is only read, and the same command goes on after a stop. gmailkit undo takes
    each part back.

    Examples:
      gmailkit migrate old@example.com new@example.com --dry-run
      gmailkit migrate gmail:old@example.com gmail:new@example.com --yes

    Needs: gmail.modify and gmail.settings.basic (gmailkit login --for restore) for the new account,
    gmail.readonly for the old one.
    """
    from gmailkit.services.migrating import account_named, plan_migration

    state = State.of(ctx)
    opened, begin = places(state), time_limit(state, at_most)
    speak_of(state, account_named(opened, new))
    out = state.out
    plan = plan_migration(
        opened, old, new, rules=rules or (), mark=mark_of(into), everywhere=everywhere
    )
    if dry_run:
        _show(out, plan)
        return
    if not out.quiet or can_ask(state):
        out.before_asking("\n".join(_told(out, plan)))
    words = screen.count_text(len(plan.mail.refs), "message")
    confirm(state, f"Copy {words} and all of this into {plan.settings.account}?", yes=yes)
    _carry(state, opened, plan, into, begin())


def _carry(
    state: State, opened: Places, plan: Migration, into: Into, is_over: Callable[[], bool]
) -> None:
    from gmailkit.services.migrating import migrate

    out = state.out
    with closing(ProgressLine(out)) as line:
        done = migrate(
            opened,
            plan,
            quarantine=into.quarantine or KEPT,
            receipts=into.receipts,
            is_over=is_over,
            on_progress=partial(moving, state, line),
        )
    _report(out, plan, done)
    if done.partly:
        raise done.partly


def _told(out: Output, plan: Migration) -> list[str]:
    settings = plan.settings
    lines = [
        *told(plan.mail),
        f"Settings of {settings.origin}: {settings.units:,} units",
        *(f"  {each}" for each in settings.words),
        *([f"  the same already: {settings.same:,}"] if settings.same else []),
        "Left to you:",
        *(f"  {out.to_paste(each)}" for each in plan.left),
    ]
    return list(map(screen.visible, lines))


def _show(out: Output, plan: Migration) -> None:
    if out.json:
        out.document({**_facts(out, plan), "done": False})
        return
    for line in _told(out, plan):
        out.line(line)
    out.say("Dry run: nothing was changed.")


def _facts(out: Output, plan: Migration) -> Json:
    settings = plan.settings
    return {
        "mail": facts(plan.mail),
        "settings": {"changes": settings.words, "same": settings.same, "units": settings.units},
        "left": tuple(map(out.to_paste, plan.left)),
    }


def _report(out: Output, plan: Migration, done: Migrated) -> None:
    copied = done.mail.copied if done.mail else None
    mail = done.mail.number if done.mail else None
    numbers = [*done.settings.numbers, *([mail] if mail is not None else [])]
    if out.json:
        result = {"added": copied and copied.added, "present": copied and copied.present}
        out.document({**_facts(out, plan), "done": True, **result, "changes": numbers})
        return
    if copied:
        there = f", {copied.present:,} were there already" if copied.present else ""
        count = screen.count_text(copied.added, "message")
        out.line(f"{count} copied to {plan.settings.account}{there}.")
    made = screen.count_text(len(done.settings.plan.words), "change")
    out.line(f"{made} made to its settings, {done.settings.plan.same:,} were the same.")
    say_renamed(out, done.settings.renamed)
    out.line("Left to you:")
    for each in (*done.settings.plan.left, *plan.by_hand):
        out.line(screen.visible(f"  {out.to_paste(each)}"))
    for number in numbers:
        say_way_back(out, number)
