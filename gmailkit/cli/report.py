"""An error as a person reads it and as a program does."""

from __future__ import annotations

import typer

from gmailkit.cli import screen
from gmailkit.errors import (
    GmailKitError,
    PartialError,
    QueryError,
    ServerFault,
    TryLater,
    Unreachable,
    UsageError,
)

MOST_SHOWN = 20  # failed items named on a terminal; JSON names all


def as_text(error: GmailKitError) -> list[str]:
    """Lines: the sentence, what points at the trouble, then what to do."""
    lines = [error.message]
    if isinstance(error, QueryError):
        lines += _pointer(error)
    if isinstance(error, PartialError):
        lines += _failures(error)
    return [*lines, error.hint] if error.hint else lines


def as_facts(error: GmailKitError) -> dict[str, object]:
    """What `--json` prints of it on stderr; docs/exit-codes.md describes the keys."""
    facts: dict[str, object] = {
        "error": type(error).__name__,
        "code": error.exit_code,
        "message": error.message,
        "hint": error.hint,
        "retryable": isinstance(error, TryLater | Unreachable | ServerFault),
    }
    if isinstance(error, PartialError):
        facts["failed"] = [{"item": each.item, "why": each.why} for each in error.failed]
    return {**error.facts(), **facts}


def from_typer(error: typer.TyperException) -> UsageError:
    """A command line that Typer could not read, as one of our errors."""
    message = _sentence(error)
    ctx = getattr(error, "ctx", None)
    if ctx is None:
        return UsageError(message, hint="Help: gmailkit --help")
    hint = f"{ctx.get_usage()}\nHelp: {ctx.command_path} --help"
    near = getattr(error, "possibilities", None)
    if near:
        hint = f"Did you mean {' or '.join(sorted(near))}?\n{hint}"
    return UsageError(message, hint=hint)


def unexpected(error: BaseException) -> GmailKitError:
    """Something nobody foresaw, in one sentence."""
    if isinstance(error, OSError) and error.strerror:
        name = f" ({error.filename})" if error.filename else ""
        return GmailKitError(f"The system says: {error.strerror}{name}.")
    return GmailKitError(
        f"Something went wrong inside gmailkit: {type(error).__name__}: {error}",
        hint="Run the same command with --debug to see where, and report it.",
    )


def _sentence(error: typer.TyperException) -> str:
    option = getattr(error, "option_name", None)
    if option and hasattr(error, "possibilities"):
        return f"There is no option {screen.visible(option)} here."
    return error.format_message()


def _pointer(error: QueryError) -> list[str]:
    shown = screen.visible(error.query)
    before = screen.width(screen.visible(error.query[: error.position]))
    return [f"  {shown}", "  " + " " * before + "^"]


def _failures(error: PartialError) -> list[str]:
    lines = [f"  {each.item}: {each.why}" for each in error.failed[:MOST_SHOWN]]
    more = len(error.failed) - MOST_SHOWN
    return [*lines, f"  and {more} more"] if more > 0 else lines
