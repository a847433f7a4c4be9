"""A service account's key: read from a private file, and told from what is none."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from gmailkit.auth.key_file import KeyFile
from gmailkit.errors import UsageError
from gmailkit.model.service import GOOGLE, Service

PEM = "-----BEGIN PRIVATE KEY-----\nMIIEcanary0123456789\n-----END PRIVATE KEY-----\n"
KEY = {
    "type": "service_account",
    "project_id": "demo",
    "private_key_id": "0a1b2c",
    "private_key": PEM,
    "client_email": "robot@demo.iam.gserviceaccount.com",
    "client_id": "112233445566778899001",
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
    "universe_domain": "googleapis.com",
}


def written(folder: Path, content: object, mode: int = 0o600) -> Path:
    path = folder / "key.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(mode)
    return path


def test_a_key_is_read_and_belongs_to_its_token_endpoint(tmp_path: Path) -> None:
    key = KeyFile.load(written(tmp_path, KEY))
    assert (key.email, key.client_id, key.key_id) == (
        "robot@demo.iam.gserviceaccount.com",
        "112233445566778899001",
        "0a1b2c",
    )
    assert key.private_key == PEM.strip()
    assert (key.service.endpoint, key.service.token_uri) == (GOOGLE.endpoint, GOOGLE.token_uri)
    assert "canary" not in repr(key)


def test_a_key_of_another_server_is_used_there_alone(tmp_path: Path) -> None:
    origin = "http://127.0.0.1:8025"
    uris = {"auth_uri": f"{origin}/o/oauth2/v2/auth", "token_uri": f"{origin}/token"}
    assert KeyFile.load(written(tmp_path, {**KEY, **uris})).service == Service.at(origin)


def test_the_path_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, KEY)
    monkeypatch.chdir(tmp_path)
    assert KeyFile.load(Path("key.json")).path == tmp_path / "key.json"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, KEY, mode)
    with pytest.raises(UsageError, match="Others can read") as caught:
        KeyFile.load(path)
    assert f"chmod 600 {path} " in caught.value.hint
    path.chmod(0o400)
    assert KeyFile.load(path)


@pytest.mark.skipif(os.name != "posix", reason="owners are POSIX")
@pytest.mark.parametrize(("me", "owner", "good"), [(1000, 0, True), (1000, 1001, False)])
def test_only_root_may_own_a_key_for_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, me: int, owner: int, good: bool
) -> None:
    """A container is handed secrets by root; a stranger's file would choose the mailbox."""
    path = written(tmp_path, KEY, 0o644)
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        return os.stat_result((*real(descriptor)[:4], owner, *real(descriptor)[5:10]))

    monkeypatch.setattr("os.fstat", fstat)
    monkeypatch.setattr("os.geteuid", lambda: me)
    if good:
        assert KeyFile.load(path)
    else:
        with pytest.raises(UsageError, match="belongs to another user"):
            KeyFile.load(path)


@pytest.mark.parametrize(
    ("content", "words", "hint"),
    [
        ("not json", "is not JSON", "Keys"),
        ("[" * 50_000, "is not JSON", "Keys"),
        (" " * 100_000, "is not JSON", "Keys"),
        ("[]", "something else", "Keys"),
        ({"installed": {"client_id": "x"}}, "a Desktop client file", "--client FILE"),
        ({"web": {}}, "a Web client file", "Keys"),
        ({"type": "authorized_user", "refresh_token": "x"}, "a stored token", "Keys"),
        ({**KEY, "type": "external_account"}, "something else", "Keys"),
    ],
    ids=["text", "deep", "large", "list", "desktop", "web", "token", "external"],
)
def test_what_is_no_key_is_called_what_it_is(
    tmp_path: Path, content: object, words: str, hint: str
) -> None:
    path = written(tmp_path, content)
    with pytest.raises(UsageError, match=words) as caught:
        KeyFile.load(path)
    assert str(path) in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "name", ["private_key", "private_key_id", "client_email", "client_id", "token_uri"]
)
@pytest.mark.parametrize("value", [None, "", 7], ids=["null", "empty", "number"])
def test_what_is_missing_is_named(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"has no {name}"):
        KeyFile.load(written(tmp_path, {**KEY, name: value}))


def test_an_assertion_is_never_sent_off_this_machine_without_https(tmp_path: Path) -> None:
    path = written(tmp_path, {**KEY, "token_uri": "http://auth.example.com/token"})
    with pytest.raises(UsageError, match="without https"):
        KeyFile.load(path)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Cannot read the service account key .*No such file"):
        KeyFile.load(tmp_path / "none.json")


def test_what_it_is_comes_before_who_may_read_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a Desktop client file"):
        KeyFile.load(written(tmp_path, {"installed": {}}, mode=0o644))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(UsageError, match="is not a file"):
        KeyFile.load(tmp_path / "pipe")


def test_the_remedy_can_be_pasted_whatever_the_path(tmp_path: Path) -> None:
    folder = tmp_path / "ann's keys"
    folder.mkdir()
    path = written(folder, KEY, mode=0o644)
    with pytest.raises(UsageError) as caught:
        KeyFile.load(path)
    assert caught.value.hint.startswith(f"chmod 600 {shlex.quote(str(path))} ")
