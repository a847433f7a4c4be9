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


def _shared(*names: str, **more: Any) -> Any:
    return typer.Option(*names, expose_value=False, callback=_keep, **more)


Account = _shared(
    *("--account", "-a"),
    metavar="NAME",
    help="Work on this account (address or alias).",
    autocompletion=accounts,
)
Json = _shared("--json", help="Print JSON.")
Sandbox = _shared("--sandbox", help="Work on a private practice mailbox, not on Gmail.")
Quiet = _shared("--quiet", "-q", help="Only data and errors, no remarks.")
Verbose = _shared("--verbose", "-v", count=True, help="Say more; twice for even more.")
Debug = _shared("--debug", help="Log everything but secrets, and show tracebacks.")
LogFile = _shared("--log-file", metavar="FILE", help="Add the log to this file instead.")
Budget = _shared(
    "--budget", metavar="UNITS", min=1, help="Stop before more quota units than these are spent."
)
NoInput = _shared("--no-input", help="Never ask; fail where an answer is needed.")
Identity = _shared(
    "--identity", metavar="FILE", help="The age identity that opens encrypted backups."
)
When = _shared("--color", metavar="WHEN", help="auto, always or never.")


def _options(
    account: Annotated[str | None, Account] = None,
    json: Annotated[bool, Json] = False,
    sandbox: Annotated[bool, Sandbox] = False,
    quiet: Annotated[bool, Quiet] = False,
    verbose: Annotated[int, Verbose] = 0,
    debug: Annotated[bool, Debug] = False,
    log_file: Annotated[Path | None, LogFile] = None,
    budget: Annotated[int | None, Budget] = None,
    no_input: Annotated[bool, NoInput] = False,
    identity: Annotated[Path | None, Identity] = None,
    color: Annotated[Color | None, When] = None,
) -> None:
    """Never called: only its options are taken. Their names are the fields of `State`."""


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
