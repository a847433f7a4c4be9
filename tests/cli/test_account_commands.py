"""`login`, `accounts`, `whoami`, `doctor`, `logout`, and `--sandbox`, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Consent, Sandbox
from gmailkit.services.practice import consent
from mailroom import ME

Cli = Callable[..., Any]


def agree_in_browser(url: str) -> bool:
    consent(url)
    return True


@pytest.fixture
def login(
    cli: Cli, sandbox: Sandbox, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """`gmailkit login` as a person whose browser agrees to everything asked by the sandbox."""
    monkeypatch.setattr("gmailkit.services.sign_in.open_in_browser", agree_in_browser)
    own_home.mkdir(exist_ok=True)
    client = own_home / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))

    def call(address: str = ME, *argv: str, agree: Consent | None = None) -> Any:
        sandbox.consent = agree or address
        return cli("login", "--client", str(client), *argv)

    return call


@pytest.mark.parametrize("option", [[], ["--json"]], ids=["text", "json"])
def test_accounts_says_when_nobody_is_signed_in(cli: Cli, option: list[str]) -> None:
    ran = cli("accounts", *option)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "Nobody is signed in. Sign in: gmailkit login\n"


def test_login_makes_the_first_account_the_default(login: Callable[..., Any], cli: Cli) -> None:
    ran = login()
    assert (ran.code, ran.out) == (0, f"Signed in as {ME}.\n")
    assert cli("accounts").out == f"{ME}\t\tread, send, label, insert\tyes\n"


def test_accounts_lists_chooses_and_names(login: Callable[..., Any], cli: Cli) -> None:
    login()
    login("ann@example.com", "--alias", "work", "--for", "read")
    assert (
        cli("accounts").out
        == f"{ME}\t\tread, send, label, insert\tyes\nann@example.com\twork\tread\t\n"
    )
    assert "ann@example.com" in cli("accounts", "default", "work").err
    assert cli("accounts", "alias", ME, "private").code == 0
    lines = [json.loads(line) for line in cli("accounts", "--json").out.splitlines()]
    assert [(x["address"], x["alias"], x["default"]) for x in lines] == [
        (ME, "private", False),
        ("ann@example.com", "work", True),
    ]
    assert set(lines[0]) == {
        *("address", "alias", "default", "purpose"),
        *("scopes", "signed_in", "kept_in", "endpoint", "key_file"),
    }


def test_login_can_make_the_new_account_the_default(login: Callable[..., Any], cli: Cli) -> None:
    login()
    login("ann@example.com", "--default")
    assert json.loads(cli("whoami", "--json").out)["address"] == "ann@example.com"


def test_the_account_is_chosen_by_flag_then_environment_then_default(
    login: Callable[..., Any], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    login()
    login("ann@example.com", "--alias", "work")
    login("bob@example.com")

    def who(*argv: str) -> str:
        return str(json.loads(cli("whoami", "--json", *argv).out)["address"])

    assert who() == ME
    monkeypatch.setenv("GMAILKIT_ACCOUNT", "work")
    assert who() == "ann@example.com"
    assert who("--account", "bob@example.com") == "bob@example.com"
    assert who("-a", "bob@example.com") == "bob@example.com"


def test_whoami_names_account_permission_and_endpoint(
    login: Callable[..., Any], cli: Cli, sandbox: Sandbox
) -> None:
    login()
    facts = dict(line.split("\t") for line in cli("whoami").out.splitlines())
    assert facts == {
        "account": ME,
        "may": "read, send, label, insert",
        "scopes": "gmail.modify",
        "endpoint": sandbox.url,
        "token from": "account",
    }


def test_login_as_json(login: Callable[..., Any]) -> None:
    facts = json.loads(login(ME, "--json").out)
    assert (facts["address"], facts["lost"]) == (ME, [])
    assert len(facts["scopes"]) == 1


def test_login_names_what_was_not_granted(login: Callable[..., Any], cli: Cli) -> None:
    settings = "https://www.googleapis.com/auth/gmail.settings.basic"
    agree = Consent(ME, withheld=frozenset({settings}))
    ran = login(ME, "--for", "settings", agree=agree)
    assert ran.code == 0
    assert "will not work" in ran.err
    assert cli("accounts").out.startswith(f"{ME}\t\tread")


def test_refused_consent_stores_nothing(login: Callable[..., Any], cli: Cli) -> None:
    ran = login(ME, agree=Consent(ME, denied=True))
    assert ran.code == 5
    assert "\ngmailkit: " in ran.err
    assert cli("accounts").out == ""


def test_nobody_agrees_in_time(
    login: Callable[..., Any], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmailkit.services.sign_in.open_in_browser", lambda url: False)
    ran = login(ME, "--timeout", "1")
    assert ran.code == 4
    assert "http://127.0.0.1" in ran.err  # the address to open by hand was shown
    assert cli("accounts").out == ""


def test_logout_revokes_and_forgets(login: Callable[..., Any], cli: Cli, sandbox: Sandbox) -> None:
    login()
    ran = cli("logout")
    assert (ran.code, ran.out, ran.err) == (0, f"Signed out of {ME}.\n", "")
    assert ("POST", "/revoke") in sandbox.requests
    assert cli("whoami").code == 4


def test_logout_of_a_named_account_as_json(login: Callable[..., Any], cli: Cli) -> None:
    login()
    login("ann@example.com", "--alias", "work")
    facts = json.loads(cli("logout", "work", "--json").out)
    assert facts == {"address": "ann@example.com", "revoked": True}
    assert cli("accounts").out == f"{ME}\t\tread, send, label, insert\tyes\n"


def test_a_grant_that_died_says_what_to_type(
    login: Callable[..., Any], cli: Cli, sandbox: Sandbox, own_home: Path
) -> None:
    login()
    (kept,) = own_home.rglob("token.json")
    assert sandbox.mail.grants.revoke(json.loads(kept.read_text())["refresh_token"])
    ran = cli("search", "x")
    assert ran.code == 4
    assert "gmailkit login" in ran.err


def test_doctor_is_content_after_login(login: Callable[..., Any], cli: Cli) -> None:
    login()
    ran = cli("doctor")
    states = {line.split("\t")[0] for line in ran.out.splitlines()}
    assert (ran.code, ran.err) == (0, "")
    assert states <= {"ok", "warn"}
    checks = [json.loads(line) for line in cli("doctor", "--json").out.splitlines()]
    assert all(set(check) == {"name", "state", "detail", "fix"} for check in checks)


def test_doctor_fails_with_1_when_a_check_does(
    login: Callable[..., Any], cli: Cli, own_home: Path
) -> None:
    login()
    (token,) = own_home.rglob("token.json")
    token.chmod(0o644)
    ran = cli("doctor")
    assert ran.code == 1
    assert "fail\t" in ran.out
    assert ran.err.startswith("gmailkit: Checks that failed: ")


def test_debug_output_of_every_kind_of_command_holds_no_token(
    login: Callable[..., Any], cli: Cli, sandbox: Sandbox, own_home: Path, tmp_path: Path
) -> None:
    said = [login(ME, "--debug")]
    (kept,) = own_home.rglob("token.json")
    token = json.loads(kept.read_text())
    secrets = [token["access_token"], token["refresh_token"], token["client_secret"]]
    for argv in (
        ["search"],
        ["whoami"],
        ["doctor"],
        ["labels"],
        ["send", "ann@example.com", "-s", "x", "--body", "y"],
        ["backup", str(tmp_path / "b")],
        ["label", "x", "--add", "Nowhere"],
        ["show", "abcdef0123456789"],
        ["logout"],
    ):
        said.append(cli(*argv, "--debug", "-vv"))
    everything = "".join(ran.out + ran.err for ran in said)
    assert "DEBUG" in everything
    for secret in secrets:
        assert secret not in everything


def test_the_practice_mailbox_is_kept_between_commands_and_can_start_over(
    program: Callable[..., Any], own_home: Path
) -> None:
    found = program(["--sandbox", "search", "is:unread", "--limit", "1", "--ids"])
    assert found.code == 0, found.err
    id = found.out.strip()
    assert program(["--sandbox", "label", "--id", id, "--add", "Kept", "--create", "-y"]).code == 0
    kept = program(["search", "label:Kept", "--ids", "--sandbox"])
    assert (kept.code, kept.out.strip()) == (0, id), kept.err
    assert program(["accounts"]).out == ""  # nothing of it is in the real home
    assert program(["sandbox", "reset", "--yes"]).code == 0
    fresh = program(["--sandbox", "search", "label:Kept", "--ids"])
    assert (fresh.code, fresh.out) == (6, ""), "the label is gone with the mailbox"


def test_no_browser_without_anybody_to_paste_ends_at_once(
    program: Callable[..., Any], sandbox: Sandbox, tmp_path: Path
) -> None:
    client = tmp_path / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    ran = program(["login", "--no-browser", "--client", str(client)], stdin="")
    assert ran.code == 4
    assert ran.err.count("Paste it here") == 1
    assert "The input ended before an address was pasted" in ran.err
    assert "GMAILKIT_ACCESS_TOKEN" in ran.err


def test_in_the_sandbox_hints_are_for_the_sandbox(cli: Cli) -> None:
    ran = cli("--sandbox", "whoami", "-a", "bob@example.com")
    assert ran.code == 2
    assert "gmailkit --sandbox login bob@example.com" in ran.err
    assert "gmailkit sandbox reset" in cli("--sandbox", "reset").err


def test_service_accounts_alone_want_no_client_file(
    cli: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    made, key = sandbox.add_service_account(), tmp_path / "key.json"
    sandbox.delegate(str(made["client_id"]), ["gmail.modify"])
    key.write_text(json.dumps(made))
    key.chmod(0o600)
    assert cli("login", ME, "--service-account", str(key)).code == 0
    assert "client file" not in cli("doctor").out
