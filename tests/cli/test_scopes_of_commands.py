"""Each command gets along with the one permission that its help says it needs (S3)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from command_lines import LINES, NEEDS_A_PLACE, commands
from fault_room import draft_id
from gmailkit.auth.scopes import FULL, PURPOSES, suffices
from gmailkit.gmail import Gmail
from gmailkit.model.filter import FilterCriteria
from gmailkit.record.journal import Journal
from gmailkit.sandbox import Sandbox
from gmailkit.wire.bearer import Bearer
from gmailkit.wire.request import Request
from list_room import BY_MAIL, issue
from mailroom import ME, let_in, letter

COMMANDS = {path: each for path, each in commands().items() if path not in NEEDS_A_PLACE}
AUTH = "https://www.googleapis.com/auth/"
WHO = ("openid", f"{AUTH}userinfo.email")  # whose mailbox it is, a sign-in knows without asking


def needs(path: tuple[str, ...]) -> list[str]:
    """The scopes that the help says it needs, mostly one; what a bracket adds is not counted."""
    said = COMMANDS[path].help.partition("Needs: ")[2].partition("(")[0]
    full = [FULL] if "mail.google.com" in said else []
    return [*full, *(f"{AUTH}{found}" for found in re.findall(r"gmail(?:\.[a-z]+)+", said))]


def by_service_account(path: tuple[str, ...]) -> bool:
    return "service account" in COMMANDS[path].help.partition("Needs: ")[2].partition(";")[0]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """Every call of the API from here on, sent or refused."""
    seen: list[Request] = []
    real = Bearer.send

    def send(self: Bearer, request: Request) -> Any:
        seen.append(request)
        return real(self, request)

    monkeypatch.setattr(Bearer, "send", send)
    return seen


@pytest.fixture
def id(sandbox: Sandbox) -> str:
    for name in ("Canary", "Finch"):
        sandbox.mail.put(ME, letter(name))
    sandbox.mail.put(ME, letter("Lunch"))
    sandbox.mail.put(ME, issue(ways=BY_MAIL))
    return sandbox.mail.put(ME, letter("Report"))


@pytest.mark.parametrize("path", [p for p in COMMANDS if needs(p)], ids=" ".join)
def test_a_command_needs_no_more_than_it_says(
    cli: Callable[..., Any],
    sandbox: Sandbox,
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[Request],
    id: str,
    tmp_path: Path,
    path: tuple[str, ...],
) -> None:
    prepare(cli, sandbox, monkeypatch, path)
    if path in (("restore",), ("copy",), ("offload",), ("repair",)):
        assert cli("backup", str(tmp_path / "backup")).code == 0
    if path == ("repair",):
        damage(tmp_path / "backup" / "packs" / "000001.mbox.zst")
    if path in (("restore",), ("copy",)):
        assert cli("trash", "subject:lunch", "--yes").code == 0
    asked.clear()
    let_in(sandbox, monkeypatch, [*needs(path), *WHO], delegated=by_service_account(path))
    stand_ins = {"FOLDER": str(tmp_path / "backup"), "ID": id, "FILTER": filter_id(sandbox)}
    stand_ins["DRAFT"] = draft_id(sandbox)
    ran = cli(*path, *[stand_ins.get(word, word) for word in LINES.get(path, [])])
    assert ran.code == 0, f"{ran.err} (a new command needs a line in tests/command_lines.py)"
    assert asked
    for request in asked:
        assert suffices(needs(path), request.scopes), request.method.name


def damage(pack: Path) -> None:
    content = pack.read_bytes()
    pack.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])


def prepare(
    cli: Callable[..., Any], sandbox: Sandbox, patch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    """What a line takes for given: labels of two names, and a message in the trash."""
    let_in(sandbox, patch)
    if path[0] == "labels" and path[-1] not in ("create", "apply"):
        name = next((word for word in LINES.get(path, []) if word[0] != "-"), "Canary")
        assert cli("labels", "create", name).code == 0
    if path == ("labels", "merge"):
        assert cli("labels", "create", "Canary").code == 0
    if path in (("labels", "diff"), ("labels", "rollback")):
        assert cli("labels", "snapshot", "--name", "kept").code == 0
    if path == ("delete",):
        sandbox.mail.put(ME, letter("Old news"), labels=("TRASH",))
    if path == ("untrash",):
        assert cli("trash", "subject:lunch", "--yes").code == 0
    if path[0] in ("undo", "journal"):
        assert cli("star", "subject:lunch", "--yes").code == 0
    if path == ("journal", "recover"):  # as a crash leaves it
        (found,) = Path(os.environ["GMAILKIT_HOME"]).rglob("journal.sqlite3")
        with closing(Journal(lambda: found.parent)) as journal:
            journal.end(1, "begun")
    if path == ("lists", "check"):
        assert cli("unsubscribe", *LINES[("unsubscribe",)]).code == 0
    if path[0] == "drafts":
        assert cli("drafts", "create", *LINES["drafts", "create"]).code == 0
    if path[0] == "outbox":
        prepare_outbox(cli)
    if path[0] == "settings":
        let_in(sandbox, patch, PURPOSES["admin"], delegated=True)
        prepare_settings(sandbox, path)


def prepare_outbox(cli: Callable[..., Any]) -> None:
    """A message that is due, and one that waits for approval."""
    with Gmail() as gmail:
        key = gmail.send_later(to="ann@example.com", subject="Due", text="x", hold="1h").key
        gmail._connection.sends.change(key, due=datetime(2026, 11, 1, tzinfo=UTC))
    policy = Path(os.environ["GMAILKIT_HOME"], "config", "policy.toml")
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text('approval = ["carla@example.com"]')
    line = ["carla@example.com", "-s", "Hi", "--body", "x", "--key", "parked", "--yes"]
    assert cli("send", *line).code == 5


def prepare_settings(sandbox: Sandbox, path: tuple[str, ...]) -> None:
    """A filter, a delegate, an alias and an address to forward to, but those that are added."""
    with Gmail() as gmail:
        gmail.preferences.filters.create(FilterCriteria(from_="x"), remove=["INBOX"])
        if path[-1] != "add":
            gmail.preferences.delegates.add("ann@example.com")
            gmail.preferences.send_as.add("sales@example.org")
            gmail.preferences.forwarding.add("b@example.org")
            sandbox.mail.confirm(ME, "b@example.org")
        if path[-1] == "off":
            gmail.preferences.forwarding.on("b@example.org")
            gmail.preferences.vacation.on(text="x")


def filter_id(sandbox: Sandbox) -> str:
    kept = sandbox.mail.settings.all(sandbox.mail.users.get(ME).n, "filter")
    return next(iter(kept), "")


@pytest.mark.parametrize(
    "path", [p for p in COMMANDS if "Needs: nothing" in COMMANDS[p].help], ids=" ".join
)
def test_a_command_that_needs_nothing_calls_nothing(
    cli: Callable[..., Any], own_home: Path, asked: list[Request], path: tuple[str, ...]
) -> None:
    cli(*path, *LINES.get(path, []))
    assert asked == []
