"""The dialogue with a mail server on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmailkit.cli import screen
from gmailkit.cli.state import State

if TYPE_CHECKING:
    from gmailkit.transport.smtp.transcript import Event, Hear


def listen(state: State, *, wanted: bool, explain: bool) -> Hear | None:
    """What prints each line as it happens, indented explanations below; None where nobody asked.

    It is what was asked for, and so data: with --json an object a line, ahead of the result.
    """
    if not (wanted or explain):
        return None
    from gmailkit.transport.smtp import explain as meanings
    from gmailkit.transport.smtp.transcript import as_facts, as_lines

    def hear(event: Event) -> None:
        said = tuple(meanings.explain(event)) if explain else ()
        if state.out.json:
            state.out.record(as_facts(event) | ({"meaning": said} if said else {}))
            return
        for line in as_lines(event):
            state.out.line(screen.visible(line))
        for line in said:
            state.out.line(state.out.style(f"{'':14}{screen.visible(line)}", "dim"))

    return hear
