"""Every error gmailkit raises, split by what the user can do next.

    GmailKitError 1            message, hint
      UsageError 2             wrong argument, file or setting
        QueryError             a search that Gmail would silently answer with nothing
      PartialError 3           some items failed; .done, .failed
      SignInNeeded 4           no token, revoked, expired refresh
      Refused 5                scope or policy; .needs (scopes), .rule
      NotFound 6
      Conflict 7               exists already, or changed underneath
        Kept                   a message that leaves later; .sent, .due
      TryLater 8               quota or rate after our retries; .retry_at
        DailyLimit             not before midnight Pacific time
        BudgetSpent            the units this run may spend; .spent
        TimeSpent              the time this run may take
        MailboxFull            no room left where mail is put
      Unreachable 9            DNS, TLS, timeout; .sent says whether the request may have arrived
      NoBackup 10              the folder holds no backup, or somebody else's files
      BackupLocked 11
      TimedOut 12              what was waited for did not come in time; .came
      BackupDamaged 13
      ServerFault 14           5xx after retries, or an answer we cannot read
      CannotDo 15              this mailbox lacks the ability
      CannotWrite 16           disk full, read-only, no permission; .path

Ctrl-C ends with 130 and is not an error. An unknown exit code means failure. The table for users
is docs/exit-codes.md; a test keeps both equal.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal, TypedDict, Unpack

INTERRUPTED = 130


def to_type(*words: str) -> str:
    """A command of ours for a hint, which a shell takes as it stands: a key may hold blanks."""
    return shlex.join(("gmailkit", *words))


class Answer(TypedDict, total=False):
    """What stands in a refusal of a server beside its words."""

    hint: str
    status: int | None
    reason: str
    method: str
    account: str


class GmailKitError(Exception):
    """Base of all. `message` is one sentence about what happened, `hint` what to do next.

    What a server answered stands in `status`, `reason` (its own word) and `method` (Google's
    name, without `gmail.users.`); `account` is the address of the mailbox that was worked on.
    They are None or "" where there was no answer, or no mailbox. `key` is that of the message which
    was being sent, where it is in the ledger. `unknown`: nobody knows whether it was done;
    `maybe_done`: and doing it again might do it twice.
    """

    exit_code: ClassVar[int] = 1
    passing: ClassVar[bool] = False  # of the moment: another try may do it

    def __init__(self, message: str, **answer: Unpack[Answer]) -> None:
        super().__init__(message)
        self.message = message
        self.hint = answer.get("hint", "")
        self.status = answer.get("status")
        self.reason = answer.get("reason", "")
        self.method = answer.get("method", "")
        self.account = answer.get("account", "")
        self.key = ""
        self.unknown = False
        self.maybe_done = False

    def facts(self) -> dict[str, object]:
        """The structured side of the error, as `--json` prints it; empty values are left out."""
        told = ("message", "failed", "unknown", "maybe_done")  # elsewhere, or as `retryable`
        known = {k: v for k, v in vars(self).items() if k not in told and not k.startswith("_")}
        return {k: v for k, v in known.items() if v not in (None, "", ())}

    def add(self, words: str) -> None:
        """What else is known where it passes by, in the same sentence."""
        self.message = f"{self.message.rstrip('.')}; {words}."
        self.args = (self.message,)

    @property
    def retryable(self) -> bool:
        """Whether a script may do the same again; not when that might do it twice."""
        return self.passing and not self.maybe_done

    @property
    def hint(self) -> str:
        return self._hint

    @hint.setter
    def hint(self, hint: str) -> None:
        """A note too: a traceback of a program that did not catch the error ends with it."""
        self._hint = hint
        self.__notes__ = [hint] if hint else []


class UsageError(GmailKitError):
    """A wrong argument, option, file or setting; nothing was done."""

    exit_code = 2


class QueryError(UsageError):
    """A query we refuse to send; `position` is the 0-based offset of the trouble in `query`."""

    def __init__(self, message: str, *, query: str, position: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.query = query
        self.position = position


@dataclass(frozen=True, slots=True)
class Failure:
    """One item that could not be done: which (an id or a name) and why, in words."""

    item: str
    why: str
    retryable: bool = False  # as of the error it came from

    @classmethod
    def of(cls, item: str, error: GmailKitError) -> Failure:
        return cls(item, error.message, error.retryable)


class PartialError(GmailKitError):
    """Some items were done, some were not; nothing that failed is counted as done."""

    exit_code = 3

    def __init__(
        self, message: str, *, done: int, failed: Iterable[Failure], hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.done = done
        self.failed = tuple(failed)

    @property
    def retryable(self) -> bool:
        return any(each.retryable for each in self.failed)


class SignInNeeded(GmailKitError):
    """Nobody is signed in, or the permission is dead."""

    exit_code = 4


class Refused(GmailKitError):
    """`needs` are the scopes of which any one would do; `rule` is the one of policy.toml."""

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        needs: Iterable[str] = (),
        rule: str = "",
        **answer: Unpack[Answer],
    ) -> None:
        super().__init__(message, **answer)
        self.needs = tuple(needs)
        self.rule = rule


class NotFound(GmailKitError):
    """There is no such message, label or other thing."""

    exit_code = 6


class Conflict(GmailKitError):
    """It exists already, or changed meanwhile."""

    exit_code = 7


class Kept(Conflict):
    """The message has not left, and waits: it leaves later, by `gmailkit outbox run`, so sending it
    again would send it twice. `sent` is "later"; `due` is when it is tried, an aware time, None
    while nobody knows. The error of the moment is its `__cause__`.
    """

    def __init__(
        self, message: str, *, due: datetime | None = None, **answer: Unpack[Answer]
    ) -> None:
        super().__init__(message, **answer)
        self.sent: Literal["later"] = "later"
        self.due = due


class TryLater(GmailKitError):
    """`retry_at` is an aware time when Gmail named one."""

    exit_code = 8
    passing = True

    def __init__(
        self, message: str, *, retry_at: datetime | None = None, **answer: Unpack[Answer]
    ) -> None:
        super().__init__(message, **answer)
        self.retry_at = retry_at


class DailyLimit(TryLater):
    """The day's allowance is used up, until midnight Pacific time."""


class BudgetSpent(TryLater):
    """`spent` are the units of this run; the next one would have exceeded what it may spend."""

    def __init__(self, message: str, *, spent: int, **answer: Unpack[Answer]) -> None:
        super().__init__(message, **answer)
        self.spent = spent


class TimeSpent(TryLater):
    """The time that this run may take is over; what it had begun was done."""


class MailboxFull(TryLater):
    """The mailbox that mail is put into has no room left; another try alone does not make it."""

    passing = False


class Unreachable(GmailKitError):
    """`sent` is "no" when the request surely never arrived, else "maybe"."""

    exit_code = 9
    passing = True

    def __init__(
        self, message: str, *, sent: Literal["no", "maybe"] = "no", **answer: Unpack[Answer]
    ) -> None:
        super().__init__(message, **answer)
        self.sent = sent


class NoBackup(GmailKitError):
    """The folder holds no backup, or somebody else's files."""

    exit_code = 10


class BackupLocked(GmailKitError):
    """Another process works on that backup."""

    exit_code = 11


class TimedOut(GmailKitError):
    """What was waited for did not come in the time given; `came` says how much of it did."""

    exit_code = 12
    passing = True

    def __init__(self, message: str, *, came: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.came = came


class BackupDamaged(GmailKitError):
    """Bytes of the backup do not match their hash, or are missing."""

    exit_code = 13


class ServerFault(GmailKitError):
    """Gmail failed repeatedly, or its answer cannot be read."""

    exit_code = 14
    passing = True


class CannotDo(GmailKitError):
    """This mailbox lacks the ability."""

    exit_code = 15


class CannotWrite(GmailKitError):
    """The disk is full, read-only, or not the user's at `path`."""

    exit_code = 16

    def __init__(self, message: str, *, path: Path, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


class KeyNeeded(GmailKitError):
    """The backup is encrypted, and no key that opens it was given."""

    exit_code = 17
