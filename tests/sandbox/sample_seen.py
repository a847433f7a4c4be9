"""The sample mailbox as the standard library reads it; our own parser has no say here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache, cached_property

from gmailkit.sandbox.sample import SampleMessage, sample_messages

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
TABS = {f"CATEGORY_{tab}" for tab in "PERSONAL SOCIAL PROMOTIONS UPDATES FORUMS".split()}
STARS = set(
    "YELLOW_STAR ORANGE_STAR RED_STAR PURPLE_STAR BLUE_STAR GREEN_STAR YELLOW_BANG RED_BANG"
    " ORANGE_GUILLEMET GREEN_CHECK PURPLE_QUESTION BLUE_INFO".split()
)
SYSTEM = TABS | STARS | set("INBOX UNREAD STARRED IMPORTANT SENT DRAFT SPAM TRASH CHAT".split())
NO_LABEL_IN_GMAIL = {
    "MUTED",
    "SNOOZED",
    "SCHEDULED",
    "CATEGORY_PURCHASES",
    "CATEGORY_RESERVATIONS",
}


@dataclass(frozen=True)
class Seen:
    """A sample message and what the standard library makes of it."""

    message: SampleMessage

    @cached_property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.message.raw, _class=EmailMessage, policy=default)

    @property
    def labels(self) -> set[str]:
        return {*self.message.labels, *self.message.hidden}

    def header(self, name: str) -> str:
        return str(self.mail[name] or "")

    @cached_property
    def text(self) -> str:
        body = self.mail.get_body(("plain", "html"))
        return body.get_content() if body else ""

    @cached_property
    def words(self) -> list[str]:
        return "".join(c if c.isalnum() else " " for c in self.text.lower()).split()

    @cached_property
    def files(self) -> list[str]:
        return [part.get_filename() or "" for part in self.mail.walk() if part.get_filename()]

    @property
    def types(self) -> set[str]:
        return {part.get_content_type() for part in self.mail.walk()}

    def age(self) -> timedelta:
        return NOW - self.message.date


@cache
def seen_sample() -> list[Seen]:
    return [Seen(message) for message in sample_messages(NOW)]
