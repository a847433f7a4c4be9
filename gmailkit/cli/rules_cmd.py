"""`gmailkit rules`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import rules_view as view
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm, confirm_by_number
from gmailkit.cli.command import command, group
from gmailkit.cli.plan import COUNTED, DryRun, How, Yes, agree, say_way_back
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.rules_suggest import RULES, File, _suggest
from gmailkit.cli.state import State
from gmailkit.errors import Failure, PartialError
from gmailkit.zones import local

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.rules.plan import RulesPlan

Prune = Annotated[
    bool, typer.Option("--prune", help="Delete the filters that were made by hand, too.")
]


@command
def _pull(ctx: typer.Context, file: File = RULES) -> None:
    """Write Gmail's filters into the file, as rules.

    Those that it knows already are left out; what stands there stays, comments and all. What of a
    filter has no plain form is kept as Gmail has it.

    Examples:
      gmailkit rules pull
      gmailkit rules pull --file work.toml

    Needs: gmail.readonly (any login but --for send).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    pulled = gmail.pull_rules(file)
    if state.out.json:
        state.out.document({"file": str(file), "rules": pulled.names, "known": pulled.known})
        return
    for name in pulled.names:
        state.out.row(name)
    if not (pulled.names or pulled.known):
        state.out.say(f"{gmail.address} has no filters: nothing was written to {file}.")
        state.out.say("Some may be found in what you do by hand: gmailkit rules suggest")
        return
    written = screen.count_text(len(pulled.names), "rule")
    state.out.say(f"{written} written to {file}; {pulled.known:,} filters had one already.")


@command
def _test(ctx: typer.Context, file: File = RULES) -> None:
    """Check the tests that stand beside the rules.

    Each message arrives with INBOX and UNREAD and meets all rules of the file. Exits with 3 when
    one does not end with the labels that its test expects.

    Examples:
      gmailkit rules test
      gmailkit rules test --file work.toml --json

    Needs: nothing; works offline.
    """
    from gmailkit.services.rules.check import test_rules

    state = State.of(ctx)
    outcomes = test_rules(file, clock=state.clock)
    failed = [each for each in outcomes if not each.passed]
    for each in outcomes if state.out.json else ():
        state.out.record(view.outcome(each))
    if failed:
        raise PartialError(
            f"{len(failed)} of {screen.count_text(len(outcomes), 'test')} failed.",
            done=len(outcomes) - len(failed),
            failed=[
                Failure(f"{each.rule}, test {each.number}", view.outcome_words(each))
                for each in failed
            ],
            hint=f"Correct the rules or the tests in {file}.",
        )
    if not state.out.json:
        state.out.line(f"{screen.count_text(len(outcomes), 'test')} passed.")


@command
def _plan(ctx: typer.Context, file: File = RULES, prune: Prune = False) -> None:
    """Show what Gmail's filters lack of the rules; nothing is changed.

    + would be made, - would go, ! is a remark: filters made by hand, what no filter can do, rules
    that contradict each other.

    Examples:
      gmailkit rules plan
      gmailkit rules plan --prune --json

    Needs: gmail.readonly (any login but --for send).
    """
    state = State.of(ctx)
    gmail = state.gmail()
    _tell(state, gmail, gmail.plan_rules(file, prune=prune))


@command
def _apply(
    ctx: typer.Context,
    file: File = RULES,
    prune: Prune = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make Gmail's filters what the rules say, after showing the difference.

    New filters come before old ones go. It is one change: undo takes it back, and if it is cut
    short, journal recover finishes it. Mail that is there stays as it is.

    Examples:
      gmailkit rules apply --dry-run
      gmailkit rules apply --yes

    Needs: gmail.readonly and gmail.settings.basic (gmailkit login --for settings; for new labels
    --for restore).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_rules(file, prune=prune)
    if dry_run:
        _tell(state, gmail, plan)
        out.say("Dry run: nothing was changed.")
        return
    if not (plan.idle or plan.refused):
        preview = "\n".join(view.plan_lines(gmail.address, plan))
        if yes:
            out.say(preview)
        elif can_ask(state):
            out.before_asking(preview)
        _agree(state, gmail.address, len(plan.delete), yes=yes)
    change = gmail.apply_rules(plan)
    if out.json:
        out.document(view.plan(gmail.address, plan, number=change.number if change else None))
    elif change:
        made, gone = len(plan.create), len(plan.delete)
        filters = screen.count_text(made, "filter")
        out.line(f"{gmail.address}: {filters} made, {gone:,} deleted.")
        say_way_back(out, change.number)
    else:
        _tell(state, gmail, plan)


def _agree(state: State, account: str, gone: int, *, yes: bool) -> None:
    """The number is typed for many that are deleted, as it is for messages."""
    if gone > COUNTED and not yes and can_ask(state):
        question = f"Do this to {account}, where {gone:,} filters are deleted?"
        confirm_by_number(state, question, gone, nothing="Nothing was changed.")
    else:
        confirm(state, f"Do this to {account}?", yes=yes)


@command
def _run(
    ctx: typer.Context,
    rule: Annotated[str | None, typer.Argument(metavar="RULE", help="Only this one.")] = None,
    file: File = RULES,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Mail from then on: 2026-01-31, or 30d."),
    ] = None,
    query: Annotated[
        str | None, typer.Option("--query", metavar="QUERY", help="That this search finds, too.")
    ] = None,
    *,
    how: How,
) -> None:
    """Do to mail that is there what the rules say, after showing it.

    All rules act at once, as filters do. It is one change, which undo takes back. Spam and Trash
    are left out, unless a rule names them or keeps mail out of Spam; nothing is forwarded.

    Examples:
      gmailkit rules run --dry-run
      gmailkit rules run Receipts --since 90d --yes

    Needs: gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    plan = gmail.plan_run_rules(file, rule=rule, since=since, query=query)
    lines = [screen.visible(line) for line in view.run_lines(gmail.address, plan)]
    change = None
    if plan.groups and not how.dry_run:
        if how.yes:
            out.say("\n".join(lines))
        elif can_ask(state):
            out.before_asking("\n".join(lines))
        agree(state, gmail.address, plan.count, how, away=plan.deleted)
        with closing(ProgressLine(out, gmail=gmail)) as line:
            change = gmail.run_rules(plan, on_progress=counting(line))
    if out.json:
        out.document(view.run(gmail.address, plan, number=change.number if change else None))
    elif change:
        out.line(f"{screen.count_text(change.count, 'message')} of {gmail.address}: sorted.")
        say_way_back(out, change.number)
    else:
        for each in lines:
            out.line(each)
    if not plan.groups:
        out.say("All is as the rules say: nothing to do.")
    elif how.dry_run:
        out.say("Dry run: nothing was changed.")


@command
def _backtest(
    ctx: typer.Context,
    backup: Annotated[Path, typer.Option("--backup", metavar="DIR", help="The backup folder.")],
    file: File = RULES,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="Mail from then on: 2026-01-31, or 90d.")
    ] = "1y",
    origin: Annotated[
        str,
        typer.Option("--from", metavar="ADDRESS", help="Whose mail, where DIR holds several."),
    ] = "",
) -> None:
    """Show what the rules would have caught of the mail of a backup.

    A line for each rule: name, how many messages, day and id of the last one. Then what no rule
    catches, and which two rules fight over a message.

    Examples:
      gmailkit rules backtest --backup mail.backup
      gmailkit rules backtest --backup mail.backup --since 90d --json

    Needs: nothing; works offline.
    """
    from gmailkit.services.rules.backtest import backtest

    state = State.of(ctx)
    out = state.out
    with closing(ProgressLine(out)) as line:
        found = backtest(
            file,
            backup,
            account=origin,
            since=since,
            clock=state.clock,
            on_progress=counting(line),
        )
    if out.json:
        out.document(view.backtest(found))
        return
    rows = [
        (
            each.rule,
            each.count,
            f"{local(each.when):%Y-%m-%d}" if each.when else "",
            each.last,
        )
        for each in found.caught
    ]
    out.table(("RULE", "MESSAGES", "LAST", "ID"), rows)
    for remark in view.backtest_remarks(found):
        out.say(remark)


@command
def _import(
    ctx: typer.Context,
    xml: Annotated[Path, typer.Argument(metavar="XML", help="What Gmail exported.")],
    file: File = RULES,
) -> None:
    """Write the filters of Gmail's own export (mailFilters.xml) into the file, as rules.

    Those that it knows already are left out. Gmail is not asked: see rules plan next.

    Examples:
      gmailkit rules import mailFilters.xml
      gmailkit rules import mailFilters.xml --file work.toml

    Needs: nothing; works offline.
    """
    from gmailkit.services.rules.exchange import import_xml

    out = State.of(ctx).out
    found = import_xml(file, xml)
    if out.json:
        facts = {"file": str(file), "rules": found.names, "known": found.known}
        out.document({**facts, "notes": found.notes})
        return
    for name in found.names:
        out.row(name)
    for note in found.notes:
        out.say(note)
    written = screen.count_text(len(found.names), "rule")
    out.say(f"{written} written to {file}; {found.known:,} filters had one already.")


@command
def _export(ctx: typer.Context, file: File = RULES) -> None:
    """Write the rules as the XML that Gmail's own settings import.

    It goes to standard output. What no filter can do is left out, and told.

    Examples:
      gmailkit rules export > mailFilters.xml
      gmailkit rules export --file work.toml > mailFilters.xml

    Needs: nothing; works offline.
    """
    from gmailkit.services.rules.exchange import export_xml

    out = State.of(ctx).out
    found = export_xml(file)
    if out.json:
        out.document({"xml": found.xml, "notes": found.notes})
        return
    out.line(found.xml.rstrip("\n"))
    for note in found.notes:
        out.say(note)


@group(_pull, _test, _plan, _apply, _run, _backtest, _suggest, _import, _export)
def rules(ctx: typer.Context, file: File = RULES) -> None:
    """List the rules of a file; make them Gmail's filters, test them.

    Without --file it is rules.toml of this folder.

    Examples:
      gmailkit rules pull
      gmailkit rules --file work.toml
      gmailkit rules plan

    Needs: nothing; works offline (plan and the others ask Gmail).
    """
    if ctx.invoked_subcommand is not None:
        return
    from gmailkit.services.rules.files import read_file

    out = State.of(ctx).out
    found = [view.rule(each) for each in read_file(file).all]
    if out.json:
        for each in found:
            out.record(each)
    else:
        out.table(
            ("RULE", "WHICH", "DOES"),
            [(each["name"], each["which"], each["does"]) for each in found],
        )


def _tell(state: State, gmail: Gmail, plan: RulesPlan) -> None:
    if state.out.json:
        state.out.document(view.plan(gmail.address, plan))
        return
    for line in view.plan_lines(gmail.address, plan):
        state.out.line(screen.visible(line))
