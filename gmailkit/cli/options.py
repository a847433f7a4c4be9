"""Options that several commands take: declared once, as the fields of a dataclass.

A parameter of a command whose type is a dataclass stands for all its fields, each of them
`Annotated` with its option or argument; those of its bases come first. The command gets the
dataclass, filled. A field with a `default_factory` has what that makes where nothing was said.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import partial
from typing import Any, get_type_hints


def spread(function: Callable[..., None]) -> Callable[..., None]:
    """`function` as Typer reads it, with the options of each group in the place of the group."""
    taken = inspect.signature(function, eval_str=True)
    groups = {n: p.annotation for n, p in taken.parameters.items() if is_dataclass(p.annotation)}
    if not groups:
        return function
    flat = [each for parameter in taken.parameters.values() for each in _flat(parameter)]
    whole: Any = partial(_called, function, groups)
    whole.__signature__ = taken.replace(parameters=flat)
    whole.__annotations__ = {each.name: each.annotation for each in flat}
    whole.__name__ = function.__name__
    whole.__doc__ = function.__doc__
    return whole  # type: ignore[no-any-return]


def _called(function: Callable[..., None], groups: dict[str, Any], /, **said: Any) -> None:
    for name, group in groups.items():
        own = {each.name: said.pop(each.name) for each in fields(group)}
        lazy = {each.name for each in fields(group) if each.default_factory is not MISSING}
        kept = {n: value for n, value in own.items() if n not in lazy or value is not None}
        said[name] = group(**kept)
    function(**said)


def _flat(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """Each by its name: the order of options is that of the help, not one of Python's."""
    if not is_dataclass(parameter.annotation):
        yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    hints = get_type_hints(parameter.annotation, include_extras=True)
    for each in fields(parameter.annotation):
        yield inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(each),
            annotation=hints[each.name],
        )


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING and field.default is MISSING:
        return None
    return inspect.Parameter.empty if field.default is MISSING else field.default
