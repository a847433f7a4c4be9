"""What a mailbox's filters make of a message as it arrives (guides/filter_settings)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmailkit.errors import QueryError
from gmailkit.sandbox.headers import Message
from gmailkit.sandbox.parameters import Body
from gmailkit.sandbox.state.state import State
from gmailkit.sandbox.state.system_labels import CATEGORIES, INBOX, PLACE, SPAM, TRASH
from gmailkit.sandbox.state.users import User

if TYPE_CHECKING:
    from gmailkit.query.document import Document
    from gmailkit.query.match import Context

CRITERIA = (
    "from to subject query negatedQuery hasAttachment excludeChats size sizeComparison".split()
)
ACTION = ("addLabelIds", "removeLabelIds", "forward")


@dataclass(frozen=True, slots=True)
class Sorted:
    """Where a message goes: ids of labels, and addresses it is forwarded to."""

    labels: frozenset[str]
    forward: tuple[str, ...] = ()


def sort(state: State, user: User, message: Message, labels: Collection[str]) -> Sorted:
    """`labels` are those it would have without filters, which all look at these.

    Open: what wins when one filter adds a label and another removes it; here the removal does. A
    label that was deleted is added no more.
    """
    filters = state.settings.all(user.n, "filter").values()
    if not filters:
        return Sorted(frozenset(labels))
    met = _Arrived(state, user, message.bytes(), labels)
    actions = [
        Body(_part(kept, "action"), ACTION)
        for kept in filters
        if met.by(Body(_part(kept, "criteria"), CRITERIA))
    ]
    own = state.labels.names(user.n)
    added = [id for action in actions for id in action.texts("addLabelIds")]
    removed = {id for action in actions for id in action.texts("removeLabelIds")}
    known = [id for id in added if id in PLACE or id in own]
    forward = (action.text("forward") for action in actions if action.text("forward"))
    return Sorted(_labels(labels, known, removed), tuple(dict.fromkeys(forward)))


def _labels(
    before: Collection[str], added: Sequence[str], removed: Collection[str]
) -> frozenset[str]:
    found = set(before)
    if SPAM in found and SPAM in removed:  # "never send it to Spam"
        found.add(INBOX)
    tabs = [label for label in added if label in CATEGORIES]
    if tabs:  # a message is shown under one tab; Open: which, of several
        found -= set(CATEGORIES)
    found |= {label for label in added if label not in CATEGORIES} | set(tabs[-1:])
    found -= set(removed)
    if not found.isdisjoint((TRASH, SPAM)):
        found.discard(INBOX)
    return frozenset(found)


class _Arrived:
    """A message as criteria look at it."""

    def __init__(self, state: State, user: User, raw: bytes, labels: Collection[str]) -> None:
        from gmailkit.mime.parse import parse
        from gmailkit.query.document import Document
        from gmailkit.query.match import Context

        now = state.clock.now()
        own = frozenset(state.send_as.accepted(user))
        self._context: Context = Context(now=now, me=own)
        self._document: Document = Document.of(parse(raw), labels=labels, date=now, size=len(raw))

    def by(self, criteria: Body) -> bool:
        """Whether all that is said holds."""
        query, negated = criteria.text("query"), criteria.text("negatedQuery")
        return (
            self._has(criteria.text("from"), "from")
            and self._has(criteria.text("to"), "to", "cc", "bcc")
            and self._has(criteria.text("subject"), "subject")
            and (not query or self._found(query))
            and not (negated and self._found(negated))
            and (not criteria.flag("hasAttachment") or bool(self._document.mail.attachments))
            and self._is_of(criteria.number("size"), criteria.text("sizeComparison"))
        )

    def _has(self, text: str, *fields: str) -> bool:
        """Whether nothing is asked, or a phrase of it stands in one of the fields.

        Open: from, to and subject may understand more of the search grammar.
        """
        from gmailkit.query.match import matches
        from gmailkit.query.tree import Field, Words
        from gmailkit.query.words import phrase

        if not text:
            return True
        words = (Words(text, Field(field), exact=True) for field in fields)
        return phrase(text) != "" and any(
            matches(word, self._document, context=self._context) for word in words
        )

    def _is_of(self, size: int | None, comparison: str) -> bool:
        if size is None:
            return True
        actual = self._document.size
        return actual > size if comparison == "larger" else actual < size

    def _found(self, query: str) -> bool:
        from gmailkit.query.match import matches
        from gmailkit.query.parse import parse

        try:
            return matches(parse(query), self._document, context=self._context)
        except QueryError:
            return False  # as in a search: what cannot be read finds nothing


def _part(kept: dict[str, object], name: str) -> dict[str, object]:
    part = kept[name]
    return part if isinstance(part, dict) else {}
