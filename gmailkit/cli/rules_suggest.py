"""`gmailkit rules suggest`."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import rules_view as view
from gmailkit.cli import screen
from gmailkit.cli.ask import confirm
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.progress import ProgressLine, counting, time_text
from gmailkit.cli.state import State
from gmailkit.errors import UsageError, to_type

if TYPE_CHECKING:
    from gmailkit.services.rules.habits.mailbox import SuggestPlan
    from gmailkit.services.rules.habits.suggest import Suggestions

File = Annotated[
    Path, typer.Option("--file", metavar="FILE", help="The file of rules.", show_default=False)
]
RULES = Path("rules.toml")
ASKED_FROM = 20_000  # units: three minutes and more of the quota


@command
def _suggest(
    ctx: typer.Context,
    file: File = RULES,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="Mail from then on: 2026-01-31, or 90d.")
    ] = "1y",
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="The newest N messages [5,000]."),
    ] = None,
    backup: Annotated[
        Path | None,
        typer.Option("--backup", metavar="DIR", help="Look at this backup; asks Gmail nothing."),
    ] = None,
    account: Annotated[
        str,
        typer.Option("--from", metavar="ADDRESS", help="Whose mail, where a backup has several."),
    ] = "",
    add: Annotated[
        bool,
        typer.Option("--add", help="Put them at the end of the file, instead of showing them."),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Suggest rules from what you keep doing by hand to mail.

    Lists, senders, domains and subjects whose mail you label, archive, star or delete, as rules to
    paste, each with its evidence and a test. What filters or the file do already is left out.
    Nothing is changed. It asks before it reads for more than 20,000 units.

    Examples:
      gmailkit rules suggest
      gmailkit rules suggest --since 90d --add
      gmailkit rules suggest --backup mail.backup --json

    Needs: gmail.readonly (any login but --for send); with --backup nothing.
    """
    state = State.of(ctx)
    if backup and limit:
        raise UsageError("--limit is for Gmail; all of a backup is read.", hint="Say --since.")
    if account and not backup:
        raise UsageError(
            "--from is for a backup; of Gmail's the mail of the signed-in account is looked at.",
            hint=to_type("rules", "suggest", "--account", account),
        )
    found = (
        _by_backup(state, file, backup, account, since)
        if backup
        else _by_gmail(state, file, since, limit, yes=yes, dry_run=dry_run)
    )
    if found is None:
        return
    added = _added(file, found) if add and not dry_run else ()
    if state.out.json:
        state.out.document(view.suggestions(str(file), found, added=added))
    else:
        _tell(state, file, found, added, add=add)


def _by_gmail(
    state: State, file: Path, since: str, limit: int | None, *, yes: bool, dry_run: bool
) -> Suggestions | None:
    """None where nothing is read."""
    gmail = state.gmail()
    plan = gmail.plan_suggest_rules(file, since=since, **({"limit": limit} if limit else {}))
    cost = _cost(plan)
    if dry_run:
        if state.out.json:
            state.out.document(view.suggest_plan(gmail.address, plan))
        else:
            state.out.line(f"{gmail.address}: {cost}")
            state.out.say("Dry run: nothing was read.")
        return None
    state.out.say(cost)
    if plan.units > ASKED_FROM:
        confirm(state, f"Spend some {plan.units:,} units on it?", yes=yes)
    with closing(ProgressLine(state.out, gmail=gmail)) as line:
        return gmail.suggest_rules(
            plan, on_progress=counting(line), on_look=partial(_looking, line)
        )


def _by_backup(state: State, file: Path, folder: Path, account: str, since: str) -> Suggestions:
    from gmailkit.services.rules.habits.saved import suggest_from_backup

    with closing(ProgressLine(state.out)) as line:
        return suggest_from_backup(
            file,
            folder,
            account=account,
            since=since,
            clock=state.clock,
            on_progress=counting(line),
            on_look=partial(_looking, line),
        )


def _looking(line: ProgressLine, kind: int, kinds: int) -> None:
    """All is read: how long that took tells nothing about how long this will."""
    line.show(kind, None, f"Looking for habits: {kind} of {kinds} kinds")


def _cost(plan: SuggestPlan) -> str:
    count = screen.count_text(len(plan.refs), "message")
    older = "; older ones are left out (--limit)" if plan.more else ""
    time = f", {time_text(plan.seconds)} by the quota" if plan.seconds else ""
    known = f" of which {plan.known:,} were read before" if plan.known else ""
    return f"{count}{known}{older}: about {plan.units:,} units{time}."


def _added(file: Path, found: Suggestions) -> tuple[str, ...]:
    from gmailkit.services.rules.habits.suggest import add_suggestions

    return add_suggestions(file, found)


def _tell(
    state: State, file: Path, found: Suggestions, added: tuple[str, ...], *, add: bool
) -> None:
    out = state.out
    if not add and found.all:
        out.line(screen.visible_text(found.text).rstrip("\n"))
    for name in added:
        out.row(name)
    for note in found.notes:
        out.say(note)
    looked = screen.count_text(found.looked, "message")
    since = f" since {found.since:%Y-%m-%d}" if found.since else ""
    rules = screen.count_text(len(found.all), "rule")
    out.say(f"{rules} suggested by {looked}{since}.")
    if added:
        out.say(f"Written to {file}. What Gmail's filters lack now: gmailkit rules plan")
    elif found.all:
        out.say("To put them into the file: the same command with --add")
