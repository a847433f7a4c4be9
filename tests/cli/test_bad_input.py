"""Bad input: one sentence, the right exit code, no traceback, nothing half-done."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes import ImpatientClock
from gmailkit.cli.rows import Rows
from gmailkit.cli.state import State
from gmailkit.errors import UsageError
from gmailkit.sandbox import Sandbox
from mailroom import ME, let_in

Cli = Callable[..., Any]
SEND = ["send", "ann@example.com", "--body", "x"]


def check(ran: Any, code: int, *words: str) -> None:
    """The promise about every error."""
    assert ran.code == code, ran
    assert "Traceback" not in ran.err
    first, *more = ran.err.splitlines()
    assert first.startswith("gmailkit: ")
    assert "Something went wrong inside" not in first
    assert len(more) <= 4
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["search", "form:ann"], 2, ["form:", "from:", "^"]),
        (["search", '"open'], 2, ["^"]),
        (["search", "(a"], 2, ["^"]),
        (["search", "in:all"], 6, ['no label "all", and no place in:all', "in:anywhere"]),
        (["search", "in:anywere"], 6, ["Did you mean in:anywhere?"]),
        (["search", "in:inboks"], 6, ['Did you mean "INBOX"?']),
        (["search", "in:qqqqqqqq"], 6, ['no label "qqqqqqqq"', "gmailkit labels list"]),
        (["search", "-catfood"], 2, ["reads as options", "Try: gmailkit search -- -catfood"]),
        (["search", "-(" * 9000], 2, ["(-(…", "Give it in quotation marks and after two dashes"]),
        (["search", "-limit", "5"], 2, ["no option -l"]),
        ([*SEND, "--transcript"], 2, ["no option --transcript", "smtp send ... --transcript"]),
        (["undo", "4", "5"], 2, ["'5' is more than gmailkit undo takes", "One number at a time."]),
        (
            ["ls", "a", "b", "c"],
            2,
            ["'b c' is more than gmailkit ls takes", "One store at a time."],
        ),
        (["labels", "snapshot", "before"], 2, ["It takes options alone: --name NAME"]),
        (["rules", "suggest", "Bills"], 2, ["It takes options alone: --file FILE, --since WHEN"]),
        (["whoami", "ann"], 2, ["It takes no words."]),
        (["move", "2-4", "Work"], 6, ["First goes the label", "gmailkit move Work 2-4"]),
        (["search", "x", "--limit", "0"], 2, ["--limit"]),
        (["search", "x", "--limit", "many"], 2, ["'many' is not a number"]),
        (["search", "x", "--color", "red"], 2, ["auto, always, never"]),
        (["search", "x", "y"], 2, ["these are 2 words", "Try: gmailkit search 'x y'"]),
        (["show", "18c2f0a1b2c3d4e5"], 6, []),
        (["show", "../../etc/passwd"], 2, ["neither a message id nor a row"]),
        (["show", "3"], 2, ["row number", "gmailkit search QUERY"]),
        (["send", "--body", "x", "--subject", "y"], 2, ["no recipient"]),
        (["send", "ann", "--body", "x"], 2, ["ann"]),
        (["send", "ann@", "--body", "x"], 2, ["ann@"]),
        ([*SEND, "--cc", "not an address"], 2, ["not an address"]),
        ([*SEND, "-s", "Hi\r\nBcc: eve@example.com"], 2, []),
        ([*SEND, "--to", "bob@example.com\nBcc: eve@example.com"], 2, []),
        ([*SEND, "-a", "nowhere.pdf"], 2, ["nowhere.pdf"]),
        ([*SEND, "-a", "."], 2, ["folder"]),
        ([*SEND, "--html", "nowhere.html"], 2, ["nowhere.html"]),
        ([*SEND, "--body-file", "nowhere"], 2, ["twice"]),
        (["send", "ann@example.com", "--body-file", "nowhere"], 2, ["nowhere"]),
        (["label", "report", "--add", "Receits", "-y"], 6, ["Receits"]),
        (["label", "report", "--remove", "Receits", "-y"], 6, ["Receits"]),
        (["label", "report", "-y"], 2, ["--add", "--remove"]),
        (["label", "--add", "STARRED"], 2, ["QUERY"]),
        (["label", "report", "--id", "18c2f0a1b2c3d4e5", "--add", "STARRED"], 2, ["QUERY"]),
        (["label", "report", "--add", "STARRED", "--remove", "starred", "-y"], 2, []),
        (["labels", "create", "INBOX"], 2, []),
        (["labels", "delete", "INBOX", "-y"], 2, ["INBOX"]),
        (["labels", "rename", "Nowhere", "x"], 6, ["Nowhere"]),
        (["labels", "create", "x", "--background", "pinkish?"], 2, ["pinkish?"]),
        (["trash"], 2, ["QUERY"]),
        (["untrash", "form:x", "-y"], 2, ["form:"]),
        (["attachments", "has:attachment", "--to", "file/below"], 16, ["file"]),
        (["attachments", "has:attachment"], 2, ["--to"]),
        (["backup", "foreign"], 10, ["foreign"]),
        (["backup", "new", "--label", "Nowhere"], 6, ["Nowhere"]),
        (["backup", "new", "--query", "form:x"], 2, ["form:"]),
        (["backup", "file/below"], 16, ["file"]),
        (["verify", "nowhere"], 10, ["nowhere"]),
        (["repair", "nowhere", "--yes"], 10, ["nowhere"]),
        (["compact", "nowhere", "--to", "new", "--yes"], 10, ["nowhere"]),
        (["verify", "foreign"], 10, ["foreign"]),
        (["verify", "file"], 10, ["file"]),
        (["export", "nowhere", "new", "--to", "mbox"], 6, ["nowhere"]),
        (["export", "foreign", "new", "--to", "eml"], 2, ["foreign"]),
        (["export", "file", "new", "--to", "mbox"], 2, ["file", "no mbox file"]),
        (["export", "foreign", "new", "--to", "tar"], 2, ["tar", "mbox, maildir, eml"]),
        (["export", "foreign", "new"], 2, ["--to"]),
        (["export", "foreign", "new", "--to", "csv", "--query", "form:x"], 2, ["form:"]),
        (["export", "foreign", "foreign/new", "--to", "csv"], 2, ["one another"]),
        (["login", "--client", "nowhere.json"], 2, ["nowhere.json"]),
        (["login", "--client", "file"], 2, ["file"]),
        (["login", "--client", "web.json"], 2, ["web.json"]),
        (["login", "--client", "service.json"], 2, ["service.json"]),
        (["login", "--for", "everything"], 2, ["modify"]),
        (["login", "--timeout", "0"], 2, ["--timeout"]),
        (["logout"], 4, ["gmailkit login"]),
        (["logout", "nobody"], 4, ["gmailkit login"]),
        (["accounts", "default", "nobody"], 4, ["gmailkit login"]),
        (["accounts", "alias", "nobody", "x"], 4, ["gmailkit login"]),
        (["sandbox", "--port", "70000"], 2, ["--port"]),
        (["sandbox", "--import", "nowhere.mbox"], 2, ["nowhere.mbox"]),
        (["sandbox", "--state", "file"], 2, ["file"]),
        (["labels", "delete", "Nowhere", "-n"], 6, ["Nowhere"]),
        (["labels", "delete", "INBOX", "-n"], 2, ["INBOX"]),
        (["labels", "--counts", "create", "x"], 2, ["gmailkit labels list --counts"]),
        (["attachments", "x", "--to"], 2, ["--to", "gmailkit attachments --help"]),
        (["label", "18c2f0a1b2c3d4e5", "--id", "x", "--add", "y"], 2, ["one way only"]),
        (["trash", "--id", "18c2f0a1b2c3d4e5", "-y"], 6, ["no message 18c2f0a1b2c3d4e5"]),
        (["label", "2-4,7", "--add", "STARRED", "-y"], 2, ["row number", "'\"2-4,7\"'"]),
        (["sandbox", "reset"], 2, ["--yes"]),
        (["nonsense"], 2, ["nonsense"]),
        (["reply"], 2, ["gmailkit: ID is missing: a message id", "gmailkit reply --help"]),
        (["reply", "3", "hello", "there"], 2, ["'there' is more than gmailkit reply takes"]),
        (
            ["--sandbox", "watch", "dead"],
            2,
            ["NAME is missing: a watch of gmailkit --sandbox watch"],
        ),
        (["forward", "3"], 2, ["TO is missing: who gets it"]),
        (["backup"], 2, ["DIR is missing"]),
        (["merge", "a", "b", "c d"], 2, ["'c d' is more than gmailkit merge takes", "Quote"]),
        (["undo", "4", "5"], 2, ["'5' is more than gmailkit undo takes", "One number at a time."]),
        (["labels", "snapshot", "before"], 2, ["It takes options alone: --name NAME"]),
        (["rules", "suggest", "Bills"], 2, ["It takes options alone: --file FILE, --since WHEN"]),
        (["whoami", "ann"], 2, ["It takes no words."]),
        (["move", "2-4", "Work"], 6, ["First goes the label", "gmailkit move Work 2-4"]),
        (["search", "x", "--limit", "0"], 2, ["--limit: 0 is too small"]),
        (["send", "--subject"], 2, ["--subject needs a value."]),
        (["send", "--json=3"], 2, ["--json takes no value."]),
        (["send", "ann@example.com", "hello", "there"], 2, ["'hello', 'there' are no", "--body"]),
        (["send", "ann@example.com", "a@b", "Hello", "-s", "x"], 2, ["'Hello' is no", "after -s"]),
        ([*SEND, "--at", "yesterday"], 2, ["gmailkit: 'yesterday' is past.", "tomorrow 9:00"]),
        ([*SEND, "--at", "2 days ago"], 2, ["gmailkit: '2 days ago' is past."]),
        ([*SEND, "--at", "whenever"], 2, ["gmailkit: 'whenever' is no time."]),
        ([*SEND, "--at", "monday whenever"], 2, ["'whenever' in 'monday whenever' is no word"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_bad_input(
    cli: Cli,
    mailbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    code: int,
    words: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    before = dict(snapshot(tmp_path))
    ran = cli(*argv)
    check(ran, code, *words)
    assert ran.out == ""
    assert dict(snapshot(tmp_path)) == before
    written = {path for method, path in mailbox.requests if method != "GET" and "token" not in path}
    assert written <= {"/gmail/v1/users/me/labels"}  # a reserved name is refused by Gmail itself


def lay_out(folder: Path) -> None:
    (folder / "file").write_text("not JSON, not a backup, not a mailbox")
    (folder / "foreign").mkdir()
    (folder / "foreign" / "holiday.jpg").write_bytes(b"\xff\xd8")
    web = {"web": {"client_id": "x", "client_secret": "y", "redirect_uris": []}}
    (folder / "web.json").write_text(json.dumps(web))
    key = {"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----", "x": 1}
    (folder / "service.json").write_text(json.dumps(key))


def snapshot(folder: Path) -> list[tuple[str, bytes]]:
    """Every file but those of gmailkit's own home."""
    files = [f for f in folder.rglob("*") if f.is_file() and "home" not in f.parts]
    return [(str(f), f.read_bytes()) for f in files]


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        ("search is:unread from:ci", "gmailkit search 'is:unread from:ci'"),
        ("search a b --limit 5", "gmailkit search --limit 5 'a b'"),
        ("search -category:promotions", "gmailkit search -- -category:promotions"),
        ("search -has:attachment", "gmailkit search -- -has:attachment"),
        ("search -category:a --limit 5", "gmailkit search --limit 5 -- -category:a"),
        ("search is:unread -in:inbox", "gmailkit search 'is:unread -in:inbox'"),
        ("search -in:inbox -- is:unread", "gmailkit search -- '-in:inbox is:unread'"),
        ("label -is:read x --add A -n", "gmailkit label --add A -n -- '-is:read x'"),
        ("trash older_than:1y from:ann", "gmailkit trash 'older_than:1y from:ann'"),
        ("attachments a b --to d", "gmailkit attachments --to d 'a b'"),
        ("--account work trash a b", "gmailkit trash --account work 'a b'"),
        ("--sandbox search a b -q", "gmailkit search --sandbox -q 'a b'"),
        ("search 3 4", "gmailkit search '3 4'"),
        ("trash 3 4 --yes", "gmailkit trash --yes 3,4"),
        ("trash 3 - 5", "gmailkit trash 3-5"),
        ("label 2-4, 7 --add A", "gmailkit label --add A 2-4,7"),
        ("move Work 3 4", "gmailkit move Work 3,4"),
        ("move Work is:read from:ann", "gmailkit move Work 'is:read from:ann'"),
    ],
)
def test_a_search_cut_into_words_is_answered_with_how_to_type_it(
    cli: Cli, argv: str, meant: str
) -> None:
    check(cli(*argv.split()), 2, f"Try: {meant}\n")


@pytest.mark.parametrize("argv", [["--", "-subject:First"], ["report", "--limit", "5"], ["-q"]])
def test_a_search_that_is_one_argument_is_run(cli: Cli, mailbox: Sandbox, argv: list[str]) -> None:
    assert cli("search", *argv).code == 0


def test_the_reset_of_the_sandbox_names_no_option_it_has_not(cli: Cli) -> None:
    assert "--dry-run" not in cli("sandbox", "reset").err


def test_an_unknown_account_is_named_with_those_there_are(cli: Cli, own_home: Path) -> None:
    from gmailkit.auth.accounts import Account, Accounts
    from gmailkit.model.service import GOOGLE
    from gmailkit.paths import Home

    account = Account(
        address="ann@example.com", alias="work", service=GOOGLE, scopes=(), signed_in=0.0
    )
    Accounts(Home.at(own_home)).add(account)
    for argv in (["search", "x"], ["whoami"], ["backup", "b"]):
        check(cli(*argv, "--account", "wrok"), 2, "'wrok'", "ann@example.com", "work")


@pytest.mark.parametrize("argv", [["search"], ["whoami"], ["labels"], ["show", "abc123def456abcd"]])
def test_nobody_signed_in(cli: Cli, argv: list[str]) -> None:
    check(cli(*argv), 4, "gmailkit login")


@pytest.mark.parametrize(
    "argv",
    [["search"], [*SEND, "-s", "x"]],
    ids=" ".join,
)
def test_nothing_listens_at_the_endpoint(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, argv: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("GMAILKIT_ACCESS_TOKEN", "ya29.nothing-at-all")
    monkeypatch.setenv("GMAILKIT_API_ENDPOINT", f"http://127.0.0.1:{port}")
    ran = cli(*argv, state=State(clock=ImpatientClock()))
    check(ran, 9)
    assert "ya29" not in ran.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GMAILKIT_API_ENDPOINT", "http://mail.example.com"),
        ("GMAILKIT_API_ENDPOINT", "nonsense"),
        ("GMAILKIT_UNITS_PER_MINUTE", "many"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    check(cli("search"), 2, name, value)


@pytest.mark.parametrize(
    ("argv", "scopes"),
    [
        (["search"], ["gmail.send"]),
        (["label", "report", "--add", "STARRED", "-yq"], ["gmail.readonly"]),
        ([*SEND, "-s", "x", "-q"], ["gmail.readonly"]),
        (["labels", "create", "x"], ["gmail.readonly"]),
    ],
    ids=str,
)
def test_a_missing_permission_names_the_login_that_gives_it(
    cli: Cli,
    mailbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    scopes: list[str],
) -> None:
    let_in(mailbox, monkeypatch, [*scopes, "openid", "email"])
    check(cli(*argv), 5, "gmail")


def test_a_token_that_is_dead(cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMAILKIT_ACCESS_TOKEN", "ya29.made-up-made-up")
    ran = cli("search")
    check(ran, 4)
    assert "made-up" not in ran.err


def test_a_label_that_exists(cli: Cli, mailbox: Sandbox) -> None:
    cli("labels", "create", "Work")
    check(cli("labels", "create", "work"), 7)


def test_a_port_in_use(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        check(cli("sandbox", "--port", port), 2, port)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_backup_folder_that_cannot_be_written(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    check(cli("backup", str(tmp_path / "locked" / "b")), 16, "locked")


def test_an_attachment_that_is_too_large(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(60_000_000)
    check(cli(*SEND, "-s", "x", "-a", str(tmp_path / "huge")), 2, "too large")


def test_text_that_is_no_text(cli: Cli, mailbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    argv = ["send", "ann@example.com", "--body-file", str(tmp_path / "binary")]
    check(cli(*argv), 2, "UTF-8", "--attach")


def test_ids_on_stdin_that_are_none(program: Callable[..., Any], mailbox: Sandbox) -> None:
    argv = ["label", "-", "--add", "STARRED", "--yes"]
    check(program(argv, stdin='{"no": "id"}\n'), 2, "without an id")
    check(program(argv, stdin="not/an/id\n"), 2, "not/an/id")


def test_the_account_of_the_prompt_is_named(cli: Cli, mailbox: Sandbox) -> None:
    check(cli("trash", "subject:report"), 2, ME, "2 messages")


@pytest.mark.parametrize(
    ("rows", "meant"),
    [
        ("3,", "3"),
        ("3,4,", "3,4"),
        (",3", "3"),
        ("3 4", "3,4"),
        ("3..5", "3-5"),
        ("3 - 5", "3-5"),
        ("3\u20135", "3-5"),
        ("3-", "3"),
        ("6-3", "3-6"),
        ("1,8-5", "1,5-8"),
        ("3.4", "3,4"),
        ("1-2-3", "2-4,7"),
        ("1234567", "2-4,7"),
        ("...", "2-4,7"),
    ],
)
def test_a_slip_in_a_list_of_rows_is_never_searched_as_text(
    cli: Cli, mailbox: Sandbox, rows: str, meant: str
) -> None:
    ran = cli("trash", rows, "--yes")
    said = f"written like {meant}. To search for the text, quote it: '\"{rows}\"'"
    check(ran, 2, "cannot be read as rows", said)
    assert mailbox.requests == []


def test_a_text_of_digits_that_is_quoted_twice_is_searched(cli: Cli, mailbox: Sandbox) -> None:
    ran = cli("trash", '"3,"', "--dry-run")
    assert ran.code == 0
    assert "nothing to do" in ran.err


@pytest.mark.parametrize(
    "argv", [["reply", "1-2", "x"], ["forward", "2-4", "ann@example.com"], ["show", "3,"]]
)
def test_where_one_message_goes_several_rows_are_refused(
    cli: Cli, mailbox: Sandbox, argv: list[str]
) -> None:
    check(cli(*argv), 2, f"{argv[1]!r} is no single row, and this takes one.", "Name one row")


@pytest.mark.parametrize(
    ("argv", "said", "meant"),
    [
        (
            ["forward", "ann@example.com", "1"],
            "First goes the message",
            "forward 1 ann@example.com",
        ),
        (
            ["move", "from:billing in:inbox", "Bills"],
            "the label",
            "move Bills 'from:billing in:inbox'",
        ),
    ],
)
def test_swapped_arguments_are_answered_with_the_right_order(
    cli: Cli, mailbox: Sandbox, argv: list[str], said: str, meant: str
) -> None:
    check(cli(*argv), 2, said, f"Try: gmailkit {meant}")
    assert mailbox.requests == []


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["send", ME, "-s", "x", "--body", "x", "--key", "a", "--key", "b"], "--key"),
        (["send", ME, "-s", "x", "--subject", "y", "--body", "x"], "--subject"),
        (["search", "is:unread", "--limit", "1", "--limit=2"], "--limit"),
        (["outbox", "run", "--until", "9:00", "--until", "9:00"], "--until"),
    ],
)
def test_an_option_of_one_value_is_not_given_twice(
    cli: Cli, mailbox: Sandbox, argv: list[str], name: str
) -> None:
    ran = cli(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert f"{name} is given twice." in ran.err
    assert mailbox.sent() == []


def test_an_option_of_many_values_may_be_given_twice(cli: Cli, mailbox: Sandbox) -> None:
    several = ("--cc", "a@example.com", "--cc", "b@example.com", "-q", "-q")
    assert cli("send", ME, "-s", "x", "--body", "x", *several).code == 0


def test_what_is_said_of_a_row_ends_with_one_full_stop(
    cli: Cli, mailbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_: object, **__: object) -> str:
        raise UsageError("Row 1 is from another list.", hint="List again.")

    monkeypatch.setattr(Rows, "find", elsewhere)
    assert "List again. To search for the text, quote it: '\"1\"'" in cli("trash", "1").err
