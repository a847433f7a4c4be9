"""The options that every command takes, before its name or after it, always the same words."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperOption

from gmailkit.cli.complete import accounts
from gmailkit.cli.state import Color, State


def _keep(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> None:
    if value and not ctx.resilient_parsing:  # what was not said here may have been said before
        setattr(State.of(ctx), str(param.name), value)


def _options(
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            "-a",
            metavar="NAME",
            help="Work on this account (address or alias).",
            expose_value=False,
            callback=_keep,
            autocompletion=accounts,
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON.", expose_value=False, callback=_keep),
    ] = False,
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox",
            help="Work on a private practice mailbox, not on Gmail.",
            expose_value=False,
            callback=_keep,
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Only data and errors, no remarks.",
            expose_value=False,
            callback=_keep,
        ),
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="Say more; twice for even more.",
            expose_value=False,
            callback=_keep,
        ),
    ] = 0,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            help="Log everything but secrets, and show tracebacks.",
            expose_value=False,
            callback=_keep,
        ),
    ] = False,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file",
            metavar="FILE",
            help="Add the log to this file instead.",
            expose_value=False,
            callback=_keep,
        ),
    ] = None,
    no_input: Annotated[
        bool,
        typer.Option(
            "--no-input",
            help="Never ask; fail where an answer is needed.",
            expose_value=False,
            callback=_keep,
        ),
    ] = False,
    color: Annotated[
        Color | None,
        typer.Option(
            "--color",
            metavar="WHEN",
            help="auto, always or never.",
            expose_value=False,
            callback=_keep,
        ),
    ] = None,
) -> None:
    """Never called: only its options are taken."""


@lru_cache(maxsize=1)
def _built() -> tuple[TyperOption, ...]:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(_options)
    params = typer.main.get_command(app).params
    return tuple(param for param in params if isinstance(param, TyperOption))


def shared_options(*, taken: set[str]) -> list[TyperOption]:
    """Fresh copies of them, without the short names that a command uses for something else."""
    free = []
    for option in _built():
        option = copy(option)
        option.opts = [name for name in option.opts if name not in taken]
        free.append(option)
    return free


def shared_names() -> list[str]:
    """The long names, in order."""
    return [option.opts[0] for option in _built()]
