"""All rows looked at before anything leaves: what will happen, and what is wrong with which row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gmailkit.clock import Clock
from gmailkit.errors import UsageError
from gmailkit.model.outgoing import Outgoing
from gmailkit.record.ledger import Entry, SendLedger
from gmailkit.record.merges import MergeMark
from gmailkit.services.connect import Connection
from gmailkit.services.quota import estimate
from gmailkit.services.sending.merge import way
from gmailkit.services.sending.merge.checking import Checked, Job, Problem, checked
from gmailkit.services.sending.merge.letter import Letter, LetterTemplate
from gmailkit.services.sending.merge.options import MergeOptions
from gmailkit.services.sending.merge.piped import is_kept, place_of
from gmailkit.services.sending.merge.rows import Rows, are_swapped, open_rows
from gmailkit.services.sending.merge.standing import Standing
from gmailkit.services.sending.writing.write import write

MOST_NAMED = 1_000  # problems that are kept; of more only the number
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """What `run_merge` would do. Nothing was sent to make it.

    rows       of the file, empty ones left out
    to_send    of them, this time; `recipients` is how many people get these; `left` are more rows
               than the limit lets this run send
    sent       in earlier runs of the same `name`, the first at `begun`
    closed     rows that wait in the outbox or were cancelled
    bad        rows that cannot be sent; `problems` names the first 1,000 of them
    units      of the quota, and the seconds it takes at the rate and within the quota
    sent_today recipients in the last 24 hours, by the ledger
    changed    the template is another one than in the runs before
    first      the message of the first row that will be sent
    """

    name: str
    rows: int
    to_send: int
    recipients: int
    left: int
    sent: int
    closed: int
    bad: int
    problems: tuple[Problem, ...]
    units: int
    seconds: float | None
    sent_today: int
    begun: datetime | None
    changed: bool
    notes: tuple[str, ...]
    first: Outgoing | None
    job: Job

    @property
    def days(self) -> int:
        """On how many days it will be sent, by the limit of a day."""
        limit = self.job.options.day_limit
        rest = max(self.recipients - max(limit - self.sent_today, 0), 0)
        return 1 + -(-rest // limit)


def plan_merge(
    connection: Connection,
    template: str | Path,
    rows: str | Path | Iterable[Mapping[str, object]],
    *,
    name: str = "",
    options: MergeOptions | None = None,
) -> MergePlan:
    """Look at every row, send nothing.

    Raises UsageError for a template or a file that cannot be read, for a name that the template
    uses and the table has no column for, and for what is wrong with all rows alike; Refused for a
    way that this sign-in does not allow.
    """
    options = options or MergeOptions()
    if isinstance(rows, str | Path) and are_swapped(template, rows):
        raise UsageError(
            f"{template} is a table, not a template.", hint="The template comes first."
        )
    source = LetterTemplate.read(template)
    data = open_rows(rows, table_format=options.table_format)
    way.check(connection, options.way)
    name = _sound(name or f"{source.name}-{data.name}")
    kept = _kept(connection, name, data, options)
    job = Job(name=name, options=options, source=source, data=data, kept=kept)
    with closing(Standing(connection.sends, name)) as standing:
        found = _Count(job.options.limit)
        for each in checked(connection, job, standing):
            found.add(each)
        mark = connection.merges.find(name)
        return MergePlan(
            name=name,
            rows=found.rows,
            to_send=found.to_send,
            recipients=found.recipients,
            left=found.left,
            sent=found.sent,
            closed=found.closed,
            bad=found.bad,
            problems=tuple(found.problems),
            units=(units := found.to_send * way.units_each(connection, options.way)),
            seconds=_seconds(connection, found.to_send, units, options.rate),
            sent_today=sent_today(connection.sends, connection.clock),
            begun=standing.begun(),
            changed=bool(mark and found.sent and mark.digest != source.digest),
            notes=(
                *data.notes,
                *_said(mark, job),
                *found.notes(),
                *way.notes(connection, options.way),
            ),
            first=_written(connection, found.first) if found.first else None,
            job=job,
        )


def _kept(connection: Connection, name: str, data: Rows, options: MergeOptions) -> Path | None:
    if data.path and (options.keep_table or is_kept(connection, data.path)):
        return place_of(connection, name, data.path)
    return None


@dataclass(slots=True)
class _Count:
    """Numbers, and the little of the rows that is kept."""

    limit: int | None
    rows: int = 0
    to_send: int = 0
    recipients: int = 0
    left: int = 0
    sent: int = 0
    closed: int = 0
    bad: int = 0
    waits: int = 0
    doubtful: int = 0
    problems: list[Problem] = field(default_factory=list)
    first: Letter | None = None

    def notes(self) -> Iterator[str]:
        if self.waits:
            yield f"{self.waits:,} of them will wait for approval, by policy.toml."
        if self.doubtful:
            yield (
                f"{self.doubtful:,} of them may have left before: that is looked up, "
                "and none is sent twice."
            )

    def add(self, each: Checked) -> None:
        self.rows += 1
        if each.problem:
            self.bad += 1
            if len(self.problems) < MOST_NAMED:
                self.problems.append(each.problem)
        elif each.past and each.past.state == "sent":
            self.sent += 1
        elif not each.due:
            self.closed += 1
        elif each.letter and (self.limit is None or self.to_send < self.limit):
            self.to_send += 1
            self.waits += each.waits
            self.doubtful += each.past is not None and each.past.state in ("sending", "unknown")
            self.recipients += each.letter.recipients
            self.first = self.first or each.letter
        else:
            self.left += 1


def _written(connection: Connection, letter: Letter) -> Outgoing:
    """The message of the first row: what is wrong with all alike shows here."""
    try:
        return write(connection, **letter.words())
    except UsageError as error:
        raise UsageError(f"Row {letter.row}: {error.message}", hint=error.hint) from error


def sent_today(ledger: SendLedger, clock: Clock) -> int:
    """Recipients of all that left in the last 24 hours by this ledger, or may have."""
    return sum(len(entry.to) for entry in left_today(ledger, clock))


def left_today(ledger: SendLedger, clock: Clock) -> Iterator[Entry]:
    """By when it left, however long it had waited before."""
    since = datetime.fromtimestamp(clock.now(), UTC) - timedelta(days=1)
    return ledger.entries(states=("sent", "unknown"), changed_since=since)


def _seconds(connection: Connection, count: int, units: int, rate: float | None) -> float | None:
    by_quota = estimate(connection, units).seconds if units else None
    by_rate = count * 60 / rate if rate else None
    return max((each for each in (by_quota, by_rate) if each is not None), default=None)


def _said(mark: MergeMark | None, job: Job) -> Iterator[str]:
    if mark and mark.rows != job.data.name:
        yield f"Before, this merge took its rows from {mark.rows}, not from {job.data.name}."


def _sound(name: str) -> str:
    if not name.isprintable() or not name.strip() or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"{name[:_LONGEST_NAME]!r} is no name for a merge.",
            hint=f"Give it up to {_LONGEST_NAME} plain characters with --name.",
        )
    return name.strip()
