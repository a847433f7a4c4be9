"""What a watch asks of the place where its mail comes in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from gmailkit.model.envelope import Envelope
from gmailkit.model.ids import MessageId
from gmailkit.record.watches import Watches

Sleep = Callable[[float], object]  # so many seconds, or until the run is over, which it raises then


@dataclass(frozen=True, slots=True)
class Came:
    """What came, oldest first; `mark` is where it goes on then. `sure`: all of it matches."""

    ids: tuple[MessageId, ...]
    mark: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A message as a handler is told of it; `labels` are names."""

    envelope: Envelope
    labels: tuple[str, ...]


class Arrivals(Protocol):
    """Messages go by names that stay, whatever becomes of the place."""

    @property
    def account(self) -> str:
        """Whose mail it is, as events say it."""

    @property
    def record(self) -> Watches: ...

    @property
    def lag(self) -> float:
        """Seconds that `after` may be behind."""

    def mark(self) -> str:
        """How far it has come by now."""

    def since(self, mark: str) -> Iterable[Came] | None:
        """What came since then, some at a time; None where nobody can tell any more."""

    def after(self, moment: float) -> list[MessageId]:
        """What matches and came after that moment, oldest first."""

    def matching(self, among: Collection[MessageId]) -> list[MessageId]:
        """Those of what came that match, oldest first."""

    def told(self, id: MessageId) -> Told | None:
        """As it is now; None for one that is gone."""

    def wait(self, seconds: float, sleep: Sleep) -> None:
        """Until it is worth a look again, so many seconds at most."""

    def close(self) -> None: ...
