"""Small messages, and the way into a sandbox by the environment."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from zlib import crc32

import pytest

from gmailkit.record.journal import Change, Journal
from gmailkit.sandbox import Sandbox

ME = "me@example.com"


def letter(
    subject: str, *, sender: str = "Ann Lee <ann@example.com>", body: str = "Hello"
) -> bytes:
    """A small message as it lies in a mailbox; the body is plain UTF-8."""
    lines = [
        f"From: {sender}",
        f"To: {ME}",
        f"Subject: {subject}",
        "Date: Tue, 24 Nov 2026 10:00:00 +0000",
        f"Message-ID: <{crc32(subject.encode()):x}@example.com>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        body,
        "",
    ]
    return "\r\n".join(lines).encode()


def journalled(folder: Path) -> list[Change]:
    """What stands in the journals below a folder, the oldest first."""
    found: list[Change] = []
    for path in folder.rglob("journal.sqlite3"):
        with closing(Journal(partial(Path, path.parent))) as journal:
            found += reversed(list(journal.changes()))
    return found


def let_in(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    scopes: Sequence[str] = ("gmail.modify",),
    *,
    delegated: bool = False,
) -> None:
    """Put a token of me@example.com and the sandbox's address into the environment.

    `delegated`: one of a service account that acts for that mailbox.
    """
    token = sandbox.issue_token(ME, scopes, delegated=delegated)
    monkeypatch.setenv("GMAILKIT_ACCESS_TOKEN", token)
    monkeypatch.setenv("GMAILKIT_API_ENDPOINT", sandbox.url)
