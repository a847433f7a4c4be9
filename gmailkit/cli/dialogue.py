"""The dialogue with a mail server on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from gmailkit.cli import screen
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.transport.transcript import Event, Hear


def listen(
    state: State, *, wanted: bool, explain: bool, protocol: Literal["smtp", "imap", "pop3"] = "smtp"
) -> Hear | None:
    """What prints each line as it happens, indented explanations below; None where nobody asked.

    It is what was asked for, and so data: with --json an object a line, ahead of the result.
    """
    if not (wanted or explain):
        return None
    from gmailkit.transport.transcript import as_facts, as_lines

    meaning = _meaning(protocol)

    def hear(event: Event) -> None:
        said = tuple(meaning(event)) if explain else ()
        if state.out.json:
            state.out.record(as_facts(event) | ({"meaning": said} if said else {}))
            return
        for line in as_lines(event):
            state.out.line(screen.visible(line))
        for line in said:
            state.out.line(state.out.style(f"{'':14}{screen.visible(line)}", "dim"))

    return hear


def _meaning(protocol: Literal["smtp", "imap", "pop3"]) -> Callable[[Any], Iterator[str]]:
    match protocol:
        case "smtp":
            from gmailkit.transport.smtp.explain import explain as of_smtp

            return of_smtp
        case "imap":
            from gmailkit.transport.imap.explain import explain as of_imap

            return of_imap
        case "pop3":
            from gmailkit.transport.pop3.explain import explain as of_pop3

            return of_pop3
