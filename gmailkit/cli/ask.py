"""Questions to the person at the terminal. Nobody is asked where nobody can answer."""

from __future__ import annotations

import sys

import typer

from gmailkit.cli import moving, screen
from gmailkit.cli.state import GO_ON, UNCHANGED, State
from gmailkit.errors import GmailKitError, UsageError


def can_ask(state: State) -> bool:
    return sys.stdin.isatty() and not state.no_input


def confirm(state: State, question: str, *, yes: bool, dry_run: bool = True) -> None:
    """Go on after a yes; "no" is the default and ends the run with 1.

    Without a terminal, or with --no-input, raises UsageError that names --yes, and --dry-run
    where the command has one.
    """
    if yes:
        return
    if not can_ask(state):
        raise UsageError(
            f"This needs a yes: {question}",
            hint="Nobody can be asked here: add --yes to do it"
            + (", or --dry-run to look first." if dry_run else "."),
        )
    if ask(state, f"{question} [y/N] ").strip().casefold() not in ("y", "yes"):
        raise _declined(state)


def confirm_by_number(state: State, question: str, count: int, *, nothing: str) -> None:
    """Go on once the number is typed; else say `nothing` and end the run with 1."""
    answer = ask(state, f"{question} Type {count} to do it: ")
    if answer.strip().replace(",", "") != str(count):
        state.out.say(nothing)
        raise typer.Exit(1)


def go_ahead(state: State, question: str) -> None:
    """The same where going on is what was said already: Enter is a yes, the end of input is not."""
    nothing = GmailKitError("")
    try:
        answer = ask(state, f"{question} [Y/n] ", at_end=nothing)
    except GmailKitError:
        raise _declined(state) from None
    if answer.strip().casefold() not in ("", "y", "yes"):
        raise _declined(state)


def _declined(state: State) -> typer.Exit:
    meaning = UNCHANGED.words if state.on_stop is GO_ON else state.on_stop.words
    state.out.say(f"{meaning[0].upper()}{meaning[1:]}.")
    return typer.Exit(1)


def ask(state: State, prompt: str, *, at_end: GmailKitError | None = None) -> str:
    """One line typed by the person; at end of file "", or `at_end` raised. The prompt goes to
    stderr.
    """
    before = state.on_stop
    if before is GO_ON:
        state.on_stop = UNCHANGED
    moving.wipe()
    sys.stderr.write(screen.visible(prompt))
    sys.stderr.flush()
    line = sys.stdin.buffer.readline()  # as bytes, since a body may be read from there next
    state.on_stop = before
    if not line.endswith(b"\n"):
        sys.stderr.write("\n")
    if not line and at_end:
        raise at_end
    return line.decode(errors="replace").rstrip("\r\n")
