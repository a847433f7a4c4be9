"""policy.toml stops mail on every command line by which it can leave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from mailroom import ME, letter

BOB = "bob@example.com"
NOBODY = "smtp://127.0.0.1:9"  # nobody answers there, and nobody is asked


@pytest.fixture
def words(mailbox: Sandbox, own_home: Path, tmp_path: Path) -> dict[str, str]:
    """What stands for a message of Bob's, a draft and a file to him; then the rule comes."""
    id = mailbox.mail.put(ME, letter("Offer", sender=BOB))
    with Gmail() as gmail:
        draft = gmail.save_draft(to=BOB, subject="Hi", text="x").id
    finished, template = tmp_path / "finished.eml", tmp_path / "letter.md"
    finished.write_bytes(f"To: {BOB}\r\nSubject: Hi\r\n\r\nx\r\n".encode())
    template.write_text("---\nto: '{{ email }}'\nsubject: Hi\n---\nHello\n".replace("'", ""))
    (tmp_path / "rows.csv").write_text(f"email\n{BOB}\n")
    policy = own_home / "config" / "policy.toml"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(f'[recipients]\ndeny = ["{BOB}"]\n')
    paths = {"FILE": finished, "TEMPLATE": template, "ROWS": tmp_path / "rows.csv"}
    return {"ID": id, "DRAFT": draft, **{name: str(path) for name, path in paths.items()}}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["send", BOB, "-s", "Hi", "--body", "x"], 5),
        (["send", "me", "--bcc", BOB, "-s", "Hi", "--body", "x", "--yes"], 5),
        (["send", BOB, "-s", "Hi", "--body", "x", "--fast"], 5),
        (["send", BOB, "-s", "Hi", "--body", "x", "--via", "smtp"], 5),
        (["send", BOB, "-s", "Hi", "--body", "x", "--at", "tomorrow 9:00"], 5),
        (["send", "--raw", "FILE"], 5),
        (["reply", "ID", "Thanks", "--yes"], 5),
        (["forward", "ID", BOB, "--yes"], 5),
        (["drafts", "send", "DRAFT", "--yes"], 5),
        (["smtp", "send", BOB, "--server", NOBODY, "-s", "Hi", "--body", "x"], 5),
        (["api", "messages.send", "--media", "FILE", "--yes"], 5),
        (["api", "drafts.send", "id=DRAFT", "--yes"], 5),
        (["merge", "TEMPLATE", "ROWS", "--yes"], None),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_it_is_refused_with_its_rule(
    line: list[str],
    code: int | None,
    cli: Callable[..., Any],
    mailbox: Sandbox,
    words: dict[str, str],
) -> None:
    draft = f"id={words['DRAFT']}"
    ran = cli(*[draft if word == "id=DRAFT" else words.get(word, word) for word in line], "--json")
    assert ran.code == (code or ran.code), ran.err
    assert ran.code != 0
    assert mailbox.mail.ids(BOB) == []
    said = ran.err + ran.out
    assert "policy.toml, line 2" in said
    if code:
        assert json.loads(ran.err.splitlines()[-1])["rule"] == "recipients.deny"
