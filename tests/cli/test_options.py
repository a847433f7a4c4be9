"""Options that several commands take are declared once, and mean the same in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

import pytest
import typer

from gmailkit.cli.leave import Leaving
from gmailkit.cli.letter import Copies, Given, Text
from gmailkit.cli.options import spread
from gmailkit.cli.tree import blueprint

SENDING = ("send", "reply", "reply-all", "forward", "drafts create", "smtp send")


@dataclass(frozen=True, kw_only=True)
class Colour:
    """What a command may take."""

    shade: Annotated[str, typer.Option("--shade", "-s")] = "grey"
    spots: Annotated[list[int], typer.Option("--spot")] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Paint(Colour):
    where: Annotated[str, typer.Argument(metavar="WHERE")]


def run(function: Callable[..., None], *argv: str) -> None:
    app = typer.Typer(add_completion=False)
    app.command()(spread(function))
    typer.main.get_command(app).main(list(argv), standalone_mode=False)


def test_a_group_of_options_comes_as_one_thing() -> None:
    seen: list[Any] = []

    def paint(ctx: typer.Context, paint: Paint, times: int = 1) -> None:
        seen.append((paint, times))

    run(paint, "door", "-s", "red", "--spot", "1", "--spot", "2", "--times", "3")
    run(paint, "wall")
    assert seen == [(Paint(where="door", shade="red", spots=[1, 2]), 3), (Paint(where="wall"), 1)]


def test_a_command_without_groups_is_what_it_was() -> None:
    def plain(ctx: typer.Context, word: str = "") -> None: ...

    assert spread(plain) is plain


def options_of(name: str) -> dict[str, tuple[list[str], str | None]]:
    first, *rest = name.split()
    command: Any = blueprint(first).build()
    for part in rest:
        command = command.get_command(None, part)
    return {each.name: (each.opts, each.help) for each in command.params}


@pytest.mark.parametrize("name", SENDING[1:])
def test_what_is_in_send_too_is_the_same_there(name: str) -> None:
    here, there = options_of(name), options_of("send")
    both = (here.keys() & there.keys()) - {"recipients", "to"}
    assert {each.name for each in fields(Text)} <= both
    assert {each: here[each] for each in both} == {each: there[each] for each in both}


@pytest.mark.parametrize("name", SENDING[:4])
def test_all_that_send_leave_alike(name: str) -> None:
    assert {each.name for group in (Leaving, Copies) for each in fields(group)} <= (
        options_of(name).keys()
    )


def test_smtp_send_takes_every_word_of_send() -> None:
    assert {each.name for each in fields(Given)} <= options_of("smtp send").keys()


@pytest.mark.parametrize("name", ["send", "reply", "forward"])
def test_the_help_says_that_a_is_attach_here(name: str) -> None:
    command = blueprint(name).build()
    help = command.get_help(typer.Context(command, info_name=name))
    assert "Here -a is --attach." in " ".join(help.split())
