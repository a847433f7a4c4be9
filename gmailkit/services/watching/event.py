"""What a handler is told of a message that came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gmailkit.model.envelope import Envelope
from gmailkit.model.mail import Address
from gmailkit.record.watches import About

_LONGEST = 2_000  # characters of a value in the environment


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEvent:
    """A message that came and matches. `id` is the same each time it is handed out, so a handler
    can tell that it had it before; `tries` counts from 1. `labels` are names, as they are now.
    """

    id: str
    watch: str
    account: str
    tries: int
    envelope: Envelope
    labels: tuple[str, ...]

    def facts(self) -> dict[str, object]:
        """What JSON tells; `date` is an aware time."""
        message = self.envelope
        return {
            "event": self.id,
            "watch": self.watch,
            "account": self.account,
            "tries": self.tries,
            "id": message.id,
            "thread_id": message.thread_id,
            "date": message.date,
            "from": _address(message.sender),
            "to": [_address(each) for each in message.to],
            "cc": [_address(each) for each in message.cc],
            "subject": message.subject,
            "message_id": message.message_id,
            "labels": list(self.labels),
            "size": message.size,
            "snippet": message.snippet,
        }

    def about(self) -> About:
        """What is kept of one that is given up."""
        message = self.envelope
        sender = message.sender.email if message.sender else ""
        sender, subject = (
            text[:_LONGEST].encode(errors="replace").decode() for text in (sender, message.subject)
        )
        return About(date=message.date, sender=sender, subject=subject)

    def environment(self) -> Mapping[str, str]:
        """The same for a shell, where text of a stranger in a command would be run. No value is
        longer than 2,000 characters, so that no stranger's is too long for the system.
        """
        sender = self.envelope.sender
        said = {
            "MAIL_EVENT": self.id,
            "MAIL_WATCH": self.watch,
            "MAIL_ACCOUNT": self.account,
            "MAIL_ID": self.envelope.id,
            "MAIL_THREAD": self.envelope.thread_id,
            "MAIL_SENDER": sender.email if sender else "",
            "MAIL_SUBJECT": self.envelope.subject,
        }
        return {name: value.replace("\0", "")[:_LONGEST] for name, value in said.items()}


def _address(found: Address | None) -> dict[str, str] | None:
    return {"email": found.email, "name": found.name} if found else None
