"""Messages to change, and which labels they bear then."""

from __future__ import annotations

from collections.abc import Iterable

from gmailkit.sandbox import Sandbox

ME = "me@example.com"


def put(sandbox: Sandbox, number: int, labels: Iterable[str] = ("INBOX", "UNREAD")) -> str:
    raw = (
        f"From: ci@example.com\r\nTo: {ME}\r\nSubject: build {number}\r\n"
        f"Message-ID: <{number}@example.com>\r\n\r\nBody {number}\r\n"
    ).encode()
    return sandbox.mail.put(ME, raw, labels=tuple(labels))


def fill(sandbox: Sandbox, count: int) -> list[str]:
    return [put(sandbox, number) for number in range(count)]


def labels_of(sandbox: Sandbox, ids: Iterable[str]) -> list[set[str]]:
    return [set(sandbox.mail.labels_of(ME, id)) for id in ids]
