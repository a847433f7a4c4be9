"""Doubts about a search that is legal, but may not mean what its writer thinks."""

from __future__ import annotations

from collections.abc import Iterator

from gmailkit.errors import QueryError
from gmailkit.query.parse import Reading, read
from gmailkit.query.tokens import Kind, Token
from gmailkit.query.tree import Everything, Field
from gmailkit.query.values import is_day_last_year, shorten
from gmailkit.query.words import phrase

_TEXTS = (Kind.WORD, Kind.QUOTED)
_DATES = ("after", "newer", "before", "older")
_WORD_FIELDS = frozenset(field.value for field in Field)
_CURLY = frozenset("“”„«»")
_JOINERS = {
    "or": "or in small letters is an ordinary word; write OR for alternatives.",
    "and": "and in small letters is an ordinary word; leave it out, or write AND.",
    "NOT": "NOT is an ordinary word; glue a minus sign to what you do not want.",
}


def advice(text: str) -> tuple[str, ...]:
    """One sentence for each doubt; none for a search that `parse` refuses."""
    try:
        reading = read(text)
    except QueryError:
        return ()
    notes = [*_about_whole(text, reading), *_about_tokens(reading.tokens)]
    return tuple(dict.fromkeys(notes))


def _about_whole(text: str, reading: Reading) -> Iterator[str]:
    if text.strip() and isinstance(reading.node, Everything):
        yield "Nothing of this search counts for Gmail: it finds every message."
    if reading.mixed:
        yield "OR joins only the terms right beside it; round brackets make that plain."


def _about_tokens(tokens: tuple[Token, ...]) -> Iterator[str]:
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind is Kind.OPERATOR:
            yield from _about_operator(token, after)
        elif token.kind in _TEXTS:
            operator = before.text.casefold() if before and before.kind is Kind.OPERATOR else ""
            yield from _about_value(operator, token)
            if token.text in _JOINERS and not (operator or token.exact) and after:
                yield _JOINERS[token.text]


def _about_operator(token: Token, after: Token | None) -> Iterator[str]:
    if after is None or after.kind not in (*_TEXTS, Kind.OPEN):
        yield f"{token.text}: has no value, and filters nothing."
    if token.text.casefold() == "size":
        yield "size: finds what is larger, not what is just as large; larger: says so."


def _about_value(operator: str, token: Token) -> Iterator[str]:
    text = token.text
    if operator in _DATES and is_day_last_year(text):
        yield f"{text} is read as month/day/year; the year first leaves no doubt."
    if operator == "rfc822msgid" and "%" in text:
        yield "Gmail may not find a Message-ID that holds a percent sign."
    if operator in _WORD_FIELDS:
        yield from _about_words(token)


def _about_words(token: Token) -> Iterator[str]:
    text = shorten(token.text)
    if token.text == "-" and token.kind is Kind.WORD:
        yield "A minus sign excludes only what it is glued to; alone it is ignored."
    elif not phrase(token.text):
        yield f"{text or 'An empty pair of quotes'} holds no letter or digit, and is ignored."
    if "*" in token.text:
        yield f"Gmail has no wildcards: {text} finds whole words only."
    if not _CURLY.isdisjoint(token.text):
        yield "Curly quotes make no phrase; straight ones do."
