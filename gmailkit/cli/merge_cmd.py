"""`gmailkit merge`."""

from __future__ import annotations

import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gmailkit.cli import leave, screen
from gmailkit.cli import merge_view as view
from gmailkit.cli.ask import can_ask, confirm
from gmailkit.cli.command import command
from gmailkit.cli.progress import ProgressLine
from gmailkit.cli.state import UNSENT, State, Stop
from gmailkit.errors import GmailKitError, PartialError, Refused, UsageError

if TYPE_CHECKING:
    from gmailkit.gmail import Gmail
    from gmailkit.services.sending.merge.options import MergeOptions
    from gmailkit.services.sending.merge.plan import MergePlan
    from gmailkit.services.sending.merge.run import MergeResult, MergeStep

GO_ON = Stop("run the same command to go on, nobody gets it twice")
Format = Literal["csv", "tsv", "jsonl", "xlsx"]
_RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/(s|sec|min|m|h|hour))?")
_MINUTES = {"s": 1 / 60, "sec": 1 / 60, "m": 1.0, "min": 1.0, "h": 60.0, "hour": 60.0}

Template = typer.Argument(
    metavar="TEMPLATE", help="The message, with {{ column }} for what varies."
)
RowFile = typer.Argument(
    metavar="ROWS", help="Who gets it: a .csv, .tsv, .jsonl or .xlsx file, or - (stdin)."
)
TableFormat = typer.Option(
    "--table-format", metavar="FORMAT", help="What ROWS is: csv, tsv, jsonl or xlsx."
)
Name = typer.Option("--name", metavar="NAME", help="Tells this merge from others of these files.")
TestTo = typer.Option("--test-to", metavar="ADDRESS", help="Send the first one there alone, or me.")
Limit = typer.Option("--limit", metavar="N", min=1, help="So many messages, then stop.")
OnlyFailed = typer.Option("--only-failed", help="Only rows that were tried before and not sent.")
Rate = typer.Option("--rate", metavar="N/min", help="So many a minute at most; also N/h, N/s.")
DayLimit = typer.Option(
    "--day-limit", metavar="N", min=1, help="Recipients in 24 hours at most (500)."
)
AllowEmpty = typer.Option("--allow-empty", help="Empty cells are meant to be.")
SkipBad = typer.Option("--skip-bad", help="Send the others when some rows cannot be sent.")
AttachFrom = typer.Option(
    "--attach-from", metavar="DIR", help="One more folder for attachments and pictures."
)
ReceiptsFile = typer.Option(
    "--receipts", metavar="FILE", help="What became of each row (ROWS.receipts.csv)."
)
NoReceipts = typer.Option("--no-receipts", help="Write no such file.")
Replies = typer.Option("--replies", help="Who answered, and what bounced; send nothing.")
Yes = typer.Option("--yes", "-y", help="Do it without asking.")
DryRun = typer.Option(
    "--dry-run", "-n", help="Check all rows, show the first message, send nothing."
)


@dataclass(frozen=True, kw_only=True)
class How(leave.Ways):
    """The options about how it is done."""

    table_format: Annotated[Format | None, TableFormat] = None
    name: Annotated[str, Name] = ""
    test_to: Annotated[str, TestTo] = ""
    limit: Annotated[int | None, Limit] = None
    only_failed: Annotated[bool, OnlyFailed] = False
    rate: Annotated[str, Rate] = ""
    day_limit: Annotated[int | None, DayLimit] = None
    allow_empty: Annotated[bool, AllowEmpty] = False
    skip_bad: Annotated[bool, SkipBad] = False
    attach_from: Annotated[list[Path] | None, AttachFrom] = None
    receipts: Annotated[Path | None, ReceiptsFile] = None
    no_receipts: Annotated[bool, NoReceipts] = False

    def options(self, template: str, rows: Path) -> MergeOptions:
        from gmailkit.services.sending.merge.options import DAY_LIMIT, MergeOptions

        return MergeOptions(
            way=self.way,
            rate=_rate(self.rate),
            limit=None if self.test_to else self.limit,
            only_failed=self.only_failed,
            day_limit=self.day_limit or DAY_LIMIT,
            allow_empty=self.allow_empty,
            attach_from=tuple(self.attach_from or ()),
            receipts=None if self.no_receipts else self.receipts or _receipts(template, rows),
            table_format=self.table_format,
            keep_table=str(rows) == "-",
        )

    def again(self) -> list[str]:
        """What a run with the rest of the rows is to be told too, as it is typed."""
        words = ["--fast"] if self.fast else ["--via", self.via] if self.via else []
        words += ["--rate", self.rate] if self.rate else []
        words += ["--day-limit", str(self.day_limit)] if self.day_limit else []
        words += ["--allow-empty"] if self.allow_empty else []
        words += ["--skip-bad"] if self.skip_bad else []
        return words + [
            word for each in self.attach_from or () for word in ("--attach-from", str(each))
        ]


@command
def merge(
    ctx: typer.Context,
    how: How,
    template: Annotated[str | None, Template] = None,
    rows: Annotated[Path | None, RowFile] = None,
    replies: Annotated[bool, Replies] = False,
    yes: Annotated[bool, Yes] = False,
    dry_run: Annotated[bool, DryRun] = False,
) -> None:
    """Send a message of its own to everyone in a table.

    All rows are checked before the first one leaves. Stopped in whatever way, the same command
    goes on where it was: nobody gets it twice. With --replies TEMPLATE may be the name of a merge,
    or be left out for the last one.

    Examples:
      gmailkit merge invitation.md people.csv --dry-run
      sqlite3 -csv -header crm.db 'SELECT name, email FROM people' | gmailkit merge news.md - --yes
      gmailkit merge --replies

    Needs: gmail.modify (gmailkit login); to send, gmail.send is enough.
    """
    state = State.of(ctx)
    state.on_stop = UNSENT
    if replies:
        _replies(state, template, rows, how.name)
        return
    if template is None or rows is None:
        raise UsageError(
            "A merge needs a template and a table.",
            hint="gmailkit merge invitation.md people.csv",
        )
    _check_order(state, template, rows)
    options = how.options(template, rows)
    gmail = state.gmail()
    with _table(state, rows, how.table_format) as table:
        plan = gmail.plan_merge(template, table, name=how.name, options=options)
        if how.test_to:
            _try(state, gmail, plan, how.test_to, count=how.limit or 1)
        elif dry_run:
            view.dry_run(state.out, plan, view.own_address(gmail))
            _report_bad(plan)
        else:
            go_on = _go_on(state, template, plan, how)
            _run(state, gmail, plan, yes=yes, skip_bad=how.skip_bad, go_on=go_on)


def _check_order(state: State, template: str, rows: Path) -> None:
    from gmailkit.services.sending.merge.rows import are_swapped

    if are_swapped(template, rows):
        right = [*state.mailbox_options, "merge", str(rows), template]
        raise UsageError(
            f"{template} is a table, not a template.",
            hint=f"The template comes first: gmailkit {shlex.join(right)}",
        )


def _receipts(template: str, rows: Path) -> Path:
    """Beside the table; of one from standard input, here."""
    from gmailkit.mime.filename import fitted

    if str(rows) == "-":
        return Path(fitted(Path(template).stem, "-stdin.receipts.csv"))
    return rows.with_name(fitted(rows.stem, ".receipts.csv"))


@contextmanager
def _table(state: State, rows: Path, table_format: Format | None) -> Iterator[Path]:
    """The file to read; that of standard input goes at the end."""
    if str(rows) != "-":
        yield rows
        return
    from gmailkit.services.sending.merge.piped import spooled

    if sys.stdin.isatty():
        state.out.say("The table, its heading first, then Ctrl-D on a line of its own:")
    with spooled(sys.stdin.buffer, table_format=table_format) as path:
        yield path


def _go_on(state: State, template: str, plan: MergePlan, how: How) -> str:
    """What sends the rest after the run was stopped; with a file simply the same again."""
    if plan.job.kept is None:
        return ""
    receipts = plan.job.options.receipts
    words = [*state.mailbox_options, "merge", template, str(plan.job.kept), "--name", plan.name]
    words += ["--receipts", str(receipts)] if receipts else ["--no-receipts"]
    return f"gmailkit {shlex.join([*words, *how.again()])}"


def _run(
    state: State, gmail: Gmail, plan: MergePlan, *, yes: bool, skip_bad: bool, go_on: str
) -> None:
    out = state.out
    if not plan.to_send:
        out.say(view.nothing_to_send(plan))
        _report_bad(plan)
        return
    summary = view.summary(plan, view.own_address(gmail))
    out.say(summary) if yes or not can_ask(state) else out.before_asking(summary)
    if plan.bad and not skip_bad and (yes or not can_ask(state)):
        raise UsageError(
            f"{view.rows(plan.bad)} of {plan.rows:,} cannot be sent, so nothing was.",
            hint="Put them right, or add --skip-bad to send the others.",
        )
    messages = screen.count_text(plan.to_send, "message")
    out_of = f", leaving out {view.rows(plan.bad)}" if plan.bad else ""
    confirm(state, f"Send {messages} from {view.own_address(gmail)}{out_of}?", yes=yes)
    state.on_stop = Stop(f"go on with: {go_on}") if go_on else GO_ON
    steps = _Steps()
    try:
        with closing(ProgressLine(out, gmail=gmail, rows=out.json)) as line:
            show = partial(_show, state, line, steps)
            result = gmail.run_merge(plan, skip_bad=True, on_step=show)
    except GmailKitError:
        out.say(view.how_far(plan, steps.done, go_on, steps.statuses))
        raise
    view.result(out, plan, result, go_on)
    _report(result, steps)


def _report(result: MergeResult, steps: _Steps) -> None:
    """The error that says of what was to leave that it did not. Where every row waits for approval
    it is that of a single message.
    """
    if not (result.bad or result.parked):
        return
    hint = view.what_next(steps.statuses, steps.parked)
    if not (result.bad or result.sent):
        said = view.rows(result.parked, "wait")
        raise Refused(f"{said} for approval, so nothing was sent.", hint=hint)
    parts = [f"{view.rows(result.bad)} could not be sent"] if result.bad else []
    parts += [f"{view.rows(result.parked, 'wait')} for approval"] if result.parked else []
    said = f"{'; '.join(parts)}."
    raise PartialError(said, done=result.sent, failed=result.failed, hint=hint)


@dataclass(slots=True)
class _Steps:
    """What was done until now."""

    done: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    parked: str = ""  # the key of the first one that waits for approval


def _show(state: State, line: ProgressLine, steps: _Steps, step: MergeStep) -> None:
    steps.done = step.done
    steps.statuses[step.receipt.status] += 1
    if step.receipt.status == "parked":
        steps.parked = steps.parked or step.receipt.key
    if state.out.json:
        state.out.record(view.receipt(step.receipt))
    line.show(step.done, step.total, f"{step.done:,} of {step.total:,} sent")


def _try(state: State, gmail: Gmail, plan: MergePlan, to: str, *, count: int) -> None:
    for sent in gmail.try_merge(plan, to, count=count):
        if state.out.json:
            state.out.record({"id": sent.id, "to": [each.email for each in sent.to], "trial": True})
        else:
            state.out.line(f"Sent to {sent.to[0].email} as a trial (id {sent.id}).")
    if plan.bad:
        state.out.say(f"{view.rows(plan.bad)} cannot be sent; --dry-run names them.")


def _report_bad(plan: MergePlan) -> None:
    """Exit code 3, with the rows named, where nothing was to be sent now."""
    if plan.bad:
        raise PartialError(
            f"{view.rows(plan.bad)} of {plan.rows:,} cannot be sent.",
            done=plan.sent,
            failed=view.failures(plan),
            hint=view.way_out(plan),
        )


def _replies(state: State, template: str | None, rows: Path | None, name: str) -> None:
    gmail = state.gmail()
    if not name and template:
        table = "stdin" if str(rows) == "-" else rows.stem if rows else ""
        name = f"{Path(template).stem}-{table}" if table else template
    view.replies(state.out, gmail.merge_replies(name))


def _rate(said: str) -> float | None:
    """Messages a minute."""
    if not said:
        return None
    found = _RATE.fullmatch(said.replace(" ", ""))
    if not found or not float(found[1]):
        raise UsageError(f"{said!r} is no rate.", hint="Write it like 20/min, 500/h or 1/s.")
    return float(found[1]) / _MINUTES[found[2] or "min"]
