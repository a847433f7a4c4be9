"""A search as it was typed, where that is probably not what was meant.

One that a shell has cut into words, or that begins with a minus, is said with how to type it:
`gmailkit search is:unread from:ci` arrives as two words, and `-has:attachment` reads as the options
-h and -a. Both are refused with the command line that was meant, before Typer reads it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from typing import Any

from gmailkit.cli.row_list import looks_like_rows, spelled
from gmailkit.cli.state import State
from gmailkit.errors import UsageError

_NEGATION = re.compile(r"""-(?:[A-Za-z_]{2,}:|["({]).*""", re.DOTALL)  # -from:ann, -"a b"
_SHOWN = 300  # characters of a search that are said back
_WORD = re.compile(r"-[^\W\d_].+", re.DOTALL)  # -catfood


def check_query_words(
    command: str, params: Sequence[Any], words: Sequence[str], *, before: int = 0
) -> None:
    """UsageError when `words` hold a search in several arguments, or one that reads as options.

    `command` is as typed ("gmailkit search"), `params` are those it takes; so many arguments stand
    `before` the search.
    """
    options, query, negated = _sorted(params, words)
    options += query[:before]
    query = query[before:]
    if len(query) < 2 and not negated:
        return
    text = " ".join(query)
    if any("--id" in param.opts for param in params) and looks_like_rows(text):
        right = spelled(text) or "2-4,7"
        raise UsageError(
            f"Rows are one argument, and these are {len(query)}.",
            hint=" ".join([command, *map(shlex.quote, options), right]),
        )
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    message = (
        f"A search is one argument, and these are {len(query)} words."
        if len(query) > 1
        else f"{shown} reads as options, since it begins with a minus."
    )
    if len(text) > _SHOWN:
        dashes = " and after two dashes, --" if text.startswith("-") else ""
        raise UsageError(message, hint=f"Give it in quotation marks{dashes}.")
    typed = ["--", shlex.quote(text)] if text.startswith("-") else [shlex.quote(text)]
    raise UsageError(message, hint=" ".join([command, *map(shlex.quote, options), *typed]))


def doubts(state: State, query: str) -> None:
    """Say what in a query is legal but probably not meant."""
    from gmailkit.query.advice import advice

    for doubt in advice(query):
        state.out.say(doubt)


def _sorted(params: Sequence[Any], words: Sequence[str]) -> tuple[list[str], list[str], bool]:
    """Options with their values, words of the query, and whether one of those reads as options."""
    valued = {
        name: not (param.is_flag or param.count)
        for param in params
        if hasattr(param, "is_flag")
        for name in param.opts
    }
    options: list[str] = []
    query: list[str] = []
    negated = False
    rest = iter(words)
    for word in rest:
        if word == "--":
            query += rest
        elif _NEGATION.fullmatch(word) or _is_negated_word(word, valued):
            query.append(word)
            negated = True
        elif word.startswith("-") and word != "-":
            if not _is_known(word, valued):
                return [], [], False  # Typer says what is wrong with it
            options.append(word)
            if valued.get(word):
                options += [next(rest, "")]
        else:
            query.append(word)
    return options, query, negated


def _is_negated_word(word: str, names: Collection[str]) -> bool:
    """Whether `-word` can only be a search: no option, and no long one that lacks a dash."""
    return bool(_WORD.fullmatch(word)) and not _is_known(word, names) and f"-{word}" not in names


def _is_known(word: str, names: Collection[str]) -> bool:
    """Whether `word` is an option, with a value stuck to it or not, or several short ones."""
    if word.startswith("--"):
        return word.partition("=")[0] in names
    return word[:2] in names
