"""`gmailkit api`: any method, checked before it is sent, and Gmail's own JSON."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gmailkit.sandbox import Sandbox
from gmailkit.wire.methods import METHODS
from mailroom import journalled, letter

Cli = Callable[..., Any]


def writes(mailbox: Sandbox) -> list[str]:
    return [path for method, path in mailbox.requests if method != "GET"]


def test_a_read_prints_what_gmail_answered(cli: Cli, mailbox: Sandbox) -> None:
    found = json.loads(cli("api", "messages.list", "q=subject:report", "max_results=1").out)
    assert len(found["messages"]) == 1
    assert "nextPageToken" in found
    id = found["messages"][0]["id"]
    one = json.loads(cli("api", "gmail.users.messages.get", f"id={id}", "format=metadata").out)
    assert one["id"] == id
    line = ("metadataHeaders=Subject", "metadataHeaders=From", "format=metadata", "fields=payload")
    headers = json.loads(cli("api", "messages.get", f"id={id}", *line).out)["payload"]["headers"]
    assert {each["name"] for each in headers} == {"Subject", "From"}
    listed = json.loads(cli("api", "messages.list", 'labelIds:=["INBOX"]', "maxResults:=2").out)
    assert len(listed["messages"]) == 2


def test_a_text_of_a_flag_means_what_it_says(cli: Cli, mailbox: Sandbox) -> None:
    cli("trash", "lunch", "--yes")
    for said, count in (("false", 2), ("true", 3)):
        found = cli("api", "messages.list", f"includeSpamTrash={said}").out
        assert len(json.loads(found)["messages"]) == count


def test_what_writes_asks_first(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    body = tmp_path / "label.json"
    body.write_text('{"name": "Receipts"}')
    line = ("api", "labels.create", "--body", f"@{body}")
    asked = cli(*line)
    assert (asked.code, asked.out) == (2, "")
    assert "--yes" in asked.err
    assert writes(mailbox) == []
    made = json.loads(cli(*line, "--yes").out)
    assert made["name"] == "Receipts"
    assert cli("api", "labels.delete", f"id={made['id']}", "-y").out == "{}\n"


def test_fields_of_the_body_are_given_like_parameters(cli: Cli, mailbox: Sandbox) -> None:
    color = 'color:={"textColor": "#000000", "backgroundColor": "#ffffff"}'
    line = ("api", "labels.create", "name=Receipts", color, "--yes")
    made = json.loads(cli(*line, "--body", '{"labelListVisibility": "labelHide"}').out)
    assert (made["name"], made["labelListVisibility"]) == ("Receipts", "labelHide")
    assert made["color"]["backgroundColor"] == "#ffffff"
    ids = json.loads(cli("api", "messages.list", "maxResults=1").out)["messages"]
    marked = ("addLabelIds=STARRED", f"addLabelIds={made['id']}", "--yes")
    found = json.loads(cli("api", "messages.modify", f"id={ids[0]['id']}", *marked).out)
    assert {"STARRED", made["id"]} <= set(found["labelIds"])


def test_a_person_is_shown_the_call_and_asked(
    terminal: Callable[..., Any], mailbox: Sandbox
) -> None:
    screen = terminal("api", "labels.create", "--body", '{"name": "Receipts"}')
    screen.wait_for("Do this to me@example.com? [y/N] ")
    assert "labels.create (5 units)" in screen.screen
    screen.type("n\n")
    assert screen.close() == 1
    assert writes(mailbox) == []


def test_a_dry_run_shows_the_request_and_no_token(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"name": "Receipts"}')))
    ran = cli("api", "labels.create", "--body", "-", "--dry-run")
    assert ran.code == 0
    assert ran.out.startswith(f"POST {mailbox.url}/gmail/v1/users/me/labels?")
    assert ran.out.endswith('\n\n{"name": "Receipts"}\n')
    assert os.environ["GMAILKIT_ACCESS_TOKEN"] not in ran.out + ran.err
    facts = json.loads(cli("api", "messages.list", "q=a b", "-n", "--json").out)
    assert (facts["method"], "q=a+b" in facts["url"]) == ("GET", True)
    assert "authorization" not in facts["headers"]
    assert mailbox.requests == []


def test_a_message_is_uploaded(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "letter.eml"
    path.write_bytes(letter("Uploaded"))
    put = ("api", "messages.insert", "--media", str(path))
    assert cli(*put, "--yes").code == 0
    labelled = json.loads(cli(*put, "--body", '{"labelIds": ["STARRED"]}', "--yes").out)
    assert labelled["labelIds"] == ["STARRED"]
    assert len(cli("search", "subject:uploaded in:anywhere", "--ids").out.split()) == 2


def test_the_list_is_whole(cli: Cli) -> None:
    rows = [line.split("\t") for line in cli("api", "--list").out.splitlines()]
    assert [row[0] for row in rows] == list(METHODS)
    assert ["messages.get", "gmail.metadata", "20", "5"] in rows
    facts = [json.loads(line) for line in cli("api", "--list", "--json").out.splitlines()]
    (listing,) = [each for each in facts if each["method"] == "messages.list"]
    assert {"q", "pageToken", "fields"} <= set(listing["parameters"])
    assert (listing["http"], listing["units"]) == ("GET", 5)
    assert listing["scopes"][0] == "gmail.metadata"
    assert not {"access_token", "key", "alt"} & set(listing["parameters"])


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ([], 2, "Which method?"),
        (["messages.lst"], 2, "Did you mean messages.list"),
        (["qqqq"], 2, "gmailkit api --list"),
        (["messages.list", "qq=x"], 2, "has no parameter 'qq'"),
        (["messages.list", "maxResult=5"], 2, "Did you mean maxResults"),
        (["messages.list", "maxResults=five"], 2, "maxResults is a whole number"),
        (["messages.list", "maxResults:={"], 2, "The value of maxResults is no JSON"),
        (["messages.list", "includeSpamTrash=maybe"], 2, "true or false"),
        (["messages.list", "q"], 2, "'q' is no parameter"),
        (["messages.list", "q=x", "q=y"], 2, "takes one q"),
        (["messages.list", "access_token=x"], 2, "no parameter"),
        (["messages.list", "--body", "{}"], 2, "takes no body"),
        (["messages.list", "--media", "x"], 2, "takes no message"),
        (["messages.get"], 2, "messages.get needs id"),
        (["messages.get", "id=18c2f0a1b2c3d4e5", "format=whole"], 2, "format is one of"),
        (["messages.get", "id=18c2f0a1b2c3d4e5"], 6, ""),
        (["labels.create", "color=red", "--yes"], 2, "color is an object"),
        (["labels.create", "nam=Receipts", "--yes"], 2, "Did you mean name"),
        (["labels.create", "--body", "{"], 2, "The body is no JSON"),
        (["labels.create", "--body", "[]"], 2, "no JSON object"),
        (["labels.create", "--body", "@nowhere"], 2, "nowhere"),
        (["messages.insert", "--media", "nowhere", "--yes"], 2, "nowhere"),
        (["settings.updateImap", "--body", "{}", "--yes"], 5, "gmail.settings.basic"),
        (["--list", "messages.list"], 2, "takes no method"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence(
    cli: Cli, mailbox: Sandbox, line: list[str], code: int, says: str
) -> None:
    ran = cli("api", *line)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert "inside gmailkit" not in ran.err
    assert writes(mailbox) == []


def test_what_writes_is_recorded_without_mail_and_passwords(
    cli: Cli, mailbox: Sandbox, own_home: Path
) -> None:
    cli("api", "labels.create", "name=Receipts", "--yes")
    cli("api", "messages.insert", "raw=U3ViamVjdDogeA", "labelIds=STARRED", "--yes")
    cli("api", "messages.list", "maxResults=1")
    cli("api", "labels.create", "name=Asked")
    found = [(each.what, each.why, each.calls[0].body) for each in journalled(own_home)]
    assert found == [
        ("make the label Receipts", "gmailkit api labels.create", {"name": "Receipts"}),
        (
            "put a message in",
            "gmailkit api messages.insert",
            {"raw": "...", "labelIds": ["STARRED"]},
        ),
    ]


def test_a_method_the_sign_in_lacks_is_refused_before_anybody_is_asked(
    cli: Cli, mailbox: Sandbox, own_home: Path
) -> None:
    ran = cli("api", "messages.delete", "id=18c2f0a1b2c3d4e5")
    assert ran.code == 5
    assert journalled(own_home) == []


def test_passwords_are_not_shown(cli: Cli, mailbox: Sandbox) -> None:
    info = ("settings.sendAs.smimeInfo.insert", "sendAsEmail=me@example.com")
    ran = cli("api", *info, "pkcs12=AAAsecret", "encryptedKeyPassword=BBBsecret", "--dry-run")
    assert ran.code == 0
    bad = cli("api", *info, 'encryptedKeyPassword:=["BBBsecret"]', "--dry-run")
    assert bad.code == 2
    smtp = 'smtpMsa:={"host": "mx.example.com", "password": "CCCsecret"}'
    nested = cli("api", "settings.sendAs.create", "sendAsEmail=x@example.com", smtp, "-n")
    assert "mx.example.com" in nested.out
    shown = (ran, bad, nested)
    assert not any("secret" in each.out + each.err for each in shown)
