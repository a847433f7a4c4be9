"""One piece of a template, read once and filled with values, and what may go wrong in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import TracebackType

from jinja2 import Template, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError, UndefinedError

from gmailkit.compose.bounded import FILE, Escaping, environment
from gmailkit.compose.front_matter import Unfit, wrong
from gmailkit.compose.meter import MOST_OUTPUT, TooMuch
from gmailkit.compose.value import unmask
from gmailkit.compose.vocabulary import FILTERS
from gmailkit.errors import UsageError

_LONGEST = 300  # characters of an error

# What a template can make Python raise: it is the template's fault, whichever it is.
_ITS_FAULT = (
    TemplateError,
    TooMuch,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)


class Piece:
    """The body, or the value of a line of the head. `line` is where it begins in the template.

    `names` are all it uses, `optional` those it can do without.
    """

    def __init__(self, source: str, escaping: Escaping, line: int) -> None:
        """UsageError with the line when it cannot be read."""
        self._line = line
        bounded = environment(escaping)
        try:
            tree = bounded.parsed(source)
            self.names = bounded.names(tree)
            self._used = [(each.lineno, each.name) for each in tree.find_all(nodes.Name)]
            self.optional = frozenset(_optional(tree))
            self._template = bounded.compiled(tree)
        except TemplateSyntaxError as error:
            what, more = _sentences(error.message)
            raise wrong(line + error.lineno - 1, what, _hint_for(what) or more) from error
        except (RecursionError, SyntaxError, MemoryError, ValueError, OverflowError) as error:
            raise wrong(line, "this is nested too deeply to be read") from error

    def fill(self, values: Mapping[str, object]) -> str:
        """UsageError with the line when that does not work."""
        try:
            return self._filled(values)
        except UndefinedError as error:
            what, _ = _sentences(error.message)
            raise self._unfit(error, what, _near(error, values)) from error
        except _ITS_FAULT as error:
            what, more = _sentences(str(error))
            raise self._unfit(error, what or type(error).__name__, more) from error

    def _filled(self, values: Mapping[str, object]) -> str:
        context = self._template.new_context(dict(values))
        pieces, size = [], 0
        for piece in self._template.root_render_func(context):
            size += len(unmask(piece).encode(errors="replace"))
            if size > MOST_OUTPUT:
                raise TooMuch(f"it makes more than {MOST_OUTPUT:,} bytes")
            pieces.append(str(piece))
        return "".join(pieces)

    def _unfit(self, error: BaseException, what: str, hint: str) -> UsageError:
        """With the line of the whole template that the error came from."""
        here = max(_lines(self._template, error.__traceback__), default=1)
        names = {name for line, name in self._used if line == here} & self.names
        return Unfit(self._line - 1 + here, "", what, names, hint)


def _lines(template: Template, trace: TracebackType | None) -> Iterator[int]:
    while trace:
        if trace.tb_frame.f_code.co_filename == FILE:
            yield template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next


def _optional(tree: nodes.Template) -> Iterator[str]:
    """Names asked about with `is defined`, or given something else by `default`."""
    asked = (each for each in tree.find_all(nodes.Test) if each.name in ("defined", "undefined"))
    given = (each for each in tree.find_all(nodes.Filter) if each.name in ("default", "d"))
    for each in (*asked, *given):
        if isinstance(each.node, nodes.Name):
            yield each.node.name


def _sentences(message: str | None) -> tuple[str, str]:
    """The first one, without its full stop, and all others."""
    first, _, rest = " ".join((message or "").split()).partition(". ")
    return first.rstrip(".")[:_LONGEST], rest[:_LONGEST]


def _hint_for(what: str) -> str:
    return f"Filters: {', '.join(sorted(FILTERS))}." if "No filter" in what else ""


def _near(error: UndefinedError, values: Mapping[str, object]) -> str:
    name = (error.message or "").partition("'")[2].partition("'")[0]
    near = get_close_matches(name, list(values), n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"There are: {', '.join(list(values)[:20])}." if values else "No values were given."
