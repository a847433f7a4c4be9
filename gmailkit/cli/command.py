"""What every command shares: the common options and the shape of its help.

A command is a function whose docstring is its help: one sentence, perhaps more, then
"Examples:" and "Needs:".
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any

import msgspec
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from gmailkit.cli import screen
from gmailkit.cli.coerce import lighten
from gmailkit.cli.keys import offer
from gmailkit.cli.options import spread
from gmailkit.cli.shared import shared_names, shared_options
from gmailkit.cli.state import State
from gmailkit.errors import UsageError


class _Common:
    """The part that commands and groups have alike; `params`, `help` and so on are Typer's."""

    params: list[Any]
    help: str | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = {name for param in self.params for name in param.opts}
        self.params += shared_options(taken=taken)

    def get_params(self, ctx: Any) -> list[Any]:
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        lighten(params)
        return params

    def get_short_help_str(self, limit: int = 45) -> str:
        return summary(self.help)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [p for p in self.params if isinstance(p, TyperArgument)]
        return ["[OPTIONS]", *map(_usage_name, arguments)]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        sentence, more, end = _sections(self.help or "")
        formatter.write(f"{sentence}\n\n")
        self.format_usage(ctx, formatter)  # type: ignore[attr-defined]
        if more:
            formatter.write_paragraph()
            formatter.write_text(more)
        self.format_options(ctx, formatter)
        if end:
            formatter.write(f"\n{end}\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        common = set(shared_names())
        own = [p for p in self.params if p.opts and not p.hidden and p.opts[0] not in common]
        for title, kind in (("Arguments", TyperArgument), ("Options", TyperOption)):
            records = [describe(p) for p in own if isinstance(p, kind)]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        self.format_common(ctx, formatter)

    def format_common(self, ctx: Any, formatter: Any) -> None:
        formatter.write_paragraph()
        notes = "".join(f" Here {short} is {long}." for short, long in self._taken())
        formatter.write_text("Everywhere: -h, " + ", ".join(shared_names()) + "." + notes)

    def _taken(self) -> Iterator[tuple[str, str]]:
        """Short names that elsewhere are those of an option of every command."""
        common = shared_options(taken=set())
        shared = {name for each in common for name in each.opts if not name.startswith("--")}
        names = {each.opts[0] for each in common}
        for param in self.params:
            if isinstance(param, TyperOption) and names.isdisjoint(param.opts):
                long = next((name for name in param.opts if name.startswith("--")), "")
                yield from ((name, long) for name in param.opts if name in shared)


class Command(_Common, TyperCommand):
    def invoke(self, ctx: Any) -> Any:
        state = State.of(ctx)
        state.command = ctx.command_path
        state.start_log()
        offer(state)
        return super().invoke(ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        arguments = [p.metavar for p in self.params if isinstance(p, TyperArgument)]
        if arguments[-1:] == ["QUERY"] and not ctx.resilient_parsing:
            from gmailkit.cli.query_words import check_query_words

            said = State.of(ctx).mailbox_options  # before the command's name
            before = len(arguments) - 1
            check_query_words(ctx.command_path, self.params, [*said, *args], before=before)
        if not ctx.resilient_parsing:
            _check_once(self.make_parser(ctx).parse_args(list(args))[2])
        ctx.allow_extra_args = True
        left: list[str] = super().parse_args(ctx, args)
        if left and not ctx.resilient_parsing:
            words = " ".join(map(screen.visible, left))
            raise UsageError(
                f"{words!r} is more than {ctx.command_path} takes.",
                hint=f"{self._too_many(left)}\n{ctx.get_usage()}\nHelp: {ctx.command_path} --help",
            )
        return left

    def _too_many(self, left: list[str]) -> str:
        """What was probably meant by words that are more than it takes."""
        arguments = [param for param in self.params if isinstance(param, TyperArgument)]
        if [param.metavar for param in arguments] == ["STORE"]:
            return "One store at a time."
        if arguments:
            numbers = all(word.isdecimal() for word in left)
            return "One number at a time." if numbers else "Quote what has blanks."
        common = shared_names()
        valued = [
            describe(param)[0]
            for param in self.params
            if param.opts[0] not in common and not (param.is_flag or param.count or param.hidden)
        ]
        return f"It takes options alone: {', '.join(valued)}" if valued else "It takes no words."


class _Parted(_Common):
    """What has commands under its name, each built when it is called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parts: dict[str, Blueprint] = {}
        self._built: dict[str, Command | Group] = {}

    def add_part(self, part: Blueprint) -> None:
        self._parts[part.name] = part

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self._parts)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self._parts and cmd_name not in self._built:
            self._built[cmd_name] = self._parts[cmd_name].build()
        return self._built.get(cmd_name)


class Group(_Parted, TyperGroup):
    """Commands under one name; called by its own name alone it does the most usual of them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[COMMAND]"]

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str, Any, list[str]]:
        name, *rest = args
        found = self.get_command(ctx, name)
        if found is None:
            raise self._unknown(ctx, name)
        if isinstance(found, Family) and (named := found.named_in(rest)):
            part, others = named
            return f"{name} {part.name}", part, others
        return name, found, rest

    def _unknown(self, ctx: Any, name: str) -> UsageError:
        parts, path = self.list_commands(ctx), ctx.command_path
        near = get_close_matches(name, parts, n=1)
        meant = f"Did you mean {path} {near[0]}?\n" if near else ""
        if name.isdecimal() and "show" in parts:
            meant = f"Did you mean {path} show {name}?\n"
        elif ctx.parent and not near and ctx.parent.command.get_command(ctx, name):
            meant = f"Did you mean {ctx.parent.command_path} {name}?\n"
        return UsageError(
            f"There is no command {screen.visible(name)!r} here.",
            hint=f"{meant}All commands: {path} --help",
        )

    def format_options(self, ctx: Any, formatter: Any) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


class Family(_Parted, Command):
    """A command with arguments of its own that has others under its name: `trash QUERY` and
    `trash report`. The first word tells which is meant.
    """

    def named_in(self, words: list[str]) -> tuple[Command | Group, list[str]] | None:
        """The part that the first word names, and the words without it; options may come before."""
        valued = {
            name
            for param in self.params
            if isinstance(param, TyperOption) and not (param.is_flag or param.count)
            for name in param.opts
        }
        passed = False
        for place, word in enumerate(words):
            if word == "--" and not passed:
                return None
            if passed or (word.startswith("-") and word != "-"):
                passed = not passed and word in valued
                continue
            part = self.get_command(None, word)
            return (part, [*words[:place], *words[place + 1 :]]) if part else None
        return None

    def format_options(self, ctx: Any, formatter: Any) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Commands"):
            formatter.write_dl([(name, part.summary) for name, part in self._parts.items()])


class Blueprint(msgspec.Struct, frozen=True):
    """A command to be: Typer's object is built when it is called, not to list its name."""

    function: Callable[..., None]
    parts: tuple[Blueprint, ...] = ()
    kind: type[Command] | type[Group] | type[Family] = Command

    @property
    def name(self) -> str:
        return self.function.__name__.strip("_").replace("_", "-")

    @property
    def summary(self) -> str:
        return summary(self.function.__doc__)

    def build(self) -> Command | Group:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        function = spread(self.function)
        if issubclass(self.kind, Group):
            app.callback(cls=self.kind, invoke_without_command=True)(function)
        else:
            app.command(self.name, cls=self.kind)(function)
        built = typer.main.get_command(app)
        assert isinstance(built, Command | Group)  # noqa: S101 - for the type checker
        built.name = self.name
        for part in self.parts:
            assert isinstance(built, Group | Family)  # noqa: S101 - for the type checker
            built.add_part(part)
        return built


def _check_once(given: list[Any]) -> None:
    """Of two values of one option the first would be dropped in silence; `given` as parsed, each
    time that a parameter came.
    """
    seen = set()
    for param in given:
        if not isinstance(param, TyperOption) or param.is_flag or param.count or param.multiple:
            continue
        if param.name in seen:
            name = max(param.opts, key=len)
            raise UsageError(f"{name} is given twice.", hint="Leave one of them out.")
        seen.add(param.name)


def command(function: Callable[..., None]) -> Blueprint:
    """The function as a command, named after it."""
    return Blueprint(function)


def group(*parts: Blueprint) -> Callable[[Callable[..., None]], Blueprint]:
    """The function as what the group of `parts` does when none of them is named."""
    return lambda function: Blueprint(function, parts, Group)


def family(*parts: Blueprint) -> Callable[[Callable[..., None]], Blueprint]:
    """The function as a command, with `parts` under its name."""
    return lambda function: Blueprint(function, parts, Family)


def summary(doc: str | None) -> str:
    """The sentence that a docstring begins with, as a list of commands shows it."""
    return (doc or "").strip().partition("\n")[0].rstrip(".")


def _sections(doc: str) -> tuple[str, str, str]:
    """Sentence, what more there is to say, and the end that begins with "Examples:"."""
    sentence, _, rest = inspect.cleandoc(doc).partition("\n")
    more, mark, end = rest.partition("Examples:")
    return sentence, more.strip(), (mark + end).rstrip()


def _usage_name(param: TyperArgument) -> str:
    name = param.metavar or param.name.upper()
    many = "..." if param.nargs == -1 and not name.endswith("...") else ""
    return f"{name}{many}" if param.required else f"[{name}{many}]"


def describe(param: TyperArgument | TyperOption) -> tuple[str, str]:
    """Name and explanation of one parameter, as a line of help."""
    if isinstance(param, TyperArgument):
        return param.metavar or param.name.upper(), param.help or ""
    names = ", ".join(sorted(param.opts, key=len))
    value = "" if param.is_flag or param.count else f" {param.metavar or param.name.upper()}"
    default = param.default if isinstance(param.default, str | int) and value else None
    note = f" [{default}]" if default not in (None, "") else ""
    return names + value, (param.help or "") + note
