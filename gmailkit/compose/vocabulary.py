"""The words a template may use: filters, tests, and methods of values, each at its price.

Only what is listed here exists. Jinja's own functions do the work; where one could make much out of
little (a width, a count), the price is asked before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import wraps
from string import Formatter
from typing import Any

from jinja2 import Environment
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.utils import pass_context
from markupsafe import Markup

from gmailkit.compose.meter import Meter, TooMuch, listed

MOST_WIDTH = 1_000
_MOST_COUNT = 10_000

FILTERS = """abs batch capitalize count d default dictsort filesizeformat first float format groupby
    indent int items last length list lower map max min reject rejectattr reverse round select
    selectattr slice sort string sum title trim truncate unique upper urlencode wordcount""".split()
TESTS = """boolean defined divisibleby even false float in integer iterable lower mapping none
    number odd sequence string true undefined upper == eq equalto != ne > gt greaterthan >= ge < lt
    lessthan <= le""".split()
METHODS: dict[type, frozenset[str]] = {
    str: frozenset(
        """capitalize casefold count endswith find format index isalnum isalpha isascii isdecimal
        isdigit islower isnumeric isspace istitle isupper join lower lstrip partition removeprefix
        removesuffix replace rfind rindex rpartition rsplit rstrip split splitlines startswith strip
        swapcase title upper""".split()
    ),
    dict: frozenset("get items keys values".split()),
    list: frozenset("count index".split()),
    tuple: frozenset("count index".split()),
    date: frozenset("isocalendar isoformat isoweekday strftime weekday".split()),
    datetime: frozenset("date time timestamp timetz utcoffset".split()),
    time: frozenset("isoformat strftime".split()),
    timedelta: frozenset({"total_seconds"}),
    float: frozenset({"is_integer"}),
    LoopContext: frozenset({"cycle", "changed"}),
}
_PRINTF = re.compile(r"%(?:\([^)]*\))?([^a-zA-Z%]*)")
_WIDE = re.compile(r"\d{4,}|[*{]")
_NESTED = re.compile(r"%\([^)]*\(")


def has_method(value: object, name: str) -> bool:
    return any(name in names for kind, names in METHODS.items() if isinstance(value, kind))


def add_words(environment: Environment, markup: type[Markup]) -> None:
    """Put them in the place of Jinja's. `markup` is the type of text that is marked up already."""
    jinja: dict[str, Any] = environment.filters
    environment.filters = {name: _paid(name, jinja[name]) for name in FILTERS}
    for name, function in _marking(markup).items():
        environment.filters[name] = _paid(name, function)
    tests: dict[str, Any] = environment.tests
    environment.tests = {name: _paid(name, tests[name]) for name in TESTS}


def _paid(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function at a price, for what it is given and what it makes."""
    guard = _GUARDS.get(name)
    # What Jinja hands over in front of the value: "context", "eval_context", "environment" or "".
    wanted = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @pass_context
    @wraps(function, assigned=("__name__",), updated=())
    def paid(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        meter: Meter = context.meter  # type: ignore[attr-defined]
        meter.pay_for(value, args, kwargs)
        if guard:
            guard(meter, value, *args, **kwargs)
        given = {
            "context": (context,),
            "eval_context": (context.eval_ctx,),
            "environment": (context.environment,),
        }.get(wanted, ())
        made = function(*given, value, *args, **kwargs)
        if isinstance(made, Iterator):
            made = listed(meter, made)
        meter.pay_for(made)
        return made

    return paid


def _marking(markup: type[Markup]) -> dict[str, Callable[..., Any]]:
    """Filters that must know what is marked up and what is a value."""

    def safe(value: object) -> Markup:
        return markup(str(value))

    def escape(value: object) -> Markup:
        return value if isinstance(value, Markup) else markup.escape(value)

    @pass_context
    def join(context: Context, value: Any, d: object = "", attribute: Any = None) -> str:
        if attribute is not None:
            value = context.environment.call_filter(
                "map", value, kwargs={"attribute": attribute}, context=context
            )
        return joined(markup, list(value), d)

    def replace(value: Any, old: Any, new: Any, count: int = -1) -> str:
        if isinstance(new, Markup) and not isinstance(value, Markup):
            value, old = markup.escape(value), markup.escape(old)
        return (value if isinstance(value, str) else str(value)).replace(str(old), new, count)

    return {"safe": safe, "e": escape, "escape": escape, "join": join, "replace": replace}


def joined(markup: type[Markup], pieces: list[Any], between: object = "") -> str:
    """One text; marked up, with all others escaped, if one of the pieces is."""
    texts = [each if isinstance(each, str) else str(each) for each in pieces]
    between = between if isinstance(between, str) else str(between)
    if any(isinstance(each, Markup) for each in (between, *texts)):
        return markup.escape(between).join(texts)
    return between.join(texts)


# What a word may not do, by its name.


def check_printf(meter: Meter, text: str) -> None:
    """Raises TooMuch for "%9999d" and "%*d"."""
    meter.pay_for_signs(text.count("%") * MOST_WIDTH)
    if _NESTED.search(text) or any(_WIDE.search(spec) for spec in _PRINTF.findall(text)):
        raise TooMuch("a text is made wider than it may be")


def check_format(meter: Meter, text: str) -> None:
    """Raises TooMuch for "{:9999}" and "{:{}}"."""
    meter.pay_for_signs(text.count("{") * MOST_WIDTH)
    if any(_WIDE.search(spec or "") for _, _, spec, _ in Formatter().parse(text)):
        raise TooMuch("a text is made wider than it may be")


def pay_for_replacing(meter: Meter, text: str, old: str, new: str, *_: object) -> None:
    meter.pay_for_signs((text.count(old) if text else 1) * len(new))


def pay_for_joining(meter: Meter, between: str, items: Any) -> None:
    meter.pay_for_signs(len(items) * len(between))


def _format(meter: Meter, value: Any, *args: Any, **kwargs: Any) -> None:
    check_printf(meter, str(value))


def _small(most: int, *numbers: Any) -> None:
    if any(isinstance(number, int | float) and abs(number) > most for number in numbers):
        raise TooMuch(f"a width or number is over {most:,}")


def _indent(meter: Meter, value: Any, width: Any = 4, *_: Any, **__: Any) -> None:
    _small(MOST_WIDTH, width)
    each = len(width) if isinstance(width, str) else int(width)
    meter.pay_for_signs((str(value).count("\n") + 1) * each)


def _counted(meter: Meter, value: Any, *args: Any, **kwargs: Any) -> None:
    _small(_MOST_COUNT, *args, *kwargs.values())


def _round(meter: Meter, value: Any, *args: Any, **kwargs: Any) -> None:
    _small(100, *args, *kwargs.values())


def _sum(meter: Meter, value: Any, attribute: Any = None, start: Any = 0) -> None:
    if not isinstance(start, int | float | Decimal | timedelta):
        raise SecurityError("sum is for numbers")


def _replace(meter: Meter, value: Any, old: Any, new: Any, *_: Any, **__: Any) -> None:
    pay_for_replacing(meter, str(value), str(old), str(new))


def _join(meter: Meter, value: Any, d: Any = "", *_: Any, **__: Any) -> None:
    pay_for_joining(meter, str(d), value)


_GUARDS: Mapping[str, Callable[..., None]] = {
    "format": _format,
    "indent": _indent,
    "batch": _counted,
    "slice": _counted,
    "truncate": _counted,
    "round": _round,
    "sum": _sum,
    "replace": _replace,
    "join": _join,
}
