"""What the tests of SMTP say and send."""

from __future__ import annotations

from gmailkit.secret import Secret
from gmailkit.transport.sasl import Login
from gmailkit.transport.smtp.envelope import Envelope
from gmailkit.transport.smtp.letter import Letter, letter_of

DATE = "Sun, 29 Nov 2026 10:00:00 +0000"


def letter(raw: bytes) -> Letter:
    return letter_of(raw, sender="ann@example.com", date=DATE, message_id="<a1@example.com>")


LETTER = letter(b"From: ann@example.com\nTo: bob@example.com\nSubject: Hi\n\nHello\n")


def to(*recipients: str, sender: str = "ann@example.com", **more: object) -> Envelope:
    return Envelope(sender=sender, recipients=recipients, **more)  # type: ignore[arg-type]


def password(user: str, word: str) -> Login:
    return Login(user=user, kind="password", secret=lambda: Secret(word))


def token(user: str, word: str) -> Login:
    return Login(user=user, kind="token", secret=lambda: Secret(word))


def nothing(_: object) -> None:
    """What happens before the dot."""
