"""A search as a person writes it, to what a search database is asked."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from gmailkit.query.context import Context
from gmailkit.query.known import check_searched
from gmailkit.query.labels import is_system, names_in
from gmailkit.query.parse import parse
from gmailkit.query.said import span, wanted_words
from gmailkit.query.scope import reaches_spam_and_trash
from gmailkit.query.sql import Where, ranking, to_sql, without
from gmailkit.query.tree import Field

_OTHERWISE = "It is the label of no message in this backup."


class Asked(msgspec.Struct, frozen=True):
    """`needles` are the words of no field that it wants, `ranking` what hits are ranked by; all of
    them came within `span` (epoch seconds).
    """

    where: Where
    needles: tuple[str, ...]
    ranking: str
    span: tuple[float, float]


def asked(query: str, *, labels: Collection[str], context: Context) -> Asked:
    """Raises QueryError and NotFound (an unknown label) for what would find nothing by mistake."""
    node = parse(query)
    for name in names_in(node):
        if not is_system(name.upper()):
            check_searched(name, labels, otherwise=_OTHERWISE)
    where = to_sql(node, context=context, labels=labels)
    if not reaches_spam_and_trash(node):
        where = without(where, ("SPAM", "TRASH"))
    words = tuple(wanted_words(node))
    needles = tuple(each.text for each in words if each.field is Field.ANYWHERE)
    return Asked(where, needles, ranking(words), span(node, context))
