"""What a caller may say of the way over SMTP, beside the message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from gmailkit.transport.smtp.envelope import Notify, Return
from gmailkit.transport.smtp.server import Server
from gmailkit.transport.smtp.transcript import Hear


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """`server` in the place of that of the settings; `mail_from` in that of From, "" for nobody.

    `notify` and `returns` ask the server for reports; `hear` gets every line of the dialogue.
    """

    server: Server | None = None
    mail_from: str | None = None
    notify: tuple[Notify, ...] = ()
    returns: Return | None = None
    hear: Hear | None = None


# All mail leaves by one gate, which need not know what only one way wants to hear.
_HOW: ContextVar[How] = ContextVar("how", default=How())  # noqa: B039 - it is frozen


def how() -> How:
    """What was said for the message that is being sent."""
    return _HOW.get()


@contextmanager
def speaking(said: How) -> Iterator[None]:
    """What is sent over SMTP inside goes by what was `said`."""
    before = _HOW.set(said)
    try:
        yield
    finally:
        _HOW.reset(before)
