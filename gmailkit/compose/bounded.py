"""Jinja for templates that somebody else may have written: no way out, and no work without end.

A template reads values, asks, loops and formats. It imports nothing, calls nothing but the methods
of `vocabulary.py`, and each loop, operator, filter and call is paid from a `Meter`; the parsed
template is changed for that before it is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from types import BuiltinMethodType, MethodType
from typing import Any, Literal, cast

from jinja2 import StrictUndefined, Template, nodes
from jinja2.compiler import CodeGenerator
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.meta import TrackingCodeGenerator
from jinja2.runtime import Context, LoopContext, TemplateReference, Undefined
from jinja2.sandbox import (
    ImmutableSandboxedEnvironment,
    SandboxedEscapeFormatter,
    SandboxedFormatter,
)
from jinja2.utils import Namespace, pass_context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from gmailkit.compose import vocabulary
from gmailkit.compose.meter import MOST_BITS, Meter, TooMuch, signs
from gmailkit.compose.value import mask

FILE = "<template>"

Escaping = Literal["none", "html", "mask"]

_MOST_RANGE = 10_000
_MOST_NODES = 20_000  # read in about a second
_FORBIDDEN = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Include: "include",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.ScopedEvalContextModifier: "autoescape",
}


class Plain(Markup):
    """Text in which nothing has to be escaped."""

    @classmethod
    def escape(cls, s: Any) -> Plain:
        return cls(s) if isinstance(s, Markup) else cls(str(s))


class Masked(Markup):
    """Text with a syntax, whose values are masked."""

    @classmethod
    def escape(cls, s: Any) -> Masked:
        return cls(s) if isinstance(s, Markup) else cls(mask(str(s)))


_MARKUP: dict[Escaping, type[Markup]] = {"none": Plain, "html": Markup, "mask": Masked}


class Paying(Context):
    """The names of one rendering, with its meter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meter = Meter()


@lru_cache(maxsize=3)
def environment(escaping: Escaping) -> Bounded:
    return Bounded(_MARKUP[escaping])


class Bounded(ImmutableSandboxedEnvironment):
    """`markup` is the type of what is not escaped when it is put out."""

    context_class = Paying
    intercepted_binops = frozenset("+ - * / // ** %".split())

    def __init__(self, markup: type[Markup]) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=True,
            finalize=_finalize(markup),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            optimized=False,  # nothing is worked out while a template is read, unpaid
        )
        self.markup = markup
        self.globals = {"range": _range, "dict": dict, "namespace": Namespace}
        vocabulary.add_words(self, markup)
        self.filters |= {_EACH: _each, _PAID: _paid, _CONCAT: _concat(markup)}

    def parsed(self, source: str) -> nodes.Template:
        """Raises TemplateSyntaxError."""
        tree = self.parse(source)
        if sum(1 for _ in tree.find_all(nodes.Node)) > _MOST_NODES:
            raise TemplateSyntaxError(f"it has over {_MOST_NODES:,} parts", 1)
        for node in tree.find_all(tuple(_FORBIDDEN)):
            raise TemplateSyntaxError(
                f"a template has no {{% {_FORBIDDEN[type(node)]} %}}", node.lineno
            )
        return tree

    def names(self, tree: nodes.Template) -> frozenset[str]:
        """Those it uses and does not set itself."""
        tracking = _Tracking(self)
        tracking.visit(tree)
        return frozenset(tracking.undeclared_identifiers)

    def compiled(self, tree: nodes.Template) -> Template:
        """Raises TemplateSyntaxError. The tree is changed."""
        tree = _Priced().visit(tree)
        tree.set_environment(self)
        return Template.from_code(self, self.compile(tree, filename=FILE), self.globals)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if not super().is_safe_attribute(obj, attr, value):
            return False
        return not callable(value) or vocabulary.has_method(obj, attr)

    def wrap_str_format(self, value: Any) -> None:
        """`call` sees to it."""

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        for name in ("_loop_vars", "_block_vars"):
            kwargs.pop(name, None)
        meter: Meter = context.meter  # type: ignore[attr-defined]
        meter.pay_for(args, kwargs)
        made = self._called(meter, function, args, kwargs)
        if not isinstance(made, Namespace):
            meter.pay_for(made)
        return made

    def _called(self, meter: Meter, function: Any, args: Any, kwargs: Any) -> Any:
        if any(function is known for known in self.globals.values()):
            return function(*args, **kwargs)
        if isinstance(function, Undefined):
            return function()  # raises what it has to say
        of = getattr(function, "__self__", None)
        is_method = isinstance(function, BuiltinMethodType | MethodType)
        if not is_method or not vocabulary.has_method(of, function.__name__):
            raise SecurityError("values are read, not called")
        meter.pay_for(of)
        if isinstance(of, str):
            return self._text_method(meter, of, function, args, kwargs)
        return function(*args, **kwargs)

    def _text_method(self, meter: Meter, text: str, method: Any, args: Any, kwargs: Any) -> Any:
        match method.__name__:
            case "format":
                vocabulary.check_format(meter, text)
                return self._formatted(text, args, kwargs)
            case "replace":
                vocabulary.pay_for_replacing(meter, text, *args)
            case "split" | "rsplit" | "splitlines":
                meter.pay(len(text) // 2)
            case "join":
                vocabulary.pay_for_joining(meter, text, *args)
        return method(*args, **kwargs)

    def _formatted(self, text: str, args: Any, kwargs: Any) -> str:
        formatter: SandboxedFormatter = SandboxedFormatter(self)
        if isinstance(text, Markup):
            formatter = SandboxedEscapeFormatter(self, escape=text.escape)
        return type(text)(formatter.vformat(text, args, kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        meter: Meter = context.meter  # type: ignore[attr-defined]
        meter.pay_for(left, right)
        match operator:
            case "*":
                _check_product(meter, left, right)
            case "**":
                _check_power(left, right)
            case "%" if isinstance(left, str):
                vocabulary.check_printf(meter, left)
        made = self.binop_table[operator](left, right)
        meter.pay_for(made)
        return made


class _Tracking(TrackingCodeGenerator):
    """Jinja's own, without the optimizer."""

    def __init__(self, environment: Bounded) -> None:
        CodeGenerator.__init__(self, environment, FILE, FILE, optimized=False)
        self.undeclared_identifiers = set()


def _range(*args: int) -> range:
    made = range(*args)
    if len(made) > _MOST_RANGE:
        raise TooMuch(f"a range has over {_MOST_RANGE:,} numbers")
    return made


def _check_product(meter: Meter, left: Any, right: Any) -> None:
    for much, times in ((left, right), (right, left)):
        if isinstance(much, str | bytes | list | tuple) and isinstance(times, int):
            meter.pay(max(0, times) * (1 + len(much)))


def _check_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() * abs(right) > MOST_BITS:
            raise TooMuch("a number is too large")
    elif not isinstance(left, float | int) or not isinstance(right, float | int):
        raise SecurityError("** is for numbers")


def _finalize(markup: type[Markup]) -> Callable[..., str]:
    @pass_context  # so that nothing is put out while the template is compiled
    def shown(context: Context, value: Any) -> str:
        context.meter.pay_for(value)  # type: ignore[attr-defined]
        if isinstance(value, Markup):
            return value
        if isinstance(value, Undefined):
            return str(value)  # raises what it has to say
        if value is None:
            raise SecurityError("there is nothing (None) where a text should stand")
        if isinstance(value, _NO_TEXT) or callable(value):
            raise SecurityError(f"a {_kind(value)} cannot stand in a text; {_ADVICE}")
        return markup.escape(value)

    return shown


_NO_TEXT = (dict, list, tuple, set, range, LoopContext, TemplateReference)
_ADVICE = "write a loop, join it, or call the method with ()"


def _kind(value: Any) -> str:
    return "method" if callable(value) else type(value).__name__


# Filters that no template can name: they are put into it after it was parsed.

_EACH, _PAID, _CONCAT = "#each", "#paid", "#concat"


@pass_context
def _each(context: Context, items: Iterable[Any], price: int) -> Iterator[Any]:
    meter: Meter = context.meter  # type: ignore[attr-defined]
    for item in items:
        meter.pay(price)
        yield item


@pass_context
def _paid(context: Context, value: Any) -> Any:
    context.meter.pay_for(value)  # type: ignore[attr-defined]
    return value


def _concat(markup: type[Markup]) -> Callable[..., str]:
    @pass_context
    def concat(context: Context, pieces: list[Any]) -> str:
        context.meter.pay_for(pieces)  # type: ignore[attr-defined]
        return vocabulary.joined(markup, pieces)

    return concat


class _Priced(NodeTransformer):
    """Puts the price on what Jinja itself does not let us see."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        if node.recursive:
            raise TemplateSyntaxError("a loop cannot be recursive here", node.lineno)
        price = _price(node)
        self.generic_visit(node)
        node.iter = _filter(node.iter, _EACH, nodes.Const(price))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), _CONCAT)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _filter(node.expr, _PAID)
        for operand in node.ops:
            operand.expr = _filter(operand.expr, _PAID)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filter(node.node, _PAID)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return _filter(node, _PAID)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return _filter(node, _PAID)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _filter(node, _PAID) if node.ctx == "load" else node


def _filter(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(
        cast(nodes.Expr, node), name, list(args), [], None, None, lineno=node.lineno
    )


def _price(node: nodes.Node) -> int:
    """The steps of going through the node once: its parts, and the text in them."""
    texts = sum(len(each.data) for each in node.find_all(nodes.TemplateData))
    return 1 + sum(1 for _ in node.find_all(nodes.Node)) + signs(texts)
