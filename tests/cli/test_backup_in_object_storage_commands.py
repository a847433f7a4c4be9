"""A backup in object storage on the command line: what is said of it, and of what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.auth.scopes import PURPOSES
from gmailkit.backup.objects.bucket import connected
from gmailkit.backup.place import folder_of
from gmailkit.errors import BackupLocked, NoBackup, UsageError
from gmailkit.sandbox import Sandbox
from mailroom import let_in
from objectroom import KEYS, make_bucket, reached_by, s3_server

Cli = Callable[..., Any]
URL = "s3://bucket/mail"


def test_from_the_first_backup_to_damage_and_a_dead_lock(
    cli: Cli,
    mailbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    let_in(mailbox, monkeypatch, PURPOSES["modify"])
    monkeypatch.chdir(tmp_path)
    with s3_server() as server:
        for name, value in reached_by(server).items():
            monkeypatch.setenv(name, value)
        missing = cli("backup", URL)
        assert (missing.code, f"no bucket for {URL}" in missing.err) == (NoBackup.exit_code, True)
        make_bucket(server, "bucket")

        assert "3 new messages" in cli("backup", URL).out
        again = cli("backup", URL)
        assert f"nothing new, 3 already in {URL}." in again.out
        assert f"gmailkit verify {URL}" in again.err
        assert json.loads(cli("backup", URL, "--json").out)["path"] == URL
        assert cli("verify", URL).out.startswith(f"{URL} is whole: 3 messages")
        status = json.loads(cli("backup", "status", URL, "--json").out)
        assert (status["ok"], status["path"], status["verified"]["ok"]) == (True, URL, True)
        assert status["disk"] > 1000

        none = cli("show", "18f0000000000000", "--in", URL)
        assert f"{URL} has no message" in none.err

        _flip_a_bit("packs/000001.mbox.zst")
        damaged = cli("verify", URL)
        assert (damaged.code, f"gmailkit repair {URL}" in damaged.err) == (13, True)
        assert f"{URL}: 3 messages saved again." in cli("repair", URL, "--yes").out
        assert cli("verify", URL).code == 0
        assert f"{URL} is not encrypted" in cli("backup", "keys", URL).err

        left = b'{"owner":"ann","host":"nas","pid":7,"machine":"x"}'
        connected(folder_of(URL)).put("lock.json", left)
        locked = cli("backup", URL, "--json")
        assert locked.code == BackupLocked.exit_code
        assert "--take-over" in json.loads(locked.err)["hint"]
        assert cli("backup", URL, "--take-over").code == 0
        assert cli("backup", str(tmp_path / "b"), "--take-over").code == UsageError.exit_code

        secret = cli("backup", "s3://me:geheim@bucket/mail", "-vv")
        assert (secret.code, "geheim" in secret.err + secret.out) == (2, False)
        seen = cli("-vv", "verify", URL)
        assert not any(value in seen.err + seen.out for value in KEYS.values())
    assert not list(tmp_path.glob("s3*"))


def _flip_a_bit(name: str) -> None:
    store = connected(folder_of(URL))
    content = bytearray(store.read(name) or b"")
    content[len(content) // 2] ^= 1
    store.put(name, bytes(content))
