"""Where tokens lie: privately, whole, and in the keyring only when there is a usable one."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

from gmailkit.auth.keep import FileKeep, KeyringKeep, best_kind, keep_for, keyring_name, only_us
from gmailkit.auth.token import Token
from gmailkit.errors import CannotWrite, SignInNeeded, TryLater, UsageError
from gmailkit.model.service import GOOGLE, Service
from gmailkit.paths import Home
from gmailkit.secret import Secret

ME = "me@example.com"
TOKEN = Token(
    access_token=Secret("ya29.access-canary"),
    refresh_token=Secret("1//refresh-canary"),
    client_id="client",
    client_secret=Secret("GOCSPX-canary"),
    expiry=4600.0,
    scopes=("openid",),
    granted_at=1000.0,
    refreshed_at=1000.0,
)


class Drawer(KeyringBackend):
    """A keyring that works."""

    name = "a drawer"
    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.content: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.content.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.content[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.content.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")


class Locked(Drawer):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("the collection is locked")

    set_password = delete_password = get_password  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def keyring_of_the_machine() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def drawer() -> Drawer:
    made = Drawer()
    keyring.set_keyring(made)
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_comes_back_from_the_file(home: Home) -> None:
    keep = FileKeep(home)
    assert keep.load(ME) is None
    keep.save(ME, TOKEN)
    assert keep.load(ME) == TOKEN
    assert keep.load("ann@example.com") is None
    keep.forget(ME)
    keep.forget(ME)
    assert keep.load(ME) is None


def test_the_file_is_0600_in_a_0700_folder_even_without_a_umask(home: Home) -> None:
    before = os.umask(0)
    try:
        FileKeep(home).save(ME, TOKEN)
    finally:
        os.umask(before)
    path = FileKeep(home).path(ME)
    assert mode(path) == 0o600
    assert [mode(folder) for folder in list(path.parents)[:3]] == [0o700] * 3


@pytest.mark.parametrize("bits", [0o644, 0o660])
def test_a_token_file_open_to_others_is_refused(home: Home, bits: int) -> None:
    FileKeep(home).save(ME, TOKEN)
    FileKeep(home).path(ME).chmod(bits)
    with pytest.raises(UsageError, match="Others can read"):
        FileKeep(home).load(ME)


@pytest.mark.parametrize("bits", [0o755, 0o770, 0o701])
def test_a_token_folder_open_to_others_is_refused(home: Home, bits: int) -> None:
    FileKeep(home).save(ME, TOKEN)
    FileKeep(home).path(ME).parent.chmod(bits)
    with pytest.raises(UsageError, match="Others can enter"):
        FileKeep(home).load(ME)
    with pytest.raises(UsageError, match="Others can enter"):
        FileKeep(home).save(ME, TOKEN)


def test_another_users_folder_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    FileKeep(home).save(ME, TOKEN)
    us = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: us + 1)
    with pytest.raises(UsageError, match="plain folder of yours"):
        FileKeep(home).load(ME)


def test_a_linked_file_or_folder_is_refused(home: Home, tmp_path: Path) -> None:
    keep = FileKeep(home)
    keep.save(ME, TOKEN)
    path = keep.path(ME)
    elsewhere = tmp_path / "elsewhere"
    path.parent.rename(elsewhere)
    path.parent.symlink_to(elsewhere)
    with pytest.raises(UsageError, match="plain folder of yours"):
        keep.load(ME)
    with pytest.raises(UsageError, match="plain folder of yours"):
        keep.save(ME, TOKEN)
    path.parent.unlink()
    path.parent.mkdir(0o700)
    path.symlink_to(elsewhere / "token.json")
    with pytest.raises(UsageError, match="Cannot read"):
        keep.load(ME)


def test_what_a_killed_process_left_goes_with_the_next_write_and_with_forgetting(
    home: Home,
) -> None:
    keep = FileKeep(home)
    keep.save(ME, TOKEN)
    left = keep.path(ME).with_name(".token.json.0123456789abcdef")
    left.write_bytes(TOKEN.encode())
    keep.save(ME, TOKEN)
    assert not left.exists()
    left.write_bytes(TOKEN.encode())
    keep.forget(ME)
    assert list(keep.path(ME).parent.iterdir()) == []


def test_a_damaged_file_asks_for_a_new_sign_in(home: Home) -> None:
    FileKeep(home).save(ME, TOKEN)
    path = FileKeep(home).path(ME)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(SignInNeeded, match="is damaged") as caught:
        FileKeep(home).load(ME)
    assert caught.value.hint == f"gmailkit login {ME}"


def test_a_full_disk_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left"):
        FileKeep(home).save(ME, TOKEN)


def test_a_token_comes_back_from_the_keyring(home: Home, drawer: Drawer) -> None:
    keep = KeyringKeep(home)
    assert keep.load(ME) is None
    keep.save(ME, TOKEN)
    assert keep.load(ME) == TOKEN
    keep.forget(ME)
    keep.forget(ME)
    assert keep.load(ME) is None
    assert drawer.content == {}


def test_two_homes_do_not_share_an_entry(home: Home, drawer: Drawer, tmp_path: Path) -> None:
    KeyringKeep(home).save(ME, TOKEN)
    assert KeyringKeep(Home.at(tmp_path / "other")).load(ME) is None


def test_the_keyring_is_used_where_it_is_usable(drawer: Drawer) -> None:
    assert keyring_name() == "a drawer"
    assert best_kind(GOOGLE) == "keyring"


def test_practice_tokens_do_not_litter_the_keyring(drawer: Drawer) -> None:
    assert best_kind(Service.at("http://127.0.0.1:8025")) == "file"


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
def test_a_keyring_that_is_none_is_recognised_before_writing(
    backend: type[KeyringBackend],
) -> None:
    keyring.set_keyring(backend())
    assert keyring_name() is None
    assert best_kind(GOOGLE) == "file"


def test_without_the_extra_files_are_used(monkeypatch: pytest.MonkeyPatch, home: Home) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert best_kind(GOOGLE) == "file"
    for act in (KeyringKeep(home).load, KeyringKeep(home).forget):
        with pytest.raises(UsageError, match="keyring extra is not installed"):
            act(ME)


def test_a_keyring_that_fails_in_its_own_way_is_a_sentence_too(home: Home) -> None:
    """Windows' credential store takes no long token and raises an error of its own."""

    class Foreign(Drawer):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise RuntimeError("The stub received bad data")

    keyring.set_keyring(Foreign())
    with pytest.raises(UsageError, match="bad data"):
        KeyringKeep(home).save(ME, TOKEN)


def test_a_token_that_cannot_be_removed_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    FileKeep(home).save(ME, TOKEN)
    monkeypatch.setattr(Path, "unlink", read_only)
    with pytest.raises(CannotWrite, match="Cannot remove"):
        FileKeep(home).forget(ME)


def test_the_lock_of_a_token_keeps_others_out_and_is_given_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmailkit.auth.keep._LOCK_SECONDS", 0.1)
    with only_us(home, ME):
        with pytest.raises(TryLater), only_us(home, ME):
            pass
        with only_us(home, "ann@example.com"):
            pass
    with only_us(home, ME):
        pass


def test_a_disk_that_takes_no_lock_does_not_stop_the_work(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(path: Path) -> Path:
        raise CannotWrite(f"Cannot write {path}: Read-only file system.", path=path)

    monkeypatch.setattr("gmailkit.auth.keep.private_folder", read_only)
    with only_us(home, ME):
        pass


def test_a_locked_keyring_is_a_sentence(home: Home) -> None:
    keyring.set_keyring(Locked())
    for act in (KeyringKeep(home).load, KeyringKeep(home).forget):
        with pytest.raises(UsageError, match="the collection is locked"):
            act(ME)


def test_an_account_is_looked_up_where_it_was_kept(home: Home) -> None:
    assert isinstance(keep_for("file", home), FileKeep)
    assert isinstance(keep_for("keyring", home), KeyringKeep)
