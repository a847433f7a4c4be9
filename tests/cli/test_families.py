"""A command that has others under its name: the first word tells which is meant."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import typer

from gmailkit.cli.command import command, family, group
from gmailkit.cli.state import State


def line_of(*words: str) -> tuple[str, ...]:
    """What `paint` or `paint report` was called with, after its name as it is typed."""
    seen: list[tuple[str, ...]] = []

    @command
    def report(ctx: typer.Context, where: Annotated[str, typer.Argument()] = "") -> None:
        """Tell."""
        seen.append((ctx.command_path, where))

    @family(report)
    def paint(ctx: typer.Context, wall: Annotated[str, typer.Argument()]) -> None:
        """Paint."""
        seen.append((ctx.command_path, wall))

    @group(paint)
    def root(ctx: typer.Context) -> None:
        """All."""

    built: Any = root.build()
    built.main(list(words), prog_name="x", standalone_mode=False)
    return seen[0]


@pytest.mark.parametrize(
    ("words", "called"),
    [
        ("paint red", ("x paint", "red")),
        ("paint report", ("x paint report", "")),
        ("paint report here", ("x paint report", "here")),
        ("paint --account report report here", ("x paint report", "here")),
        ("paint --json report", ("x paint report", "")),
        ("paint ./report", ("x paint", "./report")),
        ("paint -- report", ("x paint", "report")),
    ],
)
def test_a_first_word_that_names_a_part_calls_it(
    words: str, called: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(State, "start_log", lambda state: None)
    assert line_of(*words.split()) == called
