"""Runs a command line: errors are printed and the exit code is decided here, nowhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper

import typer
from msgspec.structs import replace

from gmailkit.cli.moving import wipe
from gmailkit.cli.signals import Stopped, clean_stop
from gmailkit.cli.state import State, Stop
from gmailkit.cli.tree import root
from gmailkit.errors import GmailKitError

READER_GONE = 141  # as a shell counts a program ended by SIGPIPE
COMPLETION = "_GMAILKIT_COMPLETE"


def run(argv: Sequence[str], *, state: State | None = None) -> int:
    """Do what `argv` (without the program's name) says; the exit code, see docs/exit-codes.md."""
    state = state or State()
    _prepare_streams()
    try:
        with clean_stop(lambda number: _last_words(number, argv, state)):
            return _guard(lambda: _invoke(argv, state), argv, state)
    except Stopped as stop:  # while an error was being printed
        return stop.exit_code


def _invoke(argv: Sequence[str], state: State) -> int:
    command = root()
    if COMPLETION in os.environ:  # a shell asks what may follow; Typer answers and exits
        command.main(args=list(argv), prog_name="gmailkit")
    code = 0
    with state.closing:
        try:
            with command.make_context("gmailkit", list(argv), obj=state) as ctx:
                command.invoke(ctx)
        except typer.Exit as done:
            code = done.exit_code
    sys.stdout.flush()
    return code


def _guard(work: Callable[[], int], argv: Sequence[str], state: State) -> int:
    """Every way a run can end, as an exit code."""
    try:
        return work()
    except Stopped as stop:
        meaning = _meaning(stop, state.on_stop)
        _tell(_farewell("stopped", stop.exit_code, meaning, argv, state))
        return stop.exit_code
    except BrokenPipeError:
        _let_go_of_stdout()
        return READER_GONE
    except typer.TyperException as error:
        from gmailkit.cli.report import from_typer

        unread = from_typer(error, argv)
        unread.message = _in_same_mailbox(unread.message, state, argv)
        return _fail(unread, error, argv, state)
    except GmailKitError as error:
        error.hint = _in_same_mailbox(error.hint, state, argv)
        return _fail(error, error, argv, state)
    except Exception as error:  # noqa: BLE001 - the last net: one sentence instead of a traceback
        from gmailkit.cli.report import unexpected

        _let_go_of_stdout()
        return _fail(unexpected(error), error, argv, state)


def _in_same_mailbox(text: str, state: State, argv: Sequence[str]) -> str:
    sandbox = state.sandbox or "--sandbox" in argv  # maybe not yet parsed
    if not (sandbox or state.account):
        return text
    from gmailkit.cli.same_mailbox import in_same_mailbox

    return in_same_mailbox(text, sandbox=sandbox, account=state.account)


def _fail(error: GmailKitError, cause: Exception, argv: Sequence[str], state: State) -> int:
    from gmailkit.cli.report import as_json, as_text, trace

    said = [word for word in argv if word in ("--json", "--debug")]  # maybe not yet parsed
    if state.debug or "--debug" in said:
        _tell(trace(cause))
    if state.json or "--json" in said:
        _tell(as_json(error))
    else:
        account = error.account if state.several_accounts() else ""
        _tell(f"{state.out.style_talk('gmailkit:', 'red')} {as_text(error, account=account)}")
    return error.exit_code


def _meaning(stop: Stopped, at_this_moment: Stop) -> Stop:
    """What was begun in the journal knows best how to go on."""
    for note in getattr(stop, "__notes__", ()):
        return replace(at_this_moment, words=f"{note[0].lower()}{note[1:]}")
    return at_this_moment


def _last_words(number: int, argv: Sequence[str], state: State) -> str:
    """Of a run that is ended before it could close what is open."""
    return _farewell("ended at once", 128 + number, state.on_stop, argv, state) + "\n"


def _farewell(how: str, code: int, meaning: Stop, argv: Sequence[str], state: State) -> str:
    words = _in_same_mailbox(meaning.words, state, argv)
    if not (state.json or "--json" in argv):
        return f"\ngmailkit: {how}; {words}"
    from gmailkit.cli.emit import to_json

    hint = f"{words[0].upper()}{words[1:]}."
    facts = {"code": code, "message": f"{how.capitalize()}.", "hint": hint}
    return to_json({"error": "Stopped", **facts, "retryable": meaning.retryable})


def _tell(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone; the exit code still tells
        wipe()
        sys.stderr.write(text.rstrip("\n") + "\n")
        sys.stderr.flush()


def _prepare_streams() -> None:
    """Something to write to, also where they were closed, which never fails to encode."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or sys.stdout
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _let_go_of_stdout() -> None:
    """What is still in the buffer cannot be written; without this Python would say so at exit."""
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
