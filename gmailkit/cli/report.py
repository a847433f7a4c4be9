"""An error as a person reads it and as a program does."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer

from gmailkit.cli import screen
from gmailkit.cli.emit import to_json
from gmailkit.errors import (
    CannotWrite,
    GmailKitError,
    PartialError,
    QueryError,
    UsageError,
)
from gmailkit.secret import redact

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)  # what a write says
_OF_DIALOGUES = ("--transcript", "--explain")
_AROUND = 36  # characters of a long query, on each side of the trouble: a line of a terminal
MOST_SHOWN = 20  # failed items named on a terminal; JSON names all


def as_text(error: GmailKitError, *, account: str = "") -> str:
    """The sentence, what points at the trouble, then what to do; a line each, without secrets.

    `account` is whose mailbox it was about, to be said where that is not clear.
    """
    lines = [f"{account}: {error.message}" if account not in error.message else error.message]
    if isinstance(error, QueryError):
        lines += _pointer(error)
    if isinstance(error, PartialError):
        lines += _failures(error)
    if error.hint:
        lines.append(f"Try: {error.hint}" if error.hint.startswith("gmailkit ") else error.hint)
    return "\n".join(screen.visible_text(redact(line)) for line in lines)


def as_json(error: GmailKitError) -> str:
    """One object on one line; docs/exit-codes.md describes its keys."""
    facts: dict[str, object] = {
        **error.facts(),
        "error": type(error).__name__,
        "code": error.exit_code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
    }
    if isinstance(error, PartialError):
        facts["failed"] = [{"item": each.item, "why": each.why} for each in error.failed]
    return to_json(_redacted(facts))


def trace(error: BaseException) -> str:
    """The traceback, without secrets; it may quote what a server said."""
    return screen.visible_text(redact("".join(traceback.format_exception(error))))


def _redacted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _redacted(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    return redact(value) if isinstance(value, str) else value


def from_typer(error: typer.TyperException, argv: Sequence[str] = ()) -> UsageError:
    """A command line that Typer could not read, as one of our errors."""
    message = _sentence(error)
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return UsageError(message, hint=f"Help: {_command_of(argv)} --help")
    hint = f"{ctx.get_usage()}\nHelp: {ctx.command_path} --help"
    option = getattr(error, "option_name", None)
    if option in _OF_DIALOGUES:
        others = f"gmailkit ls imaps://... {option}"
        hint = f"The dialogue is shown by: gmailkit smtp send ... {option}, {others}\n{hint}"
    if meant := _meant(ctx, error):
        hint = f"{meant}\n{hint}"
    return UsageError(message, hint=hint)


def _meant(ctx: typer.Context, error: typer.TyperException) -> str:
    """What an option that is none was probably meant to be."""
    option = getattr(error, "option_name", None) or ""
    name = option.lstrip("-").casefold()
    for param in ctx.command.params:
        if param.param_type_name == "argument" and str(param.metavar).casefold() == name:
            return f"{param.metavar} is said without an option: {ctx.command_path} {param.metavar}"
    there = {each.lstrip("-"): each for each in getattr(error, "possibilities", None) or ()}
    near = [each for each in there if each.startswith(name)] or get_close_matches(name, there)
    return f"Did you mean {' or '.join(sorted(there[each] for each in near))}?" if near else ""


def unexpected(error: BaseException) -> GmailKitError:
    """Something nobody foresaw, in one sentence."""
    if isinstance(error, OSError) and error.errno in NO_ROOM and not error.filename:
        where = Path("standard output")
        return CannotWrite(f"Cannot write to {where}: {error.strerror}.", path=where)
    if isinstance(error, OSError) and error.strerror:
        name = f" ({error.filename})" if error.filename else ""
        return GmailKitError(f"The system says: {error.strerror}{name}.")
    return GmailKitError(
        f"Something went wrong inside gmailkit: {type(error).__name__}: {error}",
        hint="Run the same command with --debug to see where, and report it.",
    )


def _command_of(argv: Sequence[str]) -> str:
    """The command that a line which could not be read is about."""
    from gmailkit.cli.tree import HOMES

    return " ".join(["gmailkit", *[word for word in argv if word in HOMES][:1]])


def _sentence(error: typer.TyperException) -> str:
    """What Typer says, in our words. Most of its classes are private: they are told apart by what
    they hold.
    """
    option = screen.visible(getattr(error, "option_name", None) or "")
    if option and hasattr(error, "possibilities"):
        return f"There is no option {option} here."
    if option:
        return f"{option} {'takes no' if 'does not take' in error.message else 'needs a'} value."
    param = getattr(error, "param", None)
    if param is None:
        return error.format_message()
    name = param.metavar if param.param_type_name == "argument" else max(param.opts, key=len)
    if hasattr(error, "param_type"):  # of what is missing alone
        return f"{name} is missing{_meaning(param)}"
    return f"{name}: {error.message}"


def _meaning(param: Any) -> str:
    help: str = param.help or ""
    return f": {help[0].lower()}{help[1:]}" if help else "."


def _pointer(error: QueryError) -> list[str]:
    """The query with a caret under the trouble; of a long one what stands around it."""
    start = max(0, error.position - _AROUND) if len(error.query) > 2 * _AROUND else 0
    end = start + 2 * _AROUND
    left, right = ("…" if start else ""), ("…" if end < len(error.query) else "")
    before = left + screen.visible(error.query[start : error.position])
    shown = before + screen.visible(error.query[error.position : end]) + right
    return [f"  {shown}", "  " + " " * screen.width(before) + "^"]


def _failures(error: PartialError) -> list[str]:
    lines = [f"  {each.item}: {each.why}" for each in error.failed[:MOST_SHOWN]]
    more = len(error.failed) - MOST_SHOWN
    return [*lines, f"  and {more} more"] if more > 0 else lines
