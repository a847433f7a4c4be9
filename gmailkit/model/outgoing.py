"""A message that is ready to leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from gmailkit.model.ids import ThreadId
from gmailkit.model.mail import Address, Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """To what a message invites. `start` and `end` are aware times, or the first and the last whole
    day; `when` says both in words. The `uid` is what changes the event or calls it off later.
    """

    uid: str
    start: datetime | date
    end: datetime | date
    when: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """`raw` are the bytes that leave (Bcc included), `mail` is what they say.

    `thread_id` is the conversation it belongs to. `finished`: they are somebody's own and stay as
    they are, whatever a server takes. `warnings` are sentences for the person who
    sends: a file that is mentioned and not attached, an empty subject. `invitation` is what stands
    in `mail.calendar` where it was made here. `envelope` are those who get it by SMTP, whatever
    `mail` says; without it the same as there.
    """

    mail: Mail
    raw: bytes = field(repr=False)
    thread_id: ThreadId | None = None
    finished: bool = False
    warnings: tuple[str, ...] = ()
    invitation: Invitation | None = None
    envelope: tuple[Address, ...] = ()

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everyone it goes to, each address once, in the order of To, Cc, Bcc; or the envelope."""
        everyone = self.envelope or (*self.mail.to, *self.mail.cc, *self.mail.bcc)
        return tuple({each.email.casefold(): each for each in reversed(everyone)}.values())[::-1]

    @property
    def size(self) -> int:
        return len(self.raw)
