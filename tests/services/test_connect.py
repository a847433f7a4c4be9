"""Which mailbox is meant: never a guess between two."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from gmailkit.auth.accounts import Account, Accounts
from gmailkit.config import Settings
from gmailkit.errors import Unreachable, UsageError
from gmailkit.gmail import Gmail
from gmailkit.model.service import Service
from gmailkit.paths import Home
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret


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


# Tokens that may send and not tell whose they are


def sender(settings_for: Callable[..., Settings], sandbox: Sandbox, address: str) -> Settings:
    token = Secret(sandbox.issue_token(address, ["gmail.send"]))
    return replace(settings_for(), access_token=token)


def say(settings: Settings, key: str) -> bool:
    """Send under a key; whether it left before."""
    with Gmail(settings=settings) as gmail:
        return gmail.send(to="ann@example.com", subject="Hi", text="x", key=key).again


def test_each_send_only_mailbox_has_its_own_ledger_whichever_token_it_has_now(
    settings_for: Callable[..., Settings], sandbox: Sandbox
) -> None:
    assert not say(sender(settings_for, sandbox, "me@example.com"), "job")
    assert not say(sender(settings_for, sandbox, "bob@example.com"), "job")
    assert say(sender(settings_for, sandbox, "me@example.com"), "job")
    assert say(sender(settings_for, sandbox, "bob@example.com"), "job")


def test_a_ledger_that_they_began_in_common_is_gone_on_with(
    settings_for: Callable[..., Settings], sandbox: Sandbox, home: Home
) -> None:
    settings = sender(settings_for, sandbox, "me@example.com")
    say(settings, "job")
    (own,) = (home.state / "accounts").iterdir()
    own.rename(home.account_state("unknown", sandbox.url))
    assert say(settings, "job")
    assert say(sender(settings_for, sandbox, "me@example.com"), "job")
    assert len(list((home.state / "accounts").iterdir())) == 1


def test_where_nobody_can_tell_whose_it_is_now_nothing_is_sent_a_second_time(
    settings_for: Callable[..., Settings], sandbox: Sandbox
) -> None:
    settings = sender(settings_for, sandbox, "me@example.com")
    say(settings, "job")
    sandbox.faults.add("503:tokeninfo:9")
    with pytest.raises(Unreachable, match="whose access token"):
        say(settings, "job")
    assert len(sandbox.sent("me@example.com")) == 1
    sandbox.faults.clear()
    assert say(settings, "job")


def test_a_token_that_told_its_address_before_and_cannot_now_sends_nothing_a_second_time(
    settings_for: Callable[..., Settings], sandbox: Sandbox, home: Home
) -> None:
    token = Secret(sandbox.issue_token("me@example.com", ["gmail.send", "email"]))
    settings = replace(settings_for(), access_token=token)
    say(settings, "job")
    assert [each.name[:2] for each in (home.state / "accounts").iterdir()] == ["me"]
    sandbox.faults.add("503:tokeninfo:9")
    with pytest.raises(Unreachable, match="whose access token"):
        say(settings, "job")
    assert len(sandbox.sent("me@example.com")) == 1
    sandbox.faults.clear()
    assert say(settings, "job")


def test_no_token_is_in_the_name_of_its_folder(
    settings_for: Callable[..., Settings], sandbox: Sandbox, home: Home
) -> None:
    settings = sender(settings_for, sandbox, "me@example.com")
    say(settings, "job")
    (own,) = (home.state / "accounts").iterdir()
    assert re.fullmatch(r"unknown [0-9a-f]{12} at .*", own.name)
    assert (
        settings.access_token
        and sha256(settings.access_token.encode()).hexdigest()[:12] not in own.name
    )
