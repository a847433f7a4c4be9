"""Which mailbox is meant: never a guess between two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gmailkit.auth.accounts import Account, Accounts
from gmailkit.config import Settings
from gmailkit.errors import UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.service import Service
from gmailkit.paths import Home


def test_a_token_and_a_named_account_are_not_both_taken(
    settings_for: Callable[..., Settings],
) -> None:
    with pytest.raises(UsageError, match=r"Both GMAILKIT_ACCESS_TOKEN and .* ann@example\.com"):
        Gmail("ann@example.com", settings=settings_for()).profile()
    named = replace(settings_for(), account="ann@example.com")
    with pytest.raises(UsageError, match="different mailboxes"):
        Gmail(settings=named).profile()


def test_an_account_of_another_service_than_the_endpoint_is_refused(home: Home) -> None:
    here, there = "http://127.0.0.1:1", "http://127.0.0.1:2"
    account = Account(
        address="me@example.com", service=Service.at(here), scopes=("x",), signed_in=0.0
    )
    Accounts(home).add(account)
    settings = Settings(home=home, endpoint=there)
    with pytest.raises(UsageError, match=f"signed in at {here}, but GMAILKIT_API_ENDPOINT"):
        Gmail(settings=settings).profile()


@pytest.mark.parametrize("token", ["two words", "line\nend-of-a-token", "tökèn-of-somebody"])
def test_a_token_that_no_header_may_hold_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.load({"GMAILKIT_HOME": "/x", "GMAILKIT_ACCESS_TOKEN": token})
    assert token not in f"{caught.value.message} {caught.value.hint}"


def test_blanks_around_a_token_are_not_part_of_it() -> None:
    settings = Settings.load({"GMAILKIT_HOME": "/x", "GMAILKIT_ACCESS_TOKEN": " abc-def-ghi\n"})
    assert settings.access_token == "abc-def-ghi"


@pytest.mark.parametrize("name", ["GMAILKIT_DEADLINE", "GMAILKIT_TIMEOUT"])
def test_a_wait_that_no_system_can_make_is_refused(name: str) -> None:
    env = {"GMAILKIT_HOME": "/x"}
    with pytest.raises(UsageError, match=f"{name} is 99999999999; the most is"):
        Settings.load({**env, name: "99999999999"})
    assert Settings.load({**env, name: "86400"})
