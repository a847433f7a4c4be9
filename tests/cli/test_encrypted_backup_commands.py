"""An encrypted backup on the command line: who may read it, with which words, what is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gmailkit.backup.crypt import age
from gmailkit.backup.crypt.given import GIVEN
from gmailkit.errors import KeyNeeded, UsageError
from gmailkit.secret import Secret
from quick_keys import leave_out_scrypt

Cli = Callable[..., Any]


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("GMAILKIT_IDENTITY", raising=False)
    monkeypatch.delenv("GMAILKIT_BACKUP_PASSPHRASE", raising=False)
    yield
    GIVEN.identity = GIVEN.ask = None


class Key:
    def __init__(self, path: Path) -> None:
        identity = age.new_identity()
        path.write_text(f"{identity!s}\n")
        self.file, self.recipient = str(path), age.recipient_of(Secret(identity))


@pytest.fixture
def key(tmp_path: Path) -> Key:
    return Key(tmp_path / "key.txt")


def test_it_is_made_without_a_key_and_read_with_one(
    cli: Cli, mailbox: object, key: Key, tmp_path: Path
) -> None:
    folder = str(tmp_path / "b")
    made = cli("backup", folder, "--encrypt", "--recipient", key.recipient, "-q")
    assert made.code == 0
    assert f"Only the key {key.recipient} opens this backup." in made.err
    again = cli("backup", folder)
    assert again.code == 0
    assert "nothing new" in again.out
    assert "opens this backup" not in again.err
    refused = cli("search", "--in", folder, "from:ann", "--json")
    assert refused.code == KeyNeeded.exit_code
    assert json.loads(refused.err)["error"] == "KeyNeeded"
    assert "--identity FILE" in json.loads(refused.err)["hint"]
    assert cli("verify", folder).code == 0
    whole = cli("verify", folder, "--identity", key.file, "--json")
    assert json.loads(whole.out)["ok"]
    assert cli("--identity", key.file, "search", "--in", folder, "from:ann").code == 0
    wrong = cli("verify", folder, "--identity", Key(tmp_path / "other.txt").file)
    assert wrong.code == KeyNeeded.exit_code
    assert "holds no key that opens" in wrong.err


def test_a_passphrase_comes_from_the_environment_where_nobody_can_type_it(
    cli: Cli, mailbox: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_scrypt(monkeypatch)
    folder = str(tmp_path / "b")
    refused = cli("backup", folder, "--encrypt", "--passphrase")
    assert refused.code == UsageError.exit_code
    assert "GMAILKIT_BACKUP_PASSPHRASE" in refused.err
    assert not (tmp_path / "b").exists()
    monkeypatch.setenv("GMAILKIT_BACKUP_PASSPHRASE", "correct horse battery")
    assert cli("backup", folder, "--encrypt", "--passphrase").code == 0
    assert cli("verify", folder).out.count("is whole")
    monkeypatch.setenv("GMAILKIT_BACKUP_PASSPHRASE", "wrong horse battery")
    wrong = cli("verify", folder)
    assert wrong.code == KeyNeeded.exit_code
    assert "horse" not in wrong.err


def test_who_can_read_it_is_shown_and_changed(
    cli: Cli, mailbox: object, key: Key, tmp_path: Path
) -> None:
    folder, new = str(tmp_path / "b"), Key(tmp_path / "new.txt")
    cli("backup", folder, "--encrypt", "--recipient", key.recipient)
    shown = json.loads(cli("backup", "keys", folder, "--json").out)
    assert shown["recipients"] == [key.recipient]
    change = ("backup", "keys", folder, "--rotate", "--recipient", new.recipient)
    assert cli(*change, "--yes").code == KeyNeeded.exit_code
    looked = cli(*change, "--dry-run")
    assert key.recipient in looked.err
    assert cli("backup", "keys", folder).out == f"key\t{key.recipient}\n"
    assert cli(*change, "--identity", key.file).code == UsageError.exit_code  # nobody says yes
    assert cli(*change, "--identity", key.file, "--yes").out == f"key\t{new.recipient}\n"
    assert cli("verify", folder, "--identity", key.file).code == KeyNeeded.exit_code
    for command in (["verify", folder], ["backup", folder], ["search", "hello", "--in", folder]):
        ran = cli(*command, "--identity", new.file)
        assert (ran.code, "missing" in ran.err) == (0, False), ran.err
        assert ("since its keys were changed" in ran.err) == (command[0] != "search")


def test_the_health_of_one_that_nobody_here_can_read_names_no_account_by_its_hash(
    cli: Cli, own_home: object, key: Key, tmp_path: Path
) -> None:
    folder = str(tmp_path / "b")
    cli("--sandbox", "backup", folder, "--encrypt", "--recipient", key.recipient)
    ran = cli("backup", "status", folder)
    assert "account\tme@example.com\t" in ran.out  # of the practice mailbox, by its hash
    assert (ran.code, "no sign-in" in ran.out) == (0, False)
    cli("sandbox", "reset", "--yes")
    ran = cli("backup", "status", folder)
    assert "no sign-in that works.\tgmailkit login\n" in ran.out
    assert "account\tsha256:" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["backup", "DIR", "--encrypt"], "--encrypt needs to know who may read"),
        (["backup", "DIR", "--recipient", "KEY"], "--encrypt --recipient age1"),
        (["backup", "DIR", "--encrypt", "--recipient", "ann"], "no recipient of age"),
        (["backup", "keys", "PLAIN"], "is not encrypted"),
        (["backup", "PLAIN", "--encrypt", "--recipient", "KEY"], "is a backup that is not encryp"),
    ],
    ids=["nobody", "no --encrypt", "a name", "plain", "plain and encrypt"],
)
def test_what_cannot_be_is_said_and_nothing_is_made(
    cli: Cli, mailbox: object, key: Key, tmp_path: Path, words: list[str], said: str
) -> None:
    cli("backup", str(tmp_path / "plain"), "--query", "from:nobody")
    places = {"DIR": str(tmp_path / "b"), "PLAIN": str(tmp_path / "plain"), "KEY": key.recipient}
    ran = cli(*(places.get(word, word) for word in words))
    assert ran.code == UsageError.exit_code
    assert said in ran.err
    assert not (tmp_path / "b").exists()


def test_a_passphrase_is_typed_twice_to_begin_and_once_to_read_unseen(
    terminal: Callable[..., Any], mailbox: object, tmp_path: Path
) -> None:
    folder, words = str(tmp_path / "b"), "correct horse battery"
    differ = terminal("backup", folder, "--encrypt", "--passphrase")
    differ.wait_for("New passphrase: ")
    differ.type(f"{words}\n")
    differ.wait_for("The same again: ")
    differ.type("another horse\n")
    assert differ.close() == UsageError.exit_code
    assert not (tmp_path / "b").exists()
    made = terminal("backup", folder, "--encrypt", "--passphrase")
    for prompt in ("New passphrase: ", "The same again: "):
        made.wait_for(prompt)
        made.type(f"{words}\n")
    made.wait_for("Only its passphrase opens this backup.")
    assert made.close() == 0
    again = terminal("backup", folder)
    assert again.close() == 0  # adding asks for nothing
    read = terminal("verify", folder)
    read.wait_for("Passphrase of ")
    read.type("wrong horse battery\n")
    read.wait_for("That is not it. Passphrase of ")
    read.type(f"{words}\n")
    assert read.close() == 0
    assert "horse" not in read.screen
