"""Every row in turn: a message to send, one that left before, or what is wrong with it. The same
for a plan and for its run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from gmailkit.errors import Refused, UsageError
from gmailkit.policy.rules import Facts, judge
from gmailkit.services.connect import Connection
from gmailkit.services.policies import policies, rules_for
from gmailkit.services.sending.merge.cell import BadCell
from gmailkit.services.sending.merge.letter import Letter, LetterTemplate, Writer
from gmailkit.services.sending.merge.options import MergeOptions
from gmailkit.services.sending.merge.receipts import about_row, read_receipts
from gmailkit.services.sending.merge.rows import Row, Rows
from gmailkit.services.sending.merge.standing import OPEN, Past, Standing, key_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be merged: which template with which rows, under which name; `kept` is where the
    table is kept until all of it was sent, when it came from standard input.
    """

    name: str
    options: MergeOptions
    source: LetterTemplate = field(repr=False)
    data: Rows = field(repr=False)
    kept: Path | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that cannot be sent, and why. `to` is "" where it has no sound recipient; `columns` are
    those whose cells are at fault, under their names in templates, and none for another reason.
    """

    row: int
    why: str
    to: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A letter with its key in the ledger and what that knows of it, or a problem.

    `waits`: policy.toml wants it approved before it leaves.
    """

    row: Row
    letter: Letter | None = None
    key: str = ""
    past: Past | None = None
    problem: Problem | None = None
    waits: bool = False

    @property
    def due(self) -> bool:
        """Whether it is to be sent now."""
        return self.letter is not None and (self.past is None or self.past.state in OPEN)


def checked(connection: Connection, job: Job, standing: Standing) -> Iterator[Checked]:
    """One row at a time; nothing is read but the rows, and nothing sent.

    Raises UsageError for a name that the template uses and the table has no column for.
    """
    writer, policy = _writer(connection, job), _policy(connection)
    only = _failed_before(job.options.receipts) if job.options.only_failed else None
    for number, row in enumerate(job.data):
        if number == 0 and job.data.columns:
            _check_names(row, job)
        each = _judged(_checked(writer, row, standing, job.name), policy)
        if only is None or _was_tried(each, only, job.name):
            yield each


def _writer(connection: Connection, job: Job) -> Writer:
    roots = [job.source.folder, *job.options.attach_from]
    if job.data.path and not job.kept:
        roots.insert(1, job.data.path.absolute().parent)
    return Writer(
        job.source,
        own=lambda: connection.address,
        roots=roots,
        allow_empty=job.options.allow_empty,
    )


def _checked(writer: Writer, row: Row, standing: Standing, name: str) -> Checked:
    try:
        letter = writer.letter(row)
    except BadCell as error:
        return Checked(row, problem=Problem(row.number, error.message, columns=error.columns))
    except UsageError as error:
        return Checked(row, problem=Problem(row.number, error.message))
    to = " ".join(each.email for each in letter.to)
    if (other := standing.meet(letter.to, row.number)) is not None:
        why = f"Row {other} is for the same address; nobody gets two of one merge."
        return Checked(row, problem=Problem(row.number, why, to))
    key = key_of(name, letter.to)
    return Checked(row, letter, key, standing.past(key))


def _policy(connection: Connection) -> Callable[[Letter], bool]:
    """Whether a letter will have to wait for approval. Raises Refused when its recipients must get
    none; what is attached is judged when it leaves.
    """
    if not policies(connection.settings):
        return lambda letter: False
    try:
        own = connection.address
    except Refused:  # a token that may only send, and not tell whose it is
        own = ""
    rules = rules_for(connection.settings, own)

    def waits(letter: Letter) -> bool:
        people = tuple(each.email for each in (*letter.to, *letter.cc, *letter.bcc))
        return judge(rules, Facts(own=own, recipients=people)).park

    return waits


def _judged(each: Checked, policy: Callable[[Letter], bool]) -> Checked:
    if not each.letter or not each.due:
        return each
    try:
        return replace(each, waits=policy(each.letter))
    except Refused as error:
        to = " ".join(one.email for one in each.letter.to)
        return Checked(each.row, problem=Problem(each.row.number, error.message, to))


def _check_names(row: Row, job: Job) -> None:
    """A name without a column is wrong in every row alike."""
    missing = sorted(job.source.template.fields() - set(row.values))
    if missing and not row.wrong:
        columns = job.data.columns
        near = get_close_matches(missing[0], columns, n=1)
        raise UsageError(
            f"The template asks for {missing[0]}, and the rows have no such column.",
            hint=f"Did you mean {near[0]}?" if near else f"Columns: {', '.join(columns)}.",
        )


def _failed_before(path: Path | None) -> frozenset[str]:
    """Keys, and rows that had none, whose last receipt says that they failed."""
    receipts = read_receipts(path) if path else ()
    last = {each.about: each.status for each in receipts}
    return frozenset(about for about, status in last.items() if status in ("failed", "invalid"))


def _was_tried(each: Checked, failed: frozenset[str], name: str) -> bool:
    if each.past is not None:
        return each.past.state in OPEN
    number = each.row.number
    return not failed.isdisjoint({each.key, about_row(number, name), about_row(number)} - {""})
