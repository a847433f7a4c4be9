"""How errors leave: a sentence and a hint, or one JSON object; no secret, no traceback."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeClock
from gmailkit.cli.report import MOST_SHOWN, as_json, as_text
from gmailkit.cli.same_mailbox import in_same_mailbox
from gmailkit.cli.signals import Stopped
from gmailkit.cli.state import State, Stop
from gmailkit.errors import (
    BackupDamaged,
    BackupLocked,
    CannotDo,
    CannotWrite,
    Conflict,
    DailyLimit,
    Failure,
    GmailKitError,
    KeyNeeded,
    NoBackup,
    NotFound,
    PartialError,
    QueryError,
    Refused,
    ServerFault,
    SignInNeeded,
    TryLater,
    Unreachable,
    UsageError,
)
from gmailkit.sandbox import Sandbox
from gmailkit.secret import Secret

TOKEN = "ya29.a0AfB_canary-canary-canary"

ERRORS: list[GmailKitError] = [
    GmailKitError("It failed."),
    UsageError("Wrong.", hint="Do it right."),
    QueryError("No such operator.", query="form:ann", position=0),
    PartialError("Two failed.", done=3, failed=[Failure("a", "x"), Failure("b", "y")]),
    SignInNeeded("Nobody is signed in.", hint="gmailkit login"),
    Refused("Not allowed.", needs=["gmail.modify"], status=403, reason="insufficientPermissions"),
    NotFound("No such message.", status=404, method="messages.get"),
    Conflict("It exists."),
    TryLater("Later.", retry_at=datetime(2026, 1, 2, tzinfo=UTC)),
    DailyLimit("Tomorrow."),
    Unreachable("No answer.", sent="maybe"),
    NoBackup("No backup."),
    BackupLocked("Locked."),
    BackupDamaged("Damaged."),
    ServerFault("Broken.", status=503),
    CannotDo("Cannot."),
    CannotWrite("Disk full.", path=Path("/x")),
    KeyNeeded("No key."),
]
EACH = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


class Failing(State):
    """A state whose mailbox raises when it is opened."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def gmail(self) -> Any:
        raise self.error


@EACH
def test_an_error_ends_the_run_with_its_code_and_a_sentence(
    cli: Callable[..., Any], error: GmailKitError
) -> None:
    ran = cli("search", "x", state=Failing(error))
    assert (ran.code, ran.out) == (error.exit_code, "")
    assert ran.err.startswith(f"gmailkit: {error.message}\n")
    assert "Traceback" not in ran.err
    assert error.hint in ran.err


@EACH
def test_with_json_an_error_is_one_object(cli: Callable[..., Any], error: GmailKitError) -> None:
    ran = cli("search", "x", "--json", state=Failing(error))
    assert (ran.code, ran.out, ran.err.count("\n")) == (error.exit_code, "", 1)
    facts = json.loads(ran.err)
    assert facts["error"] == type(error).__name__
    assert facts["code"] == error.exit_code
    assert (facts["message"], facts["hint"]) == (error.message, error.hint)
    assert facts["retryable"] is isinstance(error, TryLater | Unreachable | ServerFault)


@pytest.mark.parametrize(
    "error",
    [Unreachable("x", sent="maybe"), ServerFault("x", status=503)],
    ids=lambda value: type(value).__name__,
)
def test_what_may_have_been_done_is_not_to_be_repeated(error: GmailKitError) -> None:
    assert json.loads(as_json(error))["retryable"] is True
    error.maybe_done = True
    assert json.loads(as_json(error))["retryable"] is False


@pytest.mark.parametrize("retryable", [True, False])
def test_what_failed_in_passing_may_be_tried_again(retryable: bool) -> None:
    failed = [Failure("a", "gone"), Failure("b", "Gmail had a fault", retryable=retryable)]
    error = PartialError("2 messages could not be read.", done=1, failed=failed)
    assert json.loads(as_json(error))["retryable"] is retryable


def test_a_send_whose_answer_was_lost_is_not_to_be_repeated(
    cli: Callable[..., Any], mailbox: Sandbox
) -> None:
    mailbox.faults.next(503, times=1, method="messages.send", when="drop")
    patient = State(clock=FakeClock(time.time()))
    ran = cli(
        "send", "ann@example.com", "-s", "x", "--body", "y", "--fast", "--json", state=patient
    )
    facts = json.loads(ran.err.splitlines()[-1])
    assert ran.code == facts["code"] != 0
    assert facts["retryable"] is False
    assert facts["key"]
    assert "gmailkit sent --finish" in facts["hint"]


def test_the_facts_of_an_error_come_along_in_json() -> None:
    later, refused, partial, write = (json.loads(as_json(ERRORS[n])) for n in (8, 5, 3, 16))
    assert later["retry_at"] == "2026-01-02T00:00:00Z"
    assert refused["needs"] == ["gmail.modify"]
    assert refused["status"] == 403
    assert partial["done"] == 3
    assert partial["failed"] == [{"item": "a", "why": "x"}, {"item": "b", "why": "y"}]
    assert write["path"] == "/x"


@pytest.mark.parametrize(
    ("query", "position", "pointer"),
    [
        ("form:ann", 0, "  form:ann\n  ^"),
        ("to:me (from:ann", 6, "  to:me (from:ann\n        ^"),
        ("東京 form:x", 3, "  東京 form:x\n       ^"),
        ("\x1b form:x", 2, "  \\x1b form:x\n       ^"),
        ("a " * 9_999 + "form:x", 19_998, f"  …{'a ' * 18}form:x\n{' ' * 39}^"),
        ("form:x" + " a" * 9_999, 0, f"  form:x{' a' * 33}…\n  ^"),
    ],
)
def test_a_query_error_points_at_the_place(query: str, position: int, pointer: str) -> None:
    assert as_text(QueryError("Oh.", query=query, position=position)) == f"Oh.\n{pointer}"


def test_items_that_failed_are_named_up_to_a_screenful() -> None:
    failed = [Failure(f"id{n}", "gone") for n in range(MOST_SHOWN + 5)]
    lines = as_text(PartialError("Some failed.", done=0, failed=failed)).splitlines()
    assert lines[1] == "  id0: gone"
    assert lines[-1] == "  and 5 more"
    assert len(lines) == MOST_SHOWN + 2
    assert len(json.loads(as_json(PartialError("x", done=0, failed=failed)))["failed"]) == 25


@pytest.mark.parametrize("option", ["--json", "--debug", "--quiet"])
def test_no_secret_leaves_with_an_error(cli: Callable[..., Any], option: str) -> None:
    Secret("hunter2-hunter2")
    error = RuntimeError(f"GET /x?access_token=abcdefgh with {TOKEN} and hunter2-hunter2")
    ran = cli("search", "x", option, state=Failing(error))
    assert ran.code == 1
    for secret in (TOKEN, "hunter2", "abcdefgh"):
        assert secret not in ran.out + ran.err


def test_the_unexpected_is_one_sentence(cli: Callable[..., Any]) -> None:
    ran = cli("search", "x", state=Failing(KeyError("payload")))
    assert ran.code == 1
    assert ran.err.splitlines()[0] == (
        "gmailkit: Something went wrong inside gmailkit: KeyError: 'payload'"
    )
    assert "--debug" in ran.err
    assert "Traceback" not in ran.err


def test_debug_adds_the_traceback(cli: Callable[..., Any]) -> None:
    ran = cli("search", "x", "--debug", state=Failing(KeyError("payload")))
    assert ran.err.startswith("Traceback")
    assert "gmailkit: Something went wrong" in ran.err


@pytest.mark.parametrize("error", [KeyError("\x1b]0;owned\x07"), NotFound("\x9b2J")], ids=repr)
def test_a_traceback_cannot_steer_the_terminal(cli: Callable[..., Any], error: Exception) -> None:
    ran = cli("search", "x", "--debug", state=Failing(error))
    assert ran.err.startswith("Traceback")
    assert not any(mark in ran.err for mark in ("\x1b", "\x07", "\x9b"))


def test_a_log_line_cannot_steer_the_terminal(cli: Callable[..., Any]) -> None:
    import logging

    class Logging(Failing):
        def gmail(self) -> Any:
            logging.getLogger("gmailkit.wire").warning("it said %s", "\x1b[2J\x9b\u202e")
            raise self.error

    ran = cli("search", "x", state=Logging(NotFound("No.")))
    assert ran.err == "gmailkit: it said \\x1b[2J\\x9b\\u202e\ngmailkit: No.\n"


def test_a_message_cannot_steer_the_terminal(cli: Callable[..., Any]) -> None:
    ran = cli("search", "x", state=Failing(NotFound("No \x1b]0;owned\x07 label.")))
    assert "\x1b" not in ran.err


@pytest.mark.parametrize("word", ["version", "--version"])
def test_a_full_disk_behind_stdout_is_said_and_counts_as_failure(word: str, own_home: Path) -> None:
    import subprocess
    import sys

    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gmailkit", word],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == CannotWrite.exit_code
    assert done.stderr == "gmailkit: Cannot write to standard output: No space left on device.\n"


def test_the_log_goes_to_a_private_file_when_asked(cli: Callable[..., Any], tmp_path: Path) -> None:
    import logging

    class Logging(Failing):
        def gmail(self) -> Any:
            logging.getLogger("gmailkit.wire").info("sent %s", TOKEN)
            logging.getLogger("urllib3").warning("foreign")
            raise self.error

    log = tmp_path / "log"
    ran = cli("search", "x", "--log-file", str(log), state=Logging(NotFound("No.")))
    assert ran.err == "gmailkit: No.\n"
    content = log.read_text()
    assert "sent [secret]" in content
    assert "foreign" not in content
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ([], ["warning"]),
        (["-q"], []),
        (["-v"], ["info", "warning"]),
        (["-vv"], ["debug", "info", "warning"]),
    ],
)
def test_how_much_of_the_log_is_shown(
    cli: Callable[..., Any], option: list[str], expected: list[str]
) -> None:
    import logging

    class Logging(Failing):
        def gmail(self) -> Any:
            logger = logging.getLogger("gmailkit.wire")
            for level in ("debug", "info", "warning"):
                getattr(logger, level)(level)
            raise self.error

    ran = cli("search", "x", *option, state=Logging(NotFound("No.")))
    assert [line.split(": ")[-1] for line in ran.err.splitlines()[:-1]] == expected
    assert logging.getLogger("gmailkit").level == logging.NOTSET  # all is as before


def test_a_log_file_that_cannot_be_written_is_said(cli: Callable[..., Any], tmp_path: Path) -> None:
    ran = cli("accounts", "--log-file", str(tmp_path / "no" / "log"))
    assert ran.code == CannotWrite.exit_code
    assert "No such file" in ran.err


@pytest.mark.parametrize(
    ("hint", "practising"),
    [
        ("gmailkit login ann@example.com", "gmailkit --sandbox login ann@example.com"),
        ("Again: gmailkit login. Or gmailkit doctor", None),
        ("Is it running? (gmailkit sandbox)", "Is it running? (gmailkit sandbox)"),
        ("gmailkit --sandbox login", "gmailkit --sandbox login"),
    ],
)
def test_a_hint_stays_in_the_sandbox(hint: str, practising: str | None) -> None:
    expected = practising or hint.replace("gmailkit ", "gmailkit --sandbox ")
    assert in_same_mailbox(hint, sandbox=True, account=None) == expected


@pytest.mark.parametrize(
    ("hint", "named"),
    [
        ("To take it back: gmailkit undo 2", "To take it back: gmailkit --account 'a b' undo 2"),
        ("Sign in: gmailkit login ann@example.com", None),
        ("gmailkit --account work undo 2", None),
        ("gmailkit verify mail.backup", None),
    ],
)
def test_a_hint_stays_with_the_account_that_was_named(hint: str, named: str | None) -> None:
    """The default one may have a change of that number too."""
    assert in_same_mailbox(hint, sandbox=False, account="a b") == (named or hint)
    practising = in_same_mailbox("gmailkit undo 2", sandbox=True, account="work")
    assert practising == "gmailkit --sandbox --account work undo 2"


def test_the_way_back_of_a_change_names_the_account_that_was_named(
    cli: Callable[..., Any], tmp_path: Path
) -> None:
    ran = cli("--sandbox", "star", "subject:invoice", "--yes", "--account", "me@example.com")
    assert ran.err.endswith("gmailkit --sandbox --account me@example.com undo 1\n")
    ran = cli("--sandbox", "undo", "99", "--account", "me@example.com")
    assert "gmailkit --sandbox --account me@example.com journal" in ran.err


def test_what_is_said_beside_the_result_stays_in_the_sandbox(
    cli: Callable[..., Any], tmp_path: Path
) -> None:
    ran = cli("--sandbox", "backup", str(tmp_path / "b"), "--query", "subject:nothing-like-it")
    assert "Check it: gmailkit --sandbox verify " in ran.err
    ran = cli("verify", str(tmp_path / "b"), "--quiet")
    assert "--sandbox" not in ran.err


@pytest.mark.parametrize("json_too", [False, True])
@pytest.mark.parametrize("practising", [False, True])
def test_the_farewell_stays_in_the_sandbox(
    cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, practising: bool, json_too: bool
) -> None:
    def stop(argv: Sequence[str], state: State) -> int:
        state.on_stop = Stop("look with `gmailkit search in:sent`")
        raise Stopped(signal.SIGINT)

    monkeypatch.setattr("gmailkit.cli.app._invoke", stop)
    options = (*(["--sandbox"] if practising else []), *(["--json"] if json_too else []))
    ran = cli("send", *options)
    assert ran.code == 130
    named = "gmailkit --sandbox search" if practising else "gmailkit search"
    assert f"ook with `{named} in:sent`" in ran.err
