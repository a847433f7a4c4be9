"""What was said on this command line, and the doors opened for it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import typer

from gmailkit.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    from gmailkit.cli.emit import Output
    from gmailkit.config import Settings
    from gmailkit.gmail import Gmail

Color = Literal["auto", "always", "never"]


class Stop(msgspec.Struct, frozen=True):
    """What Ctrl-C means at this moment: in words, and whether the same command may run again."""

    words: str
    retryable: bool = True


GO_ON = Stop("run the same command to go on")
UNCHANGED = Stop("nothing was changed")
UNSENT = Stop("nothing was sent")
NOBODY = Stop("nobody was signed in")
MAYBE_SENT = Stop(
    "it may have left: look with `gmailkit sent --finish` before another try", retryable=False
)


@dataclass
class State:
    """One for each run; the shared options fill it, wherever on the line they stand.

    `settings` and `gmail` open what the command needs and close it when the run ends. `clock` is
    for waits and times of the mailbox.
    """

    account: str | None = None
    json: bool = False
    sandbox: bool = False
    quiet: bool = False
    verbose: int = 0
    debug: bool = False
    budget: int | None = None
    no_input: bool = False
    identity: Path | None = None
    color: Color = "auto"
    log_file: Path | None = None
    on_stop: Stop = GO_ON
    clock: Clock = SYSTEM_CLOCK
    closing: ExitStack = field(default_factory=ExitStack, repr=False)
    command: str = ""  # as it is typed, without its arguments
    within: Path | str | None = None  # the backup, or the name of the store, that is worked on
    _settings: Settings | None = field(default=None, repr=False)
    _logs: bool = field(default=False, repr=False)

    @classmethod
    def of(cls, ctx: typer.Context) -> State:
        found = ctx.find_object(cls)
        if found is None:  # only while a shell asks for completions
            found = ctx.find_root().obj = cls()
        return found

    @property
    def mailbox_options(self) -> list[str]:
        """What was said so far about the mailbox to work on, as it is typed."""
        return [
            *(["--sandbox"] if self.sandbox else []),
            *(["--account", self.account] if self.account else []),
        ]

    @property
    def out(self) -> Output:
        from gmailkit.cli.emit import Output

        return Output(
            json=self.json,
            quiet=self.quiet,
            verbose=self.verbose,
            color=self.color,
            sandbox=self.sandbox,
            account=self.account,
        )

    def settings(self) -> Settings:
        """The settings of this run; with --sandbox those of the private sandbox, then running."""
        self.start_log()
        if self._settings is None:
            found = self._practice() if self.sandbox else self._load()
            by = self.command or "gmailkit"  # for the journal
            self._settings = replace(found, by=by, budget=self.budget)
        return self._settings

    def gmail(self) -> Gmail:
        """The mailbox this command works on; nothing is sent before its first call."""
        from gmailkit.gmail import Gmail

        settings = self.settings()
        return self.closing.enter_context(
            Gmail(settings.account, settings=settings, clock=self.clock)
        )

    def several_accounts(self) -> bool:
        """Whether a message has to say which account it is about."""
        from gmailkit.auth.accounts import Accounts
        from gmailkit.errors import GmailKitError

        try:
            return self._settings is not None and len(Accounts(self._settings.home).all()) > 1
        except GmailKitError:
            return False

    def start_log(self) -> None:
        """Once the whole command line is read, and once only."""
        if not self._logs:
            from gmailkit.cli.log import start_log

            self._logs = True
            start_log(self)

    def _load(self) -> Settings:
        from gmailkit.config import Settings

        return Settings.load(account=self.account)

    def _practice(self) -> Settings:
        from gmailkit.services.policies import files
        from gmailkit.services.practice import practice

        outside = self._load()
        inside = self.closing.enter_context(practice(outside.home, account=self.account))
        # The rules for sending hold there too: one practises under one's own.
        # A server too, which `submission.server_for` takes only on this machine.
        return replace(
            inside,
            policies=files(outside),
            smtp=outside.smtp,
            smtp_password=outside.smtp_password,
            mail_password=outside.mail_password,
            timeout=outside.timeout,
        )
