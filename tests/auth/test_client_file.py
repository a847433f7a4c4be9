"""The client file: found, read, and told apart from everything people mistake for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gmailkit.auth.client_file import ClientFile, find
from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.model.service import GOOGLE
from gmailkit.paths import Home

DESKTOP: dict[str, Any] = {
    "client_id": "1234-abc.apps.googleusercontent.com",
    "project_id": "my-project",
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
    "client_secret": "GOCSPX-secret",
    "redirect_uris": ["http://localhost"],
}
EXAMPLE = Path(__file__).parents[2] / "credentials.example.json"


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def load(tmp_path: Path, **changes: object) -> ClientFile:
    installed = {key: value for key, value in {**DESKTOP, **changes}.items() if value is not None}
    return ClientFile.load(written(tmp_path / "credentials.json", {"installed": installed}))


def test_googles_own_file_leads_to_google(tmp_path: Path) -> None:
    client = load(tmp_path)
    assert client.client_id == DESKTOP["client_id"]
    assert client.client_secret == "GOCSPX-secret"
    assert client.service.endpoint == GOOGLE.endpoint
    assert client.service.auth_uri == DESKTOP["auth_uri"]
    assert client.service.revoke_uri == GOOGLE.revoke_uri
    assert client.service.tokeninfo_uri == GOOGLE.tokeninfo_uri
    assert "GOCSPX" not in repr(client)


def test_another_servers_file_leads_to_its_own_origin(tmp_path: Path) -> None:
    here = "http://127.0.0.1:8025"
    client = load(tmp_path, auth_uri=f"{here}/auth", token_uri=f"{here}/oauth/token")
    assert client.service.endpoint == here
    assert client.service.auth_uri == f"{here}/auth"
    assert client.service.token_uri == f"{here}/oauth/token"
    assert client.service.revoke_uri == f"{here}/revoke"
    assert client.service.tokeninfo_uri == f"{here}/tokeninfo"


def test_the_files_own_addresses_win(tmp_path: Path) -> None:
    client = load(
        tmp_path,
        revoke_uri="https://auth.example.com/bye",
        tokeninfo_uri="https://auth.example.com/who",
    )
    assert client.service.revoke_uri == "https://auth.example.com/bye"
    assert client.service.tokeninfo_uri == "https://auth.example.com/who"


def test_a_client_without_a_secret_is_fine(tmp_path: Path) -> None:
    assert load(tmp_path, client_secret=None).client_secret == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not json", "is not JSON"),
        ("[" * 50_000, "is not JSON"),
        ("\x00\xff", "is not JSON"),
        (" " * 100_000, "is not JSON"),
        ("[]", "is not a client file"),
        ({}, "something else"),
        ({"web": DESKTOP}, "a Web client"),
        ({"type": "service_account", "private_key": "x"}, "a service account key"),
        ({"type": "authorized_user", "refresh_token": "x"}, "a stored token"),
        ({"token": "x", "refresh_token": "y"}, "a stored token"),
        ({"installed": []}, "something else"),
        ({"installed": {**DESKTOP, "client_id": 7}}, "client_id .* is not text"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_desktop_client_file_is_called_what_it_is(
    tmp_path: Path, content: object, words: str
) -> None:
    path = written(tmp_path / "credentials.json", content)
    with pytest.raises(UsageError, match=words) as caught:
        ClientFile.load(path)
    assert str(path) in caught.value.message
    assert ("--service-account" if "service" in words else "Desktop app") in caught.value.hint


@pytest.mark.parametrize("key", ["client_id", "auth_uri", "token_uri"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    with pytest.raises(UsageError, match=f"has no {key}"):
        load(tmp_path, **{key: None})


@pytest.mark.parametrize("key", ["auth_uri", "token_uri", "revoke_uri", "tokeninfo_uri"])
def test_no_secret_is_sent_off_this_machine_without_https(tmp_path: Path, key: str) -> None:
    with pytest.raises(UsageError, match="without https"):
        load(tmp_path, **{key: "http://auth.example.com/x"})


def test_the_example_is_not_taken_for_a_client() -> None:
    with pytest.raises(UsageError, match="is the example"):
        ClientFile.load(EXAMPLE)


@pytest.mark.parametrize("name", ["none.json", "."])
def test_an_unreadable_file_says_why(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="Cannot read the client file"):
        ClientFile.load(tmp_path / name)


def test_the_file_is_looked_for_where_the_user_says_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home.at(tmp_path / "home")
    settings = Settings(home=home, client_file=tmp_path / "of-settings.json")
    assert find(settings, tmp_path / "given.json") == tmp_path / "given.json"
    assert find(settings) == tmp_path / "of-settings.json"

    monkeypatch.chdir(tmp_path)
    bare = Settings(home=home)
    with pytest.raises(UsageError, match="no client file") as caught:
        find(bare)
    assert str(home.config / "credentials.json") in caught.value.message
    written(tmp_path / "credentials.json", {})
    assert find(bare) == Path("credentials.json")
    home.config.mkdir(parents=True)
    written(home.config / "credentials.json", {})
    assert find(bare) == home.config / "credentials.json"
