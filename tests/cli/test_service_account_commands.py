"""A service account on the command line: signing in, being listed, checked, used and forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from gmailkit.services.practice import consent
from mailroom import ME

Cli = Callable[..., Any]
ANN = "ann@example.com"


@pytest.fixture
def key(sandbox: Sandbox, own_home: Path) -> Path:
    """The file of a service account that may act for everybody with gmail.modify."""
    made = sandbox.add_service_account()
    sandbox.delegate(str(made["client_id"]), ["gmail.modify"])
    own_home.mkdir()
    path = own_home / "key.json"
    path.write_text(json.dumps(made))
    path.chmod(0o600)
    return path


def test_it_signs_in_and_every_account_command_knows_it(
    cli: Cli, sandbox: Sandbox, key: Path, own_home: Path
) -> None:
    ran = cli("login", "--service-account", str(key), "--subject", ANN, "--alias", "robot")
    assert (ran.code, ran.out, ran.err) == (0, f"Signed in as {ANN}.\n", "")
    assert (
        cli("accounts").out == f"{ANN}\trobot\tread, send, label, insert (service account)\tyes\n"
    )
    listed = json.loads(cli("accounts", "--json").out)
    assert (listed["key_file"], listed["purpose"]) == (str(key), "modify")

    me = json.loads(cli("whoami", "--json").out)
    assert (me["address"], me["source"], me["purpose"]) == (ANN, "service account", "modify")
    checks = {
        each["name"]: each for each in map(json.loads, cli("doctor", "--json").out.splitlines())
    }
    assert checks[f"key of {ANN}"]["state"] == "ok"
    assert str(key) in checks[f"key of {ANN}"]["detail"]
    assert checks[f"renewal for {ANN}"]["detail"] == "works"
    assert cli("search", "--ids", "in:anywhere").code == 0

    assert not list(own_home.rglob("token.json"))
    ran = cli("logout", "robot")
    assert (ran.code, ran.out) == (0, f"Forgot {ANN}.\n")
    assert "nothing to revoke" in ran.err
    assert str(key) in ran.err
    assert key.exists()
    assert cli("whoami").code == 4
    assert ("POST", "/revoke") not in sandbox.requests


def test_a_refusal_prints_what_the_administrator_has_to_enter(
    cli: Cli, key: Path, own_home: Path
) -> None:
    number = json.loads(key.read_text())["client_id"]
    line = ("login", "--service-account", str(key), "--subject", ANN, "--for", "admin")
    ran = cli(*line)
    assert ran.code == 5
    scopes = ("gmail.readonly", "gmail.settings.basic", "gmail.settings.sharing")
    listed = ",".join(f"https://www.googleapis.com/auth/{scope}" for scope in scopes)
    assert f"\n  Client ID: {number}\n  OAuth scopes: {listed}\n" in ran.err
    said = json.loads(cli(*line, "--json").err)
    assert number in said["hint"]
    assert said["reason"] == "unauthorized_client"
    assert not (own_home / "data" / "accounts.json").exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["--service-account", "KEY"], "needs somebody to act for"),
        (["--subject", ANN], "--subject needs --service-account"),
        (["--service-account", "KEY", "--subject", ANN, "--no-browser"], "neither --client"),
        (["--service-account", "KEY", "--subject", ANN, "--client", "KEY"], "neither --client"),
        ([ME, "--service-account", "KEY", "--subject", ANN], "are named"),
        (["--service-account", "KEY", "--subject", "ann"], "is no address"),
        (["--client", "KEY"], "a service account key, not a Desktop client file"),
    ],
)
def test_options_that_do_not_go_together_are_named(
    cli: Cli, key: Path, line: list[str], says: str
) -> None:
    ran = cli("login", *[str(key) if word == "KEY" else word for word in line])
    assert ran.code == 2
    assert says in ran.err


def test_a_script_replaces_the_other_kind_of_sign_in_only_with_yes(
    cli: Cli, sandbox: Sandbox, key: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = own_home / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    sandbox.consent = ANN
    monkeypatch.setattr("gmailkit.services.sign_in.open_in_browser", consent)
    assert cli("login", ANN, "--client", str(client)).code == 0
    line = ("login", ANN, "--service-account", str(key))
    ran = cli(*line)
    assert ran.code == 2
    assert "replaces the sign-in at" in ran.err
    assert "add --yes to do it." in ran.err
    assert json.loads(cli("whoami", "--json").out)["source"] == "account"
    ran = cli(*line, "--yes")
    assert (ran.code, ran.out) == (0, f"Signed in as {ANN}.\n")
    assert "replaces the sign-in at" in ran.err
    assert cli("login", "--client", str(client)).code == 2
    assert cli("login", "--client", str(client), "-y").code == 0
    assert json.loads(cli("whoami", "--json").out)["source"] == "account"


def test_a_person_at_a_terminal_is_asked_before_a_sign_in_is_replaced(
    cli: Cli, sandbox: Sandbox, key: Path, own_home: Path, terminal: Callable[..., Any]
) -> None:
    client = own_home / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    assert cli("login", ANN, "--service-account", str(key)).code == 0
    window = terminal("login", ANN, "--client", str(client), "--no-browser")
    window.wait_for("Go on? [y/N]")
    assert "replaces the sign-in by a service account" in window.screen
    window.type("n\n")
    assert window.close() == 1
    assert "Nobody was signed in." in window.screen
    assert json.loads(cli("whoami", "--json").out)["source"] == "service account"


def test_the_address_may_stand_in_its_usual_place(cli: Cli, key: Path) -> None:
    assert cli("login", ANN, "--service-account", str(key)).out == f"Signed in as {ANN}.\n"


def test_a_person_cannot_sign_in_for_what_only_service_accounts_may(cli: Cli, key: Path) -> None:
    ran = cli("login", "--for", "admin")
    assert ran.code == 5
    assert "for service accounts" in ran.err
    assert "--service-account KEY.json --subject ADDRESS --for admin" in ran.err


def test_a_key_that_is_gone_is_named_by_every_command(cli: Cli, key: Path) -> None:
    cli("login", ANN, "--service-account", str(key))
    key.unlink()
    for line in (["search", "--ids", "x"], ["labels"]):
        ran = cli(*line)
        assert ran.code == 2
        assert f"Cannot read the service account key {key}" in ran.err
    assert cli("doctor").code == 1
    assert cli("whoami").code == 0
    assert cli("logout").code == 0


def test_an_error_names_the_account_where_there_are_several(cli: Cli, key: Path) -> None:
    cli("login", ANN, "--service-account", str(key))
    ran = cli("show", "18c2f0a1b2c3d4e5")
    assert (ran.code, ANN in ran.err) == (6, False)
    cli("login", ME, "--service-account", str(key))
    ran = cli("show", "18c2f0a1b2c3d4e5", "--account", ANN)
    assert ran.err.startswith(f"gmailkit: {ANN}: ")
    assert json.loads(cli("show", "18c2f0a1b2c3d4e5", "--json").err)["account"] == ANN
