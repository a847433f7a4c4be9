"""Each command that takes a backup does with a URL what it does with a folder, encrypted or not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.backup.objects.bucket import connected
from gmailkit.backup.place import folder_of
from gmailkit.errors import BackupDamaged, CannotDo, KeyNeeded, NotFound, UsageError
from gmailkit.sandbox import Sandbox
from mailroom import let_in
from objectroom import make_bucket, reached_by, s3_server

Cli = Callable[..., Any]
RULES = '[[rule]]\nname = "reports"\nmatch = "subject:report"\nlabel = "Reports"\n'
WITH_FILE = (
    b"From: Ann Lee <ann@example.com>\r\nTo: me@example.com\r\nSubject: Plan\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: text/plain; name="plan.txt"\r\n'
    b'Content-Disposition: attachment; filename="plan.txt"\r\n\r\nMonday\r\n'
)
ABRIDGED = re.compile(r"s3:/[^/]|/objects/")  # what a path makes of a URL; where the cache is


@pytest.fixture(params=["plain", "sealed"])
def url(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    monkeypatch.chdir(tmp_path)
    with s3_server() as server:
        for name, value in reached_by(server).items():
            monkeypatch.setenv(name, value)
        make_bucket(server, request.param)
        yield f"s3://{request.param}/mail"
    GIVEN.identity = None


def flip_a_bit(url: str) -> None:
    """Of the first pack."""
    store = connected(folder_of(url))
    name = next(each for each in sorted(store.sizes("packs")) if ".zst" in each)
    content = bytearray(store.read(name) or b"")
    content[-50] ^= 1
    store.put(name, bytes(content))


def test_every_verb(
    url: str, cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    let_in(mailbox, monkeypatch, [*PURPOSES["full"], *PURPOSES["settings"]])
    mailbox.mail.put("me@example.com", WITH_FILE)
    (tmp_path / "rules.toml").write_text(RULES)
    identity, sealed = age.new_identity(), "sealed" in url
    (tmp_path / "key.txt").write_text(f"{identity!s}\n")
    key = ("--identity", "key.txt") if sealed else ()
    begin = ("--encrypt", "--recipient", age.recipient_of(identity)) if sealed else ()

    def said(*words: str, code: int = 0, key: tuple[str, ...] = key) -> str:
        ran = cli(*words, *key)
        assert ran.code == code, (words, ran.err)
        assert not ABRIDGED.search(ran.out + ran.err), (words, ran.out, ran.err)
        return str(ran.out + ran.err)

    assert "4 new messages" in said("backup", url, *begin, key=())
    assert "nothing new" in said("backup", url, key=())
    (id,) = said("search", "--in", url, "subject:plan", "--ids").split()
    assert "Subject: Plan" in said("show", id, "--in", url)
    assert said("thread", id, "--in", url).startswith("# Plan")
    assert "1 file saved" in said("attachments", "has:attachment", "--in", url, "--to", "files")
    assert (tmp_path / "files" / "plan.txt").read_bytes().startswith(b"Monday")
    assert "ann@example.com\t4" in said("stats", "--in", url)
    assert "INBOX\t" in said("ls", url)
    backtest = said("rules", "backtest", "--backup", url, "--file", "rules.toml")
    assert backtest.startswith("reports\t2\t")

    assert "4 messages" in said("export", url, "out.mbox", "--to", "mbox")
    assert "4 messages" in said("export", url, "pages", "--to", "html")
    assert "4 are in mbox:out.mbox as they were" in said("copy", url, "mbox:out.mbox", "--check")
    assert "Taken from mbox:" in said(
        "backup", f"{url}1", "--seed", "mbox:out.mbox", *begin, key=()
    )
    refused = said("export", url, f"{url}.mbox", "--to", "mbox", code=CannotDo.exit_code)
    assert "An export goes to this machine" in refused
    none = said("export", url, "x", "--to", "eml", "--label", "Pans", code=NotFound.exit_code)
    assert f"No message of {url} has the label" in none

    assert f"{url} is whole: 4 messages" in said("verify", url)
    assert f"{url} looks whole" in said("verify", url, "--quick")
    head = json.loads(said("verify", url, "--json"))["head"]
    assert "is in it" in said("verify", url, "--head", head, "--read-data-subset", "1/2")
    assert "agrees with me@example.com" in said("verify", url, "--against", "gmail")
    assert "full verify" in said("backup", "status", url)
    assert url in said("backup", "schedule", url, "--drill", "--as", "cron")
    assert f"{url} is whole: nothing to repair" in said("repair", url)

    flip_a_bit(url)
    assert f"gmailkit repair {url}" in said("verify", url, code=BackupDamaged.exit_code)
    assert f"{url}: 4 messages saved again" in said("repair", url, "--yes")
    assert f"{url} is whole" in said("verify", url)

    assert f"safe in {url}" in said("offload", "subject:lunch", "--backup", url, "--yes")
    gone = said("delete", "subject:lunch", "--forever", "--backup", url, "--yes", "--max", "1")
    assert f"delete for good, safe in {url}" in gone
    assert "1 message restored" in said("restore", url, "--yes")
    assert url in said("journal")
    assert "nothing to do" in said("restore", url, "--settings", "--dry-run")
    assert f"{url}: 4 messages tried" in said("restore", url, "--drill")
    wrong = said("restore", url, "--from", "bob@example.com", "--dry-run", code=NotFound.exit_code)
    assert f"{url} holds no mail of bob@example.com" in wrong
    small = said("compact", url, "--to", f"{url}2", "--drop", "subject:lunch", "--yes")
    assert f"{url}2 is whole: 3 messages" in small

    asked = said("backup", "keys", url, code=0 if sealed else UsageError.exit_code)
    assert ("age1" if sealed else f"{url} is not encrypted") in asked
    if sealed:
        for words in (["search", "--in"], ["restore", "--drill"], ["repair"]):
            needs = said(*words, url, code=KeyNeeded.exit_code, key=())
            assert f"{url} is encrypted, and no key was given" in needs
        assert f"{url} is whole" in said("verify", url, key=())
