"""Whatever the line, nothing that went over the wire as a secret comes out of it (S2).

The truth is taken from the wire itself, not from what gmailkit holds for a secret.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from requests.adapters import HTTPAdapter

from command_lines import LINES, NEEDS_A_PLACE, commands
from gmailkit.errors import GmailKitError
from gmailkit.gmail import Gmail
from gmailkit.sandbox import Sandbox
from gmailkit.secret import redact
from gmailkit.services.practice import consent
from list_room import BY_MAIL, issue
from mailroom import ME, letter

Cli = Callable[..., Any]
ANN = "ann@example.com"
FIELDS = {
    *("access_token", "refresh_token", "id_token", "client_secret"),
    *("code", "code_verifier", "assertion", "token", "state"),
}
MODES = (["--debug", "-vv"], ["--debug", "--json", "--log-file", "LOG"])


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every secret that goes over the wire from here on, either way."""
    found: set[str] = set()
    real = HTTPAdapter.send

    def note(fields: dict[str, Any]) -> None:
        values = (v for name, value in fields.items() if name in FIELDS for v in _listed(value))
        found.update(v for v in values if len(v) >= 8)

    def send(self: HTTPAdapter, request: Any, *args: Any, **options: Any) -> Any:
        found.update(str(request.headers.get("authorization", "")).split()[1:])
        body = request.body if isinstance(request.body, str) else ""
        note(parse_qs(body))
        note(parse_qs(str(request.url).partition("?")[2]))
        answer = real(self, request, *args, **options)
        if "json" in answer.headers.get("content-type", "") and "/token" in str(request.url):
            note(answer.json())
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    return found


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


@pytest.fixture
def key(sandbox: Sandbox, own_home: Path) -> Path:
    made = sandbox.add_service_account()
    sandbox.delegate(str(made["client_id"]), ["gmail.modify"])
    own_home.mkdir(exist_ok=True)
    path = own_home / "key.json"
    path.write_text(json.dumps(made))
    path.chmod(0o600)
    return path


@pytest.fixture
def person(
    cli: Cli, sandbox: Sandbox, key: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """`gmailkit login` as somebody whose browser agrees."""

    def agree(url: str) -> bool:
        consent(url)
        return True

    monkeypatch.setattr("gmailkit.services.sign_in.open_in_browser", agree)
    client = own_home / "client.json"
    client.write_text(json.dumps(sandbox.client_file()))
    sandbox.consent = ME
    return lambda *argv: cli("login", "--client", str(client), *argv)


def shown(secrets: set[str], text: str) -> list[str]:
    return [s for s in secrets if s in text or quote(s, safe="") in text or repr(s)[1:-1] in text]


def test_no_command_shows_a_secret(
    cli: Cli,
    person: Callable[..., Any],
    sandbox: Sandbox,
    key: Path,
    sent: set[str],
    tmp_path: Path,
) -> None:
    sandbox.mail.put(ME, letter("Lunch"))
    sandbox.mail.put(ME, issue(ways=BY_MAIL))
    log = tmp_path / "log"
    said: list[str] = []

    def run(path: tuple[str, ...], line: list[str], call: Callable[..., Any]) -> None:
        stand_ins = {"FOLDER": str(tmp_path / "backup"), "ID": id, "LOG": str(log)}
        for mode in MODES:
            words = [stand_ins.get(word, word) for word in (*path, *line, *mode)]
            ran = call(*words)
            said.append(ran.out + ran.err)

    id = sandbox.mail.put(ME, letter("Report"))
    run((), ["--for", "send", ME], person)  # with openid: there is an id_token
    run((), [ME], person)
    for path in sorted(set(commands()) - NEEDS_A_PLACE):
        run(path, LINES.get(path, []), cli)
    acting = ["--service-account", str(key), "--subject", ANN]
    run(("login",), [*acting, "--for", "admin"], cli)
    run(("login",), acting, cli)
    for path in (("whoami",), ("doctor",), ("search",), ("logout",)):
        run(path, [*LINES.get(path, []), "--account", ANN], cli)
    run(("logout",), ["--account", ME], cli)

    everything = "".join(said) + log.read_text()
    assert "DEBUG" in log.read_text()
    assert "POST" in everything
    lines = json.loads(key.read_text())["private_key"].splitlines()
    assert len(sent) > 8
    assert shown({*sent, *lines}, everything) == []


@pytest.mark.parametrize("method", ["token", "getProfile"])
def test_no_traceback_with_locals_shows_a_secret(
    sandbox: Sandbox, key: Path, sent: set[str], method: str, own_home: Path
) -> None:
    """As a crash reporter takes it, once it went through the net."""
    with Gmail(service_account=key, subject=ANN) as gmail:
        if method == "token":
            key.write_text(json.dumps({**json.loads(key.read_text()), "private_key_id": "0"}))
        else:
            sandbox.faults.next(403, reason="forbidden", method=method)
        with pytest.raises(GmailKitError) as caught:
            gmail.profile()
    lines = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = redact("".join(lines.format()))
    assert "self = " in text
    pem = json.loads(key.read_text())["private_key"].splitlines()
    assert sent
    assert shown({*sent, *pem}, text) == []
