"""`gmailkit unsubscribe`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gmailkit.cli import lists_view as view
from gmailkit.cli import screen
from gmailkit.cli.ask import can_ask, confirm, confirm_by_number
from gmailkit.cli.command import command
from gmailkit.cli.plan import DryRun, Yes
from gmailkit.cli.progress import ProgressLine, counting
from gmailkit.cli.query_words import doubts
from gmailkit.cli.row_list import looks_like_rows, row_numbers
from gmailkit.cli.state import State
from gmailkit.errors import CannotDo, Conflict, Failure, GmailKitError, PartialError, Refused

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.lists.leaving import LeavingPlan

COUNTED = 10  # of more lists, the number has to be typed


@command
def unsubscribe(
    ctx: typer.Context,
    query: Annotated[
        str,
        typer.Argument(metavar="QUERY", help="Which lists: a sender, a search, or rows: 2-4,7."),
    ],
    by_mail: Annotated[
        bool, typer.Option("--by-mail", help="By mail, even where one click would do.")
    ] = False,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Even where no signature vouches for the way out.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Those that were asked before, too.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Ask mailing lists to stop writing, after showing which and how.

    By one click (RFC 8058), else by mail, if a signature that Gmail found valid covers that. Where
    there is only a link it is shown, for you to open. Each list is asked once, as its newest mail
    says. A way that nobody signed is shown, and taken with --unsigned.

    Rows are those of gmailkit lists, or of a search. A query that begins with a minus goes last,
    after --.

    Examples:
      gmailkit unsubscribe news@shop.example
      gmailkit unsubscribe 2,4-6 --dry-run
      gmailkit unsubscribe 'category:promotions older_than:1y' --yes

    Needs: gmail.readonly; by mail gmail.modify (gmailkit login).
    """
    state = State.of(ctx)
    out, gmail = state.out, state.gmail()
    with closing(ProgressLine(out, gmail=gmail)) as line:
        plan = _plan(
            state,
            gmail,
            query,
            partial(
                gmail.plan_unsubscribe,
                again=again,
                by_mail=by_mail,
                unsigned=unsigned,
                on_progress=counting(line),
            ),
        )
    asks = not yes and can_ask(state)
    lines = "\n".join(view.preview(gmail.address, plan))
    if dry_run:
        _tell(state, plan)
        if not out.json:
            out.line(lines)
        out.say("Dry run: nobody was asked.")
        return
    if plan.asking:
        if asks:
            out.before_asking(lines)
        elif yes:
            out.say(lines)
        _agree(state, gmail.address, len(plan.asking), yes=yes)
    elif not out.json and (plan.before or plan.unsigned):
        out.say(lines)
    _tell(state, plan, asking=False)
    _end(plan, _leave(state, gmail, plan))


def _plan(state: State, gmail: Gmail, query: str, plan: Callable[..., LeavingPlan]) -> LeavingPlan:
    if not looks_like_rows(query):
        doubts(state, query)
        return plan(query)
    from gmailkit.cli.rows import Kind, Rows

    last = Rows.here(state, Kind.MESSAGES)
    if not last.are_last:
        last = Rows.here(state, Kind.LISTS)
    return plan(ids=[last.find(each, account=gmail.address) for each in row_numbers(query)])


def _agree(state: State, account: str, count: int, *, yes: bool) -> None:
    question = f"Ask {screen.count_text(count, 'list')} to stop writing to {account}?"
    if count > COUNTED and not yes and can_ask(state):
        confirm_by_number(state, question, count, nothing="Nobody was asked.")
    else:
        confirm(state, question, yes=yes)


def _tell(state: State, plan: LeavingPlan, *, asking: bool = True) -> None:
    """As JSON, what is not done now; on stdout, links to open."""
    if state.out.json:
        for each in plan.asking if asking else ():
            state.out.record(view.leave(each, state="planned"))
        for each in plan.before:
            state.out.record(view.leave(each, state="before"))
        for each in plan.by_hand:
            state.out.record(view.leave(each, state="by hand"))
        for each in plan.unsigned:
            state.out.record(view.leave(each, state="unsigned"))
    elif not asking:
        for each in plan.by_hand:
            _row(state, plan, each.source.key, each.way.by, each.way.uri or "", "by hand")
        for each in plan.unsigned:
            _row(state, plan, each.source.key, each.way.by, each.way.where, "unsigned")


def _leave(state: State, gmail: Gmail, plan: LeavingPlan) -> list[tuple[str, GmailKitError]]:
    """Ask, and say what came of each; those that went wrong, by name."""
    out = state.out
    errors = []
    for left in gmail.unsubscribe(plan):
        became = left.departure.state
        if left.error:
            errors.append((left.leave.source.name, left.error))
        if out.json:
            error = left.error.message if left.error else ""
            out.record(view.leave(left.leave, state=became, error=error))
        else:
            departure = left.departure
            _row(state, plan, left.leave.source.key, departure.by, departure.where, became)
    return errors


def _row(state: State, plan: LeavingPlan, key: str, way: str, where: str, became: str) -> None:
    """A line as soon as it is known; for people the long one, perhaps a link, stands last."""
    if not state.out.terminal:
        state.out.row(key, way, where, became)
        return
    all_ = (*plan.asking, *plan.by_hand, *plan.unsigned)
    wide = max(screen.width(screen.visible(each.source.key)) for each in all_)
    key, way, became = screen.fit(screen.visible(key), wide), f"{way:9}", f"{became:8}"
    state.out.line(f"{key}  {way}  {became}  {screen.visible(where)}".rstrip())


def _end(plan: LeavingPlan, errors: list[tuple[str, GmailKitError]]) -> None:
    """Raises unless every list of the plan is known to have been asked, now or before."""
    unsure = [each for each in plan.before if each.before and each.before.state != "asked"]
    whole = len(plan.asking) + len(plan.by_hand) + len(plan.before) + len(plan.unsigned)
    if whole == 1:
        for _, error in errors:
            raise error
        for each in plan.by_hand:
            raise CannotDo(f"{each.source.name} can only be left by hand.", hint=view.hand(each))
        for each in plan.unsigned:
            raise Refused(
                f"{each.source.name}: {view.unsigned(each)}.",
                hint="If that is the list's own: the same command with --unsigned",
            )
        for each in unsure:
            raise Conflict(
                f"{each.source.name}: {view.became(each)}.",
                hint="See whether it writes on (gmailkit lists check); --again asks once more, "
                "which does no harm.",
            )
    failed = [Failure.of(name, error) for name, error in errors]
    failed += [Failure(each.source.name, view.hand(each)) for each in plan.by_hand]
    failed += [Failure(each.source.name, view.unsigned(each)) for each in plan.unsigned]
    failed += [Failure(each.source.name, view.became(each)) for each in unsure]
    if failed:
        raise PartialError(
            f"{len(failed)} of {screen.count_text(whole, 'list')} were not asked, or nobody can "
            "tell.",
            done=whole - len(failed),
            failed=failed,
            hint="gmailkit lists shows what became of each.",
        )
