"""A plan carried out: to its end, or to where the next run goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gmailkit.client.fetch import fetch
from gmailkit.errors import (
    BudgetSpent,
    CannotDo,
    CannotWrite,
    DailyLimit,
    Failure,
    GmailKitError,
    Kept,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
    UsageError,
)
from gmailkit.record.ledger import Entry
from gmailkit.record.merges import MergeMark
from gmailkit.services.connect import Connection
from gmailkit.services.sending.merge.checking import Checked, checked
from gmailkit.services.sending.merge.pace import Pace
from gmailkit.services.sending.merge.piped import drop, keep
from gmailkit.services.sending.merge.plan import MOST_NAMED, MergePlan, left_today, sent_today
from gmailkit.services.sending.merge.receipts import (
    FOR_GOOD,
    Receipt,
    Receipts,
    Status,
    about_row,
)
from gmailkit.services.sending.merge.standing import Past, Standing
from gmailkit.services.sending.once import Sent, send
from gmailkit.services.sending.writing.write import write

IN_FLIGHT = 3  # at once: a send takes about a second, and the quota lets nearly one a second go
_PAUSES = (2.0, 10.0)  # seconds before the second and the third try
_FAULTS_IN_A_ROW = 5  # then it is not the row

_STOPS = (BudgetSpent, CannotWrite, SignInNeeded, TryLater, Unreachable)
"""What ends a run: the next row would fare no better."""

_RULES_FOR_ALL = ("sending", "caps.")  # of policy.toml: what refuses one row refuses every row


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeStep:
    """One row that was dealt with; `done` of `total` rows are, of those to send in this run."""

    done: int
    total: int
    receipt: Receipt


OnStep = Callable[[MergeStep], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeResult:
    """What a run did. `sent` now, `before` in earlier runs; rows that were `left` for the next run
    because of the limit; `failed` names the first 1,000 rows that were not sent (to all) and why:
    `bad` are these, of which `held` wait in the outbox for their SMTP server, and those that are
    `parked` there until somebody approves them.
    """

    name: str
    sent: int
    before: int
    left: int
    parked: int
    bad: int
    failed: tuple[Failure, ...]
    held: int = 0


def run_merge(
    connection: Connection,
    plan: MergePlan,
    *,
    skip_bad: bool = False,
    on_step: OnStep = lambda step: None,
) -> MergeResult:
    """Send what is to be sent, once and only once, however often this is stopped and called again.

    Raises UsageError when rows are bad and `skip_bad` is not set: then nothing is sent. What ends
    a run early is raised when everything that had begun is written down: DailyLimit, Unreachable,
    SignInNeeded and the like; the same call with a new plan goes on from there.
    """
    if plan.bad and not skip_bad:
        raise UsageError(
            f"{plan.bad:,} of {plan.rows:,} rows cannot be sent, so nothing was.",
            hint=f"Row {plan.problems[0].row}: {plan.problems[0].why}",
        )
    with closing(Standing(connection.sends, plan.name)) as standing:
        if plan.to_send:
            connection.merges.write(_mark(connection, plan))
            if plan.job.kept and plan.job.data.path:
                keep(plan.job.data.path, plan.job.kept)
        receipts = _receipts(connection, plan)
        pace = Pace(plan.job.options.rate, connection.clock)
        run = _Run(connection, plan, standing, receipts, on_step, pace)
        try:
            run.go()
        finally:
            if receipts:
                receipts.close()
    result = run.result()
    if plan.job.kept and _is_done(plan, result):
        drop(plan.job.kept)
    return result


def _is_done(plan: MergePlan, result: MergeResult) -> bool:
    """Whether no row is left that could be sent. Among those that failed before nobody looks for
    rows that were never tried.
    """
    every_row = not plan.job.options.only_failed and not result.left
    return every_row and result.bad - result.held == plan.bad


class _NotBegun(Exception):
    """The run ended while this row waited for its turn."""


@dataclass(slots=True)
class _Run:
    """One pass over the rows. Rows are read and counted in the caller's thread, sent in others."""

    connection: Connection
    plan: MergePlan
    standing: Standing
    receipts: Receipts | None
    on_step: OnStep
    pace: Pace
    sent: int = 0
    by_others: int = 0
    parked: int = 0
    bad: int = 0
    held: int = 0
    failed: list[Failure] = field(default_factory=list)
    stopped: GmailKitError | None = None
    _begun: int = 0  # rows handed on to be sent
    _room: int = 0  # recipients of this day's limit that are left
    _under_way: int = 0  # recipients of what was handed on and has not come to its end
    _faults: int = 0  # one after the other
    _over: threading.Event = field(default_factory=threading.Event)

    def go(self) -> None:
        self._room = self._room_today()
        self._catch_up()
        sending = fetch(self._due(), self._send, in_flight=IN_FLIGHT)
        try:
            for found, future in sending:
                self._settle(found, future)
        finally:
            self._over.set()  # who still waits for a turn must not take it
            sending.close()
        if self.stopped:
            raise self.stopped

    def result(self) -> MergeResult:
        return MergeResult(
            name=self.plan.name,
            sent=self.sent,
            before=self.plan.sent + self.by_others,
            left=self.plan.left,
            parked=self.parked,
            bad=self.bad,
            failed=tuple(self.failed),
            held=self.held,
        )

    def _catch_up(self) -> None:
        """What earlier runs did and could not write into the receipts before they were killed, or
        all of it where the file is lost.
        """
        for past in self.standing.everything() if self.receipts else ():
            if (
                past.state in FOR_GOOD
                and self.receipts
                and not self.receipts.knows(past.key, past.state)
            ):
                self.receipts.add(_receipt_of(past, past.state))

    def _due(self) -> Iterator[Checked]:
        """The rows to send now, one by one, until something ends the run."""
        for found in checked(self.connection, self.plan.job, self.standing):
            if found.problem:
                self._refuse(found, found.problem.why, "invalid")
            elif found.due and found.letter:
                if self._begun == self.plan.to_send or self.stopped:
                    return
                if not self._fits(found.letter.recipients):
                    self.stopped = self._day_is_full()  # what is under way still goes
                    return
                self._begun += 1
                self._room -= found.letter.recipients
                self._under_way += found.letter.recipients
                yield found

    def _send(self, found: Checked) -> Sent:
        """In a thread of its own. The key makes a second try safe, whatever became of the first."""
        assert found.letter  # noqa: S101 - for the type checker
        self.pace.wait()
        for pause in (*_PAUSES, None):
            if self._over.is_set():
                raise _NotBegun
            try:
                message = write(self.connection, **found.letter.words())
                return send(
                    self.connection,
                    message,
                    key=found.key,
                    way=self.plan.job.options.way,
                    batch=self.plan.name,
                    row=found.row.number,
                )
            except (ServerFault, Unreachable):
                if pause is None or self._kept(found):
                    raise
                self.connection.clock.sleep(pause)
        raise AssertionError  # the last try returns or raises

    def _settle(self, found: Checked, future: Future[Sent]) -> None:
        error = future.exception()
        self._under_way -= found.letter.recipients if found.letter else 0
        if error is None:
            self._note_sent(found, future.result())
        elif isinstance(error, GmailKitError):
            self._note_error(found, error)
        elif not isinstance(error, _NotBegun):
            raise error

    def _note_sent(self, found: Checked, sent: Sent) -> None:
        self._faults = 0
        if sent.again:  # another process was faster, and wrote it down
            self.by_others += 1
            return
        self.sent += 1
        self._tell(
            Receipt(
                row=found.row.number,
                to=" ".join(each.email for each in sent.to),
                status="sent",
                key=found.key,
                time=sent.at,
                message_id=sent.id,
            )
        )

    def _kept(self, found: Checked) -> bool:
        """Whether it waits for its SMTP server, which has pauses of its own."""
        entry = self.connection.sends.find(found.key)
        return entry is not None and entry.state == "held"

    def _note_error(self, found: Checked, error: GmailKitError) -> None:
        entry = self.connection.sends.find(found.key)
        status = _status(entry)
        if isinstance(error, Kept) and isinstance(error.__cause__, GmailKitError):
            error = error.__cause__  # by which the others fare no better, or do
        faulty = status == "held" or isinstance(error, ServerFault | CannotDo)
        self._faults = self._faults + 1 if faulty else 0
        ends = _ends(error, status) or self._faults == _FAULTS_IN_A_ROW
        if ends:
            self._stop(error)
        if not ends or status in ("held", "unknown"):
            self._refuse(found, error.message, status)

    def _refuse(self, found: Checked, why: str, status: Status) -> None:
        if status == "parked":
            self.parked += 1
        else:
            self.bad += 1
            self.held += status == "held"
            self.sent += status == "sent"  # to some of its recipients
        if len(self.failed) < MOST_NAMED:
            self.failed.append(Failure(f"row {found.row.number}", why))
        now = datetime.fromtimestamp(self.connection.clock.now(), UTC)
        to = " ".join(each.email for each in found.letter.to) if found.letter else ""
        if found.problem:
            to = found.problem.to
        number = found.row.number
        key = found.key or about_row(number, self.plan.name)
        receipt = Receipt(row=number, to=to, status=status, key=key, time=now, error=why)
        again = status == "invalid" and self.receipts
        self._tell(receipt, write=not (again and again.knows(receipt.about, status)))

    def _tell(self, receipt: Receipt, *, write: bool = True) -> None:
        if self.receipts and write:
            self.receipts.add(receipt)
        done = self.sent + self.by_others
        self.on_step(MergeStep(done=done, total=self.plan.to_send, receipt=receipt))

    def _stop(self, error: GmailKitError) -> None:
        """The first error stands; what has not begun does not begin."""
        self._over.set()
        if self.stopped is None or isinstance(self.stopped, DailyLimit):
            self.stopped = error

    def _fits(self, recipients: int) -> bool:
        if recipients > self._room:
            self._room = self._room_today()
        return recipients <= self._room

    def _room_today(self) -> int:
        """By the ledger; what is under way counts as sent."""
        connection = self.connection
        used = sent_today(connection.sends, connection.clock)
        return self.plan.job.options.day_limit - used - self._under_way

    def _day_is_full(self) -> DailyLimit:
        connection = self.connection
        times = (each.updated for each in left_today(connection.sends, connection.clock))
        oldest = min(times, default=None)
        return DailyLimit(
            f"{self.plan.job.options.day_limit:,} recipients in 24 hours are reached, so the merge "
            "stops here.",
            retry_at=oldest + timedelta(days=1) if oldest else None,
            hint="More may be sent by this account? Say so with --day-limit.",
        )


def _status(entry: Entry | None) -> Status:
    """Of a row whose sending raised an error, by the ledger. "sent" is one whose server took it for
    some recipients and not for others.
    """
    match entry and entry.state:
        case "parked" | "held" | "unknown" | "sent" as known:
            return known
        case _:
            return "failed"


def _ends(error: GmailKitError, status: Status) -> bool:
    """Whether the next row would fare no better."""
    if isinstance(error, Refused):
        return bool(error.needs or error.rule.startswith(_RULES_FOR_ALL))
    its_own = type(error) is TryLater and status in ("held", "unknown")
    return isinstance(error, _STOPS) and not its_own


def _receipts(connection: Connection, plan: MergePlan) -> Receipts | None:
    if (path := plan.job.options.receipts) is None:
        return None
    return Receipts(path, alone=lambda: connection.sends.alone(f"receipts {path.absolute()}"))


def _receipt_of(past: Past, status: Status) -> Receipt:
    return Receipt(
        row=past.row,
        to=past.to,
        status=status,
        key=past.key,
        time=past.at,
        message_id=past.message_id,
        error=past.error,
    )


def _mark(connection: Connection, plan: MergePlan) -> MergeMark:
    return MergeMark(
        name=plan.name,
        digest=plan.job.source.digest,
        template=plan.job.source.name,
        rows=plan.job.data.name,
        time=datetime.fromtimestamp(connection.clock.now(), UTC),
    )
