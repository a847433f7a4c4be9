"""One watch: what is looked for, who handles it, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gmailkit.errors import CannotDo, UsageError
from gmailkit.services.watching.event import MailEvent
from gmailkit.stores.locate import Location, locate

EVERY = 20.0  # seconds between two looks; one costs 2 units
TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 3_600.0  # seconds after a failure, twice as long each time

ACCOUNTS = ("", "gmail")  # kinds of stores whose history tells what came
_TELLING = ("gmail", "imap", "imaps", "imap+gmail")

Handler = Callable[[MailEvent], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Mail that matches `query` and comes from the first start of the watch of that `name` on.

    `handle` has it done when it returns, and not when it raises: then it is told the same event
    again, later and later, and after `tries` times no more. `every` is in seconds.

    `store` is where it comes in: the account's mailbox, or "imaps://ann@mail.example.com/Work"
    (INBOX where no folder is named) and "imap+gmail:", where one is told at once. With `idle`
    Gmail's history is looked at when its IMAP tells that something came, not `every` so often.
    """

    query: str = ""
    handle: Handler = field(default=lambda event: None, repr=False)
    name: str = ""
    every: float = EVERY
    tries: int = TRIES
    store: str = ""
    idle: bool = False

    def __post_init__(self) -> None:
        if not self.every >= 1 or self.tries < 1:
            raise UsageError(
                "A watch looks once a second at most, and tries once at least.",
                hint="As in --every 20s --tries 8",
            )
        if self.idle and located(self.store).scheme not in ACCOUNTS:
            raise UsageError("IMAP tells at once by itself.", hint="Leave --idle away.")
        if not self.key.isprintable() or len(self.key) > 200:
            raise UsageError(
                "The name of a watch is up to 200 printable characters.", hint="As in --name bank"
            )

    @property
    def key(self) -> str:
        """What it is remembered by: its name, or its search where it has none. Watches of one
        account, or of one server, have names of their own.
        """
        if self.name:
            return self.name
        folder = located(self.store).path
        return f"{self.query or 'all mail'}{f' in {folder}' if folder else ''}"

    def pause_after(self, failures: int) -> float | None:
        """Seconds until it is told again; None where it is not."""
        if failures >= self.tries:
            return None
        return min(_FIRST_PAUSE * 2.0 ** min(failures - 1, 30), _LONGEST_PAUSE)


def located(store: str) -> Location:
    """The place of a name, "" for the account. Raises UsageError, and CannotDo for a place that
    tells nobody of what arrives.
    """
    if not store:
        return Location(scheme="", rest="")
    location = locate(store)
    if location.scheme in _TELLING:
        return location
    raise CannotDo(
        f"{store} tells nobody of mail that arrives.",
        hint="A watch goes with Gmail and with servers of IMAP: imaps://ann@mail.example.com",
    )
