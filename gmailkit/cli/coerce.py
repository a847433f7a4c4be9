"""Words of the command line into values, without the library Typer would load for it.

Typer 0.29 loads pydantic (and through it `email`) to convert even a plain string, which costs as
much as Typer itself. The few types our commands use are converted here; anything else is still
left to Typer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperArgument, TyperOption

Param = TyperArgument | TyperOption


def lighten(params: Sequence[object]) -> None:
    """Give each parameter of a type known here its own conversion."""
    for param in params:
        if (
            isinstance(param, TyperArgument | TyperOption)
            and param._runtime_param is None
            and _known(_item_type(param))
        ):
            param._runtime_param = _Light(param)  # type: ignore[assignment]


class _Light:
    """Stands where Typer keeps its pydantic adapter (`_TyperParameter._runtime_param`)."""

    def __init__(self, param: Param) -> None:
        self._type = _item_type(param)
        self._many = bool(getattr(param, "multiple", False)) or param.nargs == -1

    def coerce(self, value: Any, param: Param, ctx: typer.Context) -> Any:
        if value is None:
            return () if self._many else None
        if self._many:
            return [_convert(item, self._type, param) for item in value]
        return _convert(value, self._type, param)


def _item_type(param: Param) -> Any:
    annotation: Any = param.type_descriptor.annotation
    return get_args(annotation)[0] if get_origin(annotation) is list else annotation


def _known(kind: Any) -> bool:
    return kind in (str, int, float, bool, Path) or get_origin(kind) is Literal


def _convert(value: Any, kind: Any, param: Param) -> Any:
    if get_origin(kind) is Literal:
        return _choice(value, get_args(kind))
    if kind in (str, bool) or isinstance(value, kind):
        return value
    if kind is Path:
        return Path(value).expanduser()
    return _number(value, kind, param)


def _choice(value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(choices)}.")
    return value


def _number(value: str, kind: type[int] | type[float], param: Param) -> float:
    try:
        number = kind(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not a number.") from None
    if param.min is not None and number < param.min:
        raise typer.BadParameter(f"{value} is too small; the least is {param.min}.")
    if param.max is not None and number > param.max:
        raise typer.BadParameter(f"{value} is too large; the most is {param.max}.")
    return number
