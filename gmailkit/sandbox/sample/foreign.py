"""Messages in other languages and scripts, in UTF-8 and in the charsets of older programs."""

from __future__ import annotations

from dataclasses import dataclass

from gmailkit.model.mail import Address, Attachment
from gmailkit.sandbox.sample.days import Days
from gmailkit.sandbox.sample.letter import Letter
from gmailkit.sandbox.sample.page import paragraphs
from gmailkit.sandbox.sample.producers import Producer

_RIGHT_TO_LEFT = ("ar", "he")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A message in another language; `language` is its ISO 639-1 code."""

    language: str
    charset: str
    ago: int
    sender: Address
    zone: float
    producer: Producer
    subject: str
    text: str
    labels: tuple[str, ...] = ("CATEGORY_PERSONAL",)
    files: tuple[Attachment, ...] = ()


def letter_of(foreign: Foreign, days: Days) -> Letter:
    direction = "rtl" if foreign.language in _RIGHT_TO_LEFT else "ltr"
    html = paragraphs(foreign.text, direction=direction) if foreign.producer.html else ""
    return Letter(
        key=f"foreign-{foreign.language}-{foreign.ago}",
        date=days.ago(foreign.ago, "11:30"),
        sender=foreign.sender,
        subject=foreign.subject,
        text=foreign.text,
        html=html,
        files=foreign.files,
        labels=foreign.labels,
        headers={"Content-Language": foreign.language},
        producer=foreign.producer,
        charset=foreign.charset,
        zone=foreign.zone,
    )
