"""The list of accounts: by address, by alias, one default."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys

import pytest

from gmailkit.auth.accounts import Account, Accounts
from gmailkit.errors import SignInNeeded, TryLater, UsageError
from gmailkit.model.service import GOOGLE
from gmailkit.paths import Home

ME, ANN, BOB = "me@example.com", "ann@example.com", "bob@example.com"


def account(address: str, alias: str = "", *, signed_in: float = 1.0) -> Account:
    return Account(
        address=address, alias=alias, service=GOOGLE, scopes=("openid",), signed_in=signed_in
    )


@pytest.fixture
def accounts(home: Home) -> Accounts:
    made = Accounts(home)
    made.add(account(ME))
    made.add(account(ANN, "work"))
    return made


def test_nobody_is_signed_in_at_first(home: Home) -> None:
    accounts = Accounts(home)
    assert accounts.all() == ()
    assert accounts.default is None
    with pytest.raises(SignInNeeded, match="Nobody is signed in") as caught:
        accounts.find(None)
    assert caught.value.hint.startswith("gmailkit login")
    assert "--sandbox" in caught.value.hint
    with pytest.raises(SignInNeeded, match=ME):
        accounts.find(ME)


def test_the_first_one_is_the_default(accounts: Accounts) -> None:
    assert accounts.default == ME
    assert accounts.find(None).address == ME
    assert [a.address for a in accounts.all()] == [ME, ANN]


@pytest.mark.parametrize("name", [ANN, "Ann@Example.com", "work", "WORK"])
def test_an_account_is_found_by_address_or_alias(accounts: Accounts, name: str) -> None:
    assert accounts.find(name) == account(ANN, "work")


@pytest.mark.parametrize(
    ("name", "guess"), [("an@example.com", ANN), ("wrok", "work"), ("zzz", "")]
)
def test_an_unknown_name_lists_the_known_ones(accounts: Accounts, name: str, guess: str) -> None:
    with pytest.raises(UsageError, match=name) as caught:
        accounts.find(name)
    assert ("Did you mean" in caught.value.hint) == bool(guess)
    assert f"{ME}, {ANN} (work)" in caught.value.hint
    if guess:
        assert f"Did you mean {guess}?" in caught.value.hint


def test_an_empty_name_is_not_everybody_without_an_alias(accounts: Accounts) -> None:
    with pytest.raises(UsageError):
        accounts.find(" ")


def test_signing_in_again_replaces_and_keeps_alias_and_place(accounts: Accounts) -> None:
    accounts.add(account(ANN, signed_in=9))
    assert accounts.find("work").signed_in == 9
    assert [a.address for a in accounts.all()] == [ME, ANN]
    accounts.add(account("ANN@example.com", "job"))
    assert [a.alias for a in accounts.all()] == ["", "job"]


@pytest.mark.parametrize("alias", ["a@b", "two words", "-x", "a/b", "x" * 41, "\n", ".", "é!"])
def test_what_is_no_alias_is_refused(accounts: Accounts, alias: str) -> None:
    with pytest.raises(UsageError, match="no alias"):
        accounts.add(account(BOB, alias))
    assert len(accounts.all()) == 2


def test_an_alias_belongs_to_one_account(accounts: Accounts) -> None:
    with pytest.raises(UsageError, match="another account's"):
        accounts.add(account(BOB, "Work"))
    with pytest.raises(UsageError, match="another account's"):
        accounts.check(account(BOB, "work"))
    accounts.check(account(ANN, "work"))
    assert len(accounts.all()) == 2


def test_the_default_can_be_chosen(accounts: Accounts) -> None:
    assert accounts.set_default("work").address == ANN
    assert accounts.find(None).address == ANN
    accounts.add(account(BOB), default=True)
    assert accounts.default == BOB
    with pytest.raises(UsageError):
        accounts.set_default("nobody")


def test_the_last_one_left_is_the_default(accounts: Accounts) -> None:
    accounts.remove(ME)
    assert accounts.default == ANN
    accounts.remove("nobody@example.com")
    accounts.remove(ANN)
    assert accounts.default is None
    assert accounts.all() == ()


def test_with_several_left_none_is_the_default(accounts: Accounts) -> None:
    accounts.add(account(BOB))
    accounts.remove(ME)
    with pytest.raises(UsageError, match="none is the default") as caught:
        accounts.find(None)
    assert f"{ANN} (work), {BOB}" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"accounts": 7}', b'{"version": 2}'])
def test_a_damaged_list_is_named_and_left_alone(home: Home, content: bytes) -> None:
    Accounts(home).add(account(ME))
    path = home.data / "accounts.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"accounts\.json"):
        Accounts(home).all()
    with pytest.raises(UsageError, match=r"accounts\.json"):
        Accounts(home).add(account(ANN))
    assert path.read_bytes() == content


def test_a_list_that_others_could_write_is_not_believed(home: Home) -> None:
    """It says where tokens are sent."""
    Accounts(home).add(account(ME))
    (home.data / "accounts.json").chmod(0o666)
    with pytest.raises(UsageError, match="Others can read"):
        Accounts(home).find(ME)


def _add(home: Home, number: int) -> None:
    Accounts(home).add(account(f"user{number}@example.com"))


def test_sign_ins_at_once_are_all_remembered(home: Home) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.starmap(_add, [(home, number) for number in range(12)])
    assert len(Accounts(home).all()) == 12
    assert Accounts(home).default is not None


def test_a_list_that_stays_locked_is_not_waited_for_forever(
    accounts: Accounts, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr("gmailkit.auth.accounts._LOCK_SECONDS", 0.1)
    with FileLock(home.data / "accounts.lock"), pytest.raises(TryLater):
        accounts.remove(ME)


def test_reading_the_list_loads_nothing_heavy(home: Home) -> None:
    Accounts(home).add(account(ME))
    code = (
        "import sys; from pathlib import Path; from gmailkit.paths import Home\n"
        "from gmailkit.auth.accounts import Accounts\n"
        "print(Accounts(Home.at(Path(sys.argv[1]))).find(None).address)\n"
        "heavy = {'google', 'requests', 'email', 'keyring', 'filelock', 'oauthlib', 'ssl'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(home.data.parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines() == [ME, "[]"]


@pytest.mark.parametrize(
    "module", ["accounts", "credential", "keep", "flow", "client_file", "oauth", "scopes"]
)
def test_no_module_loads_the_heavy_libraries_by_itself(module: str) -> None:
    code = (
        f"import sys, gmailkit.auth.{module}\n"
        "print(sorted({'google', 'requests', 'email', 'keyring'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_whole_address_is_not_taken_for_another_persons(accounts: Accounts) -> None:
    with pytest.raises(UsageError) as caught:
        accounts.find("bob@example.com")
    assert "Did you mean" not in caught.value.hint
    assert "gmailkit login bob@example.com" in caught.value.hint
